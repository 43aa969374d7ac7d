#include "convert/prometheus/service_discovery.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "convert/http_client.h"
#include "values/value.h"

namespace alloy::convert::prometheus {
namespace {

constexpr std::string_view suffix = "_sd_configs";

// Something that a mapping by names can't say.
using Adapt = void (*)(const YamlNode& config, SourceReader& reader, Draft& into);

struct Mechanism {
  std::string_view name;  // "consul", of consul_sd_configs and discovery.consul
  std::string_view type;  // Of its settings, in errors.
  std::vector<Rename> renames = {};
  Adapt adapt = nullptr;
  bool has_http_client = true;
  bool is_convertible = true;
};

void move_attribute(Draft& from, std::string_view name, Draft& into) {
  if (Value value = from.value(name); !value.is_null()) into.set(name, value);
}

// The block of the one way to authenticate that was chosen.
void adapt_azure(const YamlNode& config, SourceReader& reader, Draft& into) {
  const std::string_view method = config.text_of("authentication_method");
  Draft identity;
  for (std::string_view name : {"client_id", "tenant_id", "client_secret"}) {
    if (const YamlNode* value = config.find(name)) identity.set(name, Value::string(value->text));
  }
  if (method == "ManagedIdentity") {
    move_attribute(identity, "client_id", into.block("managed_identity"));
  } else if (method == "SDK") {
    move_attribute(identity, "tenant_id", into.block("sdk"));
  } else if (method == "WorkloadIdentity") {
    into.block("workload_identity");
  } else if (method.empty() || method == "OAuth") {
    into.add("oauth", std::move(identity));
  } else {
    reader.refuse(
        fmt::format("unknown authentication_type {}. Supported types are \"OAuth\", "
                    "\"ManagedIdentity\", \"SDK\" or \"WorkloadIdentity\"",
                    quote(method)));
  }
}

// Prometheus takes the older two for basic authentication.
void adapt_consul(const YamlNode&, SourceReader&, Draft& into) {
  const Value user = into.value("username");
  const Value password = into.value("password");
  if (user.is_null() && password.is_null()) return;
  Draft& basic = into.block("basic_auth");
  basic.set("username", user);
  basic.set("password", password);
}

void adapt_filters(const YamlNode& config, SourceReader& reader, Draft& into) {
  for (const YamlNode& filter : reader.items(config.find("filters"), "Filter")) {
    Draft& block = into.add("filter");
    block.set("name", Value::string(std::string(filter.text_of("name"))));
    std::vector<Value> values;
    for (const YamlNode& value : reader.items(filter.find("values"), "string"))
      values.push_back(Value::string(value.text));
    block.set("values", Value::array(std::move(values)));
  }
}

void adapt_kubernetes(const YamlNode&, SourceReader&, Draft& into) {
  for (std::string_view name : {"namespaces", "attach_metadata"})
    if (into.has(name)) into.block(name).is_kept = false;
}

// Its interval is another one with us.
void adapt_kuma(const YamlNode&, SourceReader&, Draft& into) {
  if (!into.has("refresh_interval")) into.set("refresh_interval", Value::string("15s"));
}

// Sorted by name, which is the order in which Prometheus keeps them.
const std::vector<Mechanism>& mechanisms() {
  const std::vector<Rename> filters = {{"filters", ""}};
  static const std::vector<Mechanism> table = {
      {.name = "azure",
       .type = "azure.plain",
       .renames = {{"authentication_method", ""},
                   {"client_id", ""},
                   {"tenant_id", ""},
                   {"client_secret", ""}},
       .adapt = &adapt_azure},
      {.name = "consul", .type = "consul.plain", .adapt = &adapt_consul},
      {.name = "digitalocean",
       .type = "digitalocean.plain",
       .renames = {{"basic_auth", ""}, {"authorization", ""}, {"oauth2", ""}, {"tls_config", ""}}},
      {.name = "dns", .type = "dns.plain", .has_http_client = false},
      {.name = "docker", .type = "moby.plain", .renames = filters, .adapt = &adapt_filters},
      {.name = "dockerswarm", .type = "moby.plain", .renames = filters, .adapt = &adapt_filters},
      {.name = "ec2", .type = "aws.plain", .renames = filters, .adapt = &adapt_filters},
      {.name = "eureka", .type = "eureka.plain", .is_convertible = false},
      {.name = "file", .type = "file.plain", .has_http_client = false},
      {.name = "gce", .type = "gce.plain", .has_http_client = false},
      {.name = "hetzner", .type = "hetzner.plain", .is_convertible = false},
      {.name = "http", .type = "http.plain"},
      {.name = "ionos", .type = "ionos.plain"},
      {.name = "kubernetes", .type = "kubernetes.plain", .adapt = &adapt_kubernetes},
      {.name = "kuma", .type = "xds.plain", .adapt = &adapt_kuma},
      {.name = "lightsail", .type = "aws.plain"},
      {.name = "linode", .type = "linode.plain"},
      {.name = "marathon", .type = "marathon.plain"},
      {.name = "nerve", .type = "zookeeper.plain", .has_http_client = false},
      {.name = "nomad", .type = "nomad.plain", .is_convertible = false},
      {.name = "openstack", .type = "openstack.plain", .has_http_client = false},
      {.name = "ovhcloud", .type = "ovhcloud.plain", .has_http_client = false},
      {.name = "puppetdb", .type = "puppetdb.plain", .is_convertible = false},
      {.name = "scaleway", .type = "scaleway.plain"},
      {.name = "serverset", .type = "zookeeper.plain", .has_http_client = false},
      {.name = "stackit", .type = "stackit.plain", .is_convertible = false},
      {.name = "triton", .type = "triton.plain", .has_http_client = false},
      {.name = "uyuni", .type = "uyuni.plain", .is_convertible = false},
      {.name = "vultr", .type = "vultr.plain", .is_convertible = false},
  };
  return table;
}

const Mechanism* find_mechanism(std::string_view field) {
  if (!field.ends_with(suffix)) return nullptr;
  field.remove_suffix(suffix.size());
  auto found = std::ranges::find(mechanisms(), field, &Mechanism::name);
  return found == mechanisms().end() ? nullptr : &*found;
}

std::string field_of(const Mechanism& mechanism) {
  return fmt::format("{}{}", mechanism.name, suffix);
}

Component convert_one(const Mechanism& mechanism, const YamlNode& config, const Schema& schema,
                      SourceReader& reader) {
  Component component{fmt::format("discovery.{}", mechanism.name), {}};
  std::vector<Rename> renames = mechanism.renames;
  if (mechanism.has_http_client) renames.push_back(http_headers_elsewhere);
  reader.read(config, {mechanism.type, &schema, renames}, component.arguments);
  if (mechanism.has_http_client) settle_http_client(config, reader, component.arguments);
  if (mechanism.adapt != nullptr) mechanism.adapt(config, reader, component.arguments);
  return component;
}

void check_digitalocean(const YamlNode& config, Diagnostics& diagnostics) {
  const auto check = [&](std::string_view what, bool is_given) {
    if (is_given)
      diagnostics.add_unsupported(fmt::format("digitalocean_sd_configs {} config", what));
  };
  check("basic_auth", config.find("basic_auth") != nullptr);
  check("authorization", config.find("authorization") != nullptr ||
                             config.find("bearer_token") != nullptr ||
                             config.find("bearer_token_file") != nullptr);
  check("oauth2", config.find("oauth2") != nullptr);
  check("tls_config", config.find("tls_config") != nullptr);
}

}  // namespace

bool is_service_discovery(std::string_view field) {
  return field == "static_configs" || find_mechanism(field) != nullptr;
}

void convert_service_discovery(const DiscoveryInput& input, SourceReader& reader,
                               std::vector<Component>& components, TargetList& targets) {
  for (const Mechanism& mechanism : mechanisms()) {
    const Schema* schema =
        find_arguments(input.catalogue, fmt::format("discovery.{}", mechanism.name));
    if (!mechanism.is_convertible || schema == nullptr) continue;
    size_t count = 0;
    const YamlNode* configs = input.scrape_config.find(field_of(mechanism));
    for (const YamlNode& config : reader.items(configs, mechanism.type)) {
      Component component = convert_one(mechanism, config, *schema, reader);
      component.arguments.label = numbered_label(input.label, count++);
      targets.add(component.id() + ".targets");
      components.push_back(std::move(component));
    }
  }
}

void check_service_discovery(const YamlNode& scrape_config, Diagnostics& diagnostics) {
  for (const Mechanism& mechanism : mechanisms()) {
    const YamlNode* configs = scrape_config.find(field_of(mechanism));
    if (configs == nullptr) continue;
    for (const YamlNode& config : configs->items) {
      if (!mechanism.is_convertible) {
        diagnostics.add_unsupported(fmt::format("{} service discovery", mechanism.name));
        continue;
      }
      if (mechanism.name == "digitalocean") check_digitalocean(config, diagnostics);
      if (mechanism.has_http_client) check_http_client(config, diagnostics);
    }
  }
}

}  // namespace alloy::convert::prometheus
