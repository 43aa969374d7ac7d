#include "components/prometheus/shared/operator/job_builder.h"

#include <fmt/ranges.h>

#include "base/text.h"
#include "components/prometheus/scrape/protocols.h"
#include "components/shared/prometheus_duration.h"
#include "components/shared/target_groups.h"
#include "schema/byte_size.h"

namespace alloy::prometheus::operators {
namespace {

template <class T>
Result<T> with_context(Result<T> result, std::string context) {
  // A secret that has yet to be asked for is no mistake of anybody.
  if (!result && result.error().kind() != ErrorKind::not_found)
    return std::unexpected(std::move(result).error().with_context(std::move(context)));
  return result;
}

std::vector<std::string> usual_protocols(bool scrapes_native) {
  std::vector<std::string> protocols = {"OpenMetricsText1.0.0", "OpenMetricsText0.0.1",
                                        "PrometheusText1.0.0", "PrometheusText0.0.4"};
  if (scrapes_native) protocols.insert(protocols.begin(), "PrometheusProto");
  return protocols;
}

uint64_t limit(JsonNode node) {
  return static_cast<uint64_t>(std::max<int64_t>(node.integer(), 0));
}

std::string text(JsonNode node) { return std::string(node.text()); }

}  // namespace

std::string label_name(std::string_view text) { return discovery::sanitize_label_name(text); }

std::string port_text(JsonNode port) {
  if (!port) return {};
  return port.is_text() ? text(port) : std::to_string(port.integer());
}

JobBuilder::JobBuilder(const JobSettings& settings, const Monitor& monitor, std::string job_name)
    : settings_(settings), name_space_(monitor.meta.name_space) {
  const ScrapeArguments& scrape = settings.arguments.scrape;
  job_.name = std::move(job_name);
  job_.protocols = usual_protocols(scrape.scrape_native_histograms);
  job_.histograms = {.scrapes_native = scrape.scrape_native_histograms,
                     .scrapes_classic = scrape.scrape_classic_histograms,
                     .converts_classic = scrape.convert_classic_histograms_to_nhcb,
                     .bucket_limit = scrape.native_histogram_bucket_limit,
                     .min_bucket_factor = scrape.native_histogram_min_bucket_factor};
  if (scrape.default_interval != Duration::zero()) job_.interval = scrape.default_interval;
  if (scrape.default_timeout != Duration::zero()) job_.timeout = scrape.default_timeout;
  for (const RelabelRule& rule : settings.arguments.rules) job_.rules.push_back({rule, true});
  add_copy("job", "__tmp_prometheus_job_name");
}

void JobBuilder::add(RelabelRule rule) { job_.rules.push_back({std::move(rule), false}); }

void JobBuilder::add_constant(std::string target_label, std::string value) {
  RelabelRule rule;
  rule.target_label = std::move(target_label);
  if (!value.empty()) rule.replacement = std::move(value);
  add(std::move(rule));
}

void JobBuilder::add_copy(std::string from, std::string to) {
  RelabelRule rule;
  rule.source_labels = {std::move(from)};
  rule.target_label = std::move(to);
  add(std::move(rule));
}

void JobBuilder::add_copy_if_set(std::string from, std::string to) {
  RelabelRule rule;
  rule.source_labels = {std::move(from)};
  rule.target_label = std::move(to);
  rule.regex = RegularExpression::known("(.+)");
  rule.replacement = "${1}";
  job_.rules.push_back({std::move(rule), true});
}

Result<> JobBuilder::add_regex(RelabelAction action, std::vector<std::string> from,
                               std::string_view regex) {
  RelabelRule rule;
  rule.source_labels = std::move(from);
  rule.action = action;
  TRY(rule.regex, RegularExpression::create(regex));
  job_.rules.push_back({std::move(rule), true});
  return {};
}

Result<> JobBuilder::add_selector(const std::string& prefix, JsonNode selector) {
  const auto selected = kubernetes::read_label_selector(selector);
  const auto value_of = [&](std::string_view key) {
    return fmt::format("{}_label_{}", prefix, label_name(key));
  };
  const auto presence_of = [&](std::string_view key) {
    return fmt::format("{}_labelpresent_{}", prefix, label_name(key));
  };
  for (const auto& [key, value] : selected.match_labels)
    TRY(with_context(add_regex(RelabelAction::keep, {value_of(key), presence_of(key)},
                               fmt::format("({});true", value)),
                     "parsing MatchLabels regex"));
  for (const kubernetes::MatchExpression& match : selected.match_expressions) {
    const bool keeps = match.op == "In" || match.op == "Exists";
    const RelabelAction action = keeps ? RelabelAction::keep : RelabelAction::drop;
    if (match.op == "In" || match.op == "NotIn") {
      TRY(with_context(add_regex(action, {value_of(match.key), presence_of(match.key)},
                                 fmt::format("({});true", fmt::join(match.values, "|"))),
                       "parsing MatchExpressions regex"));
    } else if (match.op == "Exists" || match.op == "DoesNotExist") {
      TRY(add_regex(action, {presence_of(match.key)}, "true"));
    }
  }
  return {};
}

Result<> JobBuilder::add_own(JsonNode relabelings) {
  for (const auto& spec : kubernetes::read_relabel_specs(relabelings)) {
    TRY(auto rule, with_context(kubernetes::make_relabel_rule(spec), "parsing relabel configs"));
    job_.rules.push_back({std::move(rule), !spec.regex.empty()});
  }
  return {};
}

Result<> JobBuilder::add_metric_rules(JsonNode relabelings) {
  for (const auto& spec : kubernetes::read_relabel_specs(relabelings)) {
    TRY(auto rule,
        with_context(kubernetes::make_relabel_rule(spec), "parsing metric relabel configs"));
    job_.metric_rules.push_back({std::move(rule), !spec.regex.empty()});
  }
  return {};
}

void JobBuilder::set_kubernetes_targets(std::string role, JsonNode namespace_selector,
                                        JsonNode attach_metadata) {
  KubernetesTargets& targets = job_.kubernetes.emplace();
  targets.role = std::move(role);
  targets.attaches_nodes = attach_metadata["node"].boolean();
  if (namespace_selector["any"].boolean()) return;
  for (const std::string_view name : namespace_selector["matchNames"].texts())
    targets.namespaces.emplace_back(name);
  if (targets.namespaces.empty()) targets.namespaces.push_back(name_space_);
}

Result<> JobBuilder::read_interval(JsonNode interval, std::string_view of) {
  if (interval.text().empty()) return {};
  TRY(job_.interval, with_context(parse_prometheus_duration(interval.text()),
                                  fmt::format("parsing interval from {}", of)));
  return {};
}

Result<> JobBuilder::read_timeout(JsonNode timeout, std::string_view of) {
  if (timeout.text().empty()) return {};
  TRY(job_.timeout, with_context(parse_prometheus_duration(timeout.text()),
                                 fmt::format("parsing timeout from {}", of)));
  return {};
}

Result<> JobBuilder::read_protocols(JsonNode protocols) {
  if (!protocols) return {};
  job_.protocols.clear();
  for (const std::string_view name : protocols.texts()) {
    job_.protocols.emplace_back(name);
    if (scrape::is_known_protocol(name)) continue;
    return fail(fmt::format(
        "validating scrape protocol from probe: unknown scrape protocol {}, supported: {}", name,
        scrape::list_known_protocols()));
  }
  return {};
}

Result<> JobBuilder::read_proxy(JsonNode url, std::string_view of) {
  if (url.text().empty()) return {};
  TRY(job_.http.proxy.proxy_url, with_context(MemberTraits<UrlArgument>::parse(url.text()),
                                              fmt::format("parsing ProxyURL from {}", of)));
  return {};
}

void JobBuilder::read_params(JsonNode params) {
  for (const auto& [name, values] : params.members()) {
    auto& all = job_.params[std::string(name)];
    for (const std::string_view value : values.texts()) all.emplace_back(value);
  }
}

Result<> JobBuilder::read_limits(JsonNode spec, std::string_view of) {
  job_.limits = {.samples = limit(spec["sampleLimit"]),
                 .targets = limit(spec["targetLimit"]),
                 .labels = limit(spec["labelLimit"]),
                 .label_name_length = limit(spec["labelNameLengthLimit"]),
                 .label_value_length = limit(spec["labelValueLengthLimit"])};
  if (spec["bodySizeLimit"]) {
    TRY(const auto size, with_context(parse_byte_size(spec["bodySizeLimit"].text()),
                                      fmt::format("parsing bodySizeLimit from {}", of)));
    job_.limits.body_bytes = size.bytes;
  }
  return {};
}

Result<> JobBuilder::read_safe_tls(JsonNode tls, HttpClientArguments& http) {
  if (!tls) return {};
  TlsClientArguments& out = http.tls.emplace();
  out.insecure_skip_verify = tls["insecureSkipVerify"].boolean();
  if (const JsonNode ca = tls["ca"]; ca["secret"] || ca["configMap"]) {
    TRY(out.ca_pem, settings_.secrets.secret_or_config_map(name_space_, ca));
  }
  if (const JsonNode cert = tls["cert"]; cert["secret"] || cert["configMap"]) {
    TRY(out.cert_pem, settings_.secrets.secret_or_config_map(name_space_, cert));
  }
  if (tls["keySecret"]) {
    TRY(out.key_pem.value, settings_.secrets.secret(name_space_, tls["keySecret"]));
  }
  out.server_name = text(tls["serverName"]);
  return {};
}

Result<> JobBuilder::read_oauth2(JsonNode node, HttpClientArguments& http) {
  OAuth2Arguments& oauth2 = http.oauth2.emplace();
  TRY(oauth2.client_id, settings_.secrets.secret_or_config_map(name_space_, node["clientId"]));
  TRY(oauth2.client_secret.value, settings_.secrets.secret(name_space_, node["clientSecret"]));
  for (const std::string_view scope : node["scopes"].texts()) oauth2.scopes.emplace_back(scope);
  oauth2.token_url = text(node["tokenUrl"]);
  for (const auto& [name, value] : node["endpointParams"].members())
    oauth2.endpoint_params.emplace(name, value.text());
  return {};
}

Result<> JobBuilder::read_authorization(JsonNode node, HttpClientArguments& http) {
  AuthorizationArguments& authorization = http.authorization.emplace();
  authorization.type = text(node["type"]);
  if (authorization.type.empty()) authorization.type = "Bearer";
  if (node["credentials"]) {
    TRY(authorization.credentials.value,
        settings_.secrets.secret(name_space_, node["credentials"]));
  }
  return {};
}

Result<> JobBuilder::read_credentials(JsonNode node, HttpClientArguments& http) {
  TRY(read_safe_tls(node["tlsConfig"], http));
  if (const JsonNode token = node["bearerTokenSecret"];
      http.bearer_token_file.empty() && !token["name"].text().empty()) {
    TRY(http.bearer_token.value, settings_.secrets.secret(name_space_, token));
  }
  if (const JsonNode basic = node["basicAuth"]) {
    BasicAuthArguments& out = http.basic_auth.emplace();
    TRY(out.username, settings_.secrets.secret(name_space_, basic["username"]));
    TRY(out.password.value, settings_.secrets.secret(name_space_, basic["password"]));
  }
  if (node["oauth2"]) TRY(read_oauth2(node["oauth2"], http));
  if (node["authorization"]) TRY(read_authorization(node["authorization"], http));
  return {};
}

Result<ScrapeJob> JobBuilder::finish() {
  if (job_.timeout > job_.interval)
    return fail(fmt::format(
        "scrape timeout greater than scrape interval for scrape config with job name {}",
        quote(job_.name)));
  if (job_.limits.samples == 0)
    job_.limits.samples = settings_.arguments.scrape.default_sample_limit;
  HttpClientArguments checked = job_.http;
  TRY(checked.validate());
  return std::move(job_);
}

}  // namespace alloy::prometheus::operators
