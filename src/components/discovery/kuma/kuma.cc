// discovery.kuma makes targets of the data planes of a Kuma service mesh, as its control plane
// assigns them for monitoring. A question names what is known already, and may be answered by
// "nothing new".
#include <unistd.h>

#include "base/text.h"
#include "components/discovery/shared/http_refresh.h"
#include "net/url.h"

namespace alloy::discovery::kuma {
namespace {

struct Arguments {
  std::string server;
  Duration refresh_interval = 30s;
  Duration fetch_timeout = 2min;
  HttpClientArguments client;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        required<&T::server>("server", "URL of the control plane's monitoring assignments."),
        optional<&T::refresh_interval>("refresh_interval", "Least time between two questions."),
        optional<&T::fetch_timeout>("fetch_timeout", "How long a question may wait for news."),
        inlined<&T::client>());
  }
  Result<> validate() {
    TRY(validate_refresh_interval(refresh_interval));
    if (fetch_timeout <= Duration::zero()) return fail("fetch_timeout must be greater than 0");
    return client.validate();
  }
};

constexpr std::string_view assignment_type =
    "type.googleapis.com/kuma.observability.v1.MonitoringAssignment";
constexpr Duration timeout_slack = 15s;

// As Prometheus writes durations: "2m", "1m30s", "500ms".
std::string format_timeout(Duration duration) {
  auto left = duration / 1ms;
  std::string text;
  const std::pair<int64_t, std::string_view> units[] = {
      {86'400'000, "d"}, {3'600'000, "h"}, {60'000, "m"}, {1000, "s"}, {1, "ms"}};
  for (const auto& [size, unit] : units) {
    if (left < size) continue;
    text += fmt::format("{}{}", left / size, unit);
    left %= size;
  }
  return text.empty() ? "0s" : text;
}

std::string host_name() {
  char name[256] = "";
  return gethostname(name, sizeof name - 1) == 0 ? name : "prometheus";
}

void put_labels(TargetBuilder& builder, JsonNode labels) {
  for (const auto& [name, value] : labels.members())
    builder.put_sanitized("__meta_kuma_label_", name, value.text());
}

std::vector<Target> targets_of(JsonNode assignment) {
  std::vector<Target> targets;
  TargetBuilder builder;
  for (const JsonNode& target : assignment["targets"].elements()) {
    builder.reset();
    put_labels(builder, target["labels"]);
    put_labels(builder, assignment["labels"]);
    builder.put("__meta_kuma_mesh", assignment["mesh"].text());
    builder.put("__meta_kuma_service", assignment["service"].text());
    builder.put("__meta_kuma_dataplane", target["name"].text());
    builder.put("__address__", target["address"].text());
    builder.put("instance", target["name"].text());
    builder.put("__scheme__", target["scheme"].text());
    const JsonNode path = target["metrics_path"] ? target["metrics_path"] : target["metricsPath"];
    builder.put("__metrics_path__", path.text());
    targets.push_back(builder.build());
  }
  return targets;
}

class Kuma final : public Discoverer {
 public:
  Kuma(Arguments arguments, ClientPointer client, const DiscoveryContext& context);
  Task<> run(TargetSink& sink, StopToken stop) override;

 private:
  // The targets; none when nothing has changed.
  Task<Result<std::optional<std::vector<Target>>>> ask(StopToken stop);
  std::string question() const;

  Arguments arguments_;
  ClientPointer client_;
  const DiscoveryContext& context_;
  std::string url_;
  Counter& failures_;
  Counter& skipped_;
  Summary& durations_;
  std::string version_;
  std::string nonce_;
};

Kuma::Kuma(Arguments arguments, ClientPointer client, const DiscoveryContext& context)
    : arguments_(std::move(arguments)),
      client_(std::move(client)),
      context_(context),
      url_(without_slashes(arguments_.server) +
           "/v3/discovery:monitoringassignments?fetch-timeout=" +
           format_timeout(arguments_.fetch_timeout)),
      failures_(context.metrics.counter("prometheus_sd_kuma_fetch_failures_total",
                                        "The number of Kuma MADS fetch call failures.")),
      skipped_(context.metrics.counter(
          "prometheus_sd_kuma_fetch_skipped_updates_total",
          "The number of Kuma MADS fetch calls that result in no updates to the targets.")),
      durations_(context.summaries.get("prometheus_sd_kuma_fetch_duration_seconds",
                                       "The duration of a Kuma MADS fetch call.")) {
  durations_.add({});
}

std::string Kuma::question() const {
  std::string body = "{";
  const auto add = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    append_json_string(body, name);
    body += ":";
    append_json_string(body, value);
    body += ",";
  };
  add("version_info", version_);
  add("response_nonce", nonce_);
  add("type_url", assignment_type);
  body += "\"node\":{\"id\":";
  append_json_string(body, host_name());
  return body + "}}";
}

Task<Result<std::optional<std::vector<Target>>>> Kuma::ask(StopToken stop) {
  const std::string body = question();
  net::Request request{.method = "POST",
                       .url = url_,
                       .body = body,
                       .timeout = arguments_.fetch_timeout + timeout_slack};
  request.headers.add("Content-Type", "application/json");
  request.headers.add("Accept", "application/json");
  CO_TRY(const auto response, co_await client_->fetch(std::move(request), std::move(stop)));
  if (response.status == 304) co_return std::nullopt;
  if (response.status != 200)
    co_return fail(fmt::format("non 200 status '{}' response during xDS fetch", response.status));
  CO_TRY(const auto document, JsonDocument::parse(response.body));
  const JsonNode root = document.root();
  const JsonNode type = root["type_url"] ? root["type_url"] : root["typeUrl"];
  if (type.text() != assignment_type)
    co_return fail(
        fmt::format("received invalid typeURL for Kuma MADS v1 Resource: {}", type.text()));
  std::vector<Target> targets;
  for (const JsonNode& resource : root["resources"].elements())
    for (Target& target : targets_of(resource)) targets.push_back(std::move(target));
  std::string version((root["version_info"] ? root["version_info"] : root["versionInfo"]).text());
  std::string nonce(root["nonce"].text());
  CO_TRY(document.check());
  version_ = std::move(version);
  nonce_ = std::move(nonce);
  co_return targets;
}

Task<> Kuma::run(TargetSink& sink, StopToken stop) {
  while (!stop.stop_requested()) {
    const SteadyTime started = context_.clock.steady();
    auto targets = co_await ask(stop);
    if (stop.stop_requested()) co_return;
    durations_.observe(context_.clock.steady() - started);
    if (!targets) {
      failures_.add();
      context_.logger.error("error parsing resources", {{"err", targets.error()}});
      sink.report(std::unexpected(std::move(targets).error()));
    } else {
      if (*targets) {
        sink.replace(single_group("kuma", **std::move(targets)));
      } else {
        skipped_.add();
      }
      sink.report({});
    }
    co_await context_.clock.sleep_until(started + arguments_.refresh_interval, stop);
  }
}

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  TRY(const auto url, net::parse_url(arguments.server));
  if (url.host.empty() || (url.scheme != "http" && url.scheme != "https"))
    return fail("kuma_sd: invalid xDS server URL protocol. must be either 'http' or 'https'");
  TRY(auto client, make_client(arguments.client, context));
  return std::make_unique<Kuma>(std::move(arguments), std::move(client), context);
}

}  // namespace
}  // namespace alloy::discovery::kuma

namespace alloy {

extern const ComponentType discovery_kuma;
const ComponentType discovery_kuma = {
    .name = "discovery.kuma",
    .doc = "Discovers the data planes of a Kuma service mesh.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::kuma::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create =
        create<discovery::DiscoveryComponent<discovery::kuma::Arguments, discovery::kuma::make>>,
};

}  // namespace alloy
