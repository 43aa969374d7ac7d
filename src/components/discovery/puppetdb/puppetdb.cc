// discovery.puppetdb makes targets of the resources that a query to PuppetDB finds.
#include "base/text.h"
#include "components/discovery/shared/http_refresh.h"
#include "net/url.h"

namespace alloy::discovery::puppetdb {
namespace {

struct Arguments {
  HttpClientArguments client;
  Duration refresh_interval = 1min;
  std::string url;
  std::string query;
  bool include_parameters = false;
  int port = 80;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(inlined<&T::client>(),
                  optional<&T::refresh_interval>("refresh_interval", "How often to ask."),
                  required<&T::url>("url", "URL of PuppetDB."),
                  required<&T::query>("query", "A query (PQL) for resources."),
                  optional<&T::include_parameters>(
                      "include_parameters",
                      "Whether the resources' parameters become labels; they may be "
                      "secret."),
                  optional<&T::port>("port", "Port of the targets."));
  }
  Result<> validate() {
    TRY(const auto parsed, net::parse_url(url));
    if (parsed.scheme != "http" && parsed.scheme != "https")
      return fail("URL scheme must be 'http' or 'https'");
    if (parsed.host.empty()) return fail("host is missing in URL");
    TRY(validate_refresh_interval(refresh_interval));
    return client.validate();
  }
};

constexpr int depth_max = 10;

// The value of a parameter that isn't a map; empty for what has none.
std::string parameter_text(JsonNode value) {
  if (!value.is_array()) return value.scalar_text();
  std::string text;
  bool is_first = true;
  for (const JsonNode& element : value.elements()) {
    if (!std::exchange(is_first, false)) text += ",";
    text += element.is_array() || element.is_object() ? "" : element.scalar_text();
  }
  return text;
}

void put_parameters(TargetBuilder& builder, const std::string& prefix, JsonNode parameters,
                    int depth = 0) {
  for (const auto& [name, value] : parameters.members()) {
    const std::string label = prefix + sanitize_label_name(name);
    if (value.is_object() && depth < depth_max) {
      put_parameters(builder, label + "_", value, depth + 1);
    } else if (const std::string text = parameter_text(value); !text.empty()) {
      builder.put_copy(label, text);
    }
  }
}

class PuppetDb final : public HttpRefreshDiscoverer {
 public:
  PuppetDb(Arguments arguments, ClientPointer client, const DiscoveryContext& context)
      : HttpRefreshDiscoverer("puppetdb", arguments.refresh_interval, std::move(client), context),
        arguments_(std::move(arguments)),
        url_(without_slashes(arguments_.url) + "/pdb/query/v4") {}

 private:
  Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) override;
  Target target_of(JsonNode resource) const;

  Arguments arguments_;
  std::string url_;
};

Target PuppetDb::target_of(JsonNode resource) const {
  TargetBuilder builder;
  const auto certname = resource["certname"].text();
  builder.put_copy("__address__", join_host_port(certname, arguments_.port));
  builder.put("__meta_puppetdb_query", arguments_.query);
  builder.put("__meta_puppetdb_certname", certname);
  builder.put("__meta_puppetdb_resource", resource["resource"].text());
  builder.put("__meta_puppetdb_type", resource["type"].text());
  builder.put("__meta_puppetdb_title", resource["title"].text());
  builder.put("__meta_puppetdb_exported", resource["exported"].boolean() ? "true" : "false");
  builder.put("__meta_puppetdb_file", resource["file"].text());
  builder.put("__meta_puppetdb_environment", resource["environment"].text());
  const auto tags = resource["tags"].texts();
  if (!tags.empty()) builder.put_copy("__meta_puppetdb_tags", join_tags(tags, ","));
  if (arguments_.include_parameters)
    put_parameters(builder, "__meta_puppetdb_parameter_", resource["parameters"]);
  return builder.build();
}

Task<Result<std::vector<TargetGroup>>> PuppetDb::refresh(StopToken stop) {
  std::string body = "{\"query\":";
  append_json_string(body, arguments_.query);
  body += "}";
  net::Request request{.method = "POST", .url = url_, .body = body};
  request.headers.add("Accept", "application/json");
  request.headers.add("Content-Type", "application/json");
  CO_TRY(const auto response, co_await fetch(std::move(request), std::move(stop)));
  if (response.status != 200)
    co_return fail(fmt::format("server returned HTTP status {}", response.status_line));
  const auto type = response.headers.get("Content-Type");
  if (!net::equals_ignoring_case(trim(type.substr(0, type.find(';'))), "application/json"))
    co_return fail(fmt::format("unsupported content type {}", type));
  CO_TRY(const auto document, JsonDocument::parse(response.body));
  std::vector<Target> targets;
  for (const JsonNode& resource : document.root().elements())
    targets.push_back(target_of(resource));
  CO_TRY(document.check());
  co_return single_group(url_ + "?query=" + arguments_.query, std::move(targets));
}

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  TRY(auto client, make_client(arguments.client, context));
  return std::make_unique<PuppetDb>(std::move(arguments), std::move(client), context);
}

}  // namespace
}  // namespace alloy::discovery::puppetdb

namespace alloy {

extern const ComponentType discovery_puppetdb;
const ComponentType discovery_puppetdb = {
    .name = "discovery.puppetdb",
    .doc = "Discovers resources by queries to PuppetDB.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::puppetdb::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create = create<
        discovery::DiscoveryComponent<discovery::puppetdb::Arguments, discovery::puppetdb::make>>,
};

}  // namespace alloy
