// Jobs as Prometheus' YAML, with the members in its order.
#include <fmt/ranges.h>

#include "base/text.h"
#include "components/prometheus/shared/operator/scrape_job.h"
#include "components/shared/prometheus_duration.h"
#include "components/shared/yaml_writer.h"
#include "schema/byte_size.h"

namespace alloy::prometheus::operators {
namespace {

constexpr std::string_view hidden = "<secret>";

void write_tls(YamlWriter& out, const TlsClientArguments& tls) {
  if (tls == TlsClientArguments{}) return;
  out.below("tls_config", [&] {
    out.text_unless_empty("ca", tls.ca_pem);
    out.text_unless_empty("cert", tls.cert_pem);
    if (!tls.key_pem.empty()) out.raw("key", hidden);
    out.text_unless_empty("ca_file", tls.ca_file);
    out.text_unless_empty("cert_file", tls.cert_file);
    out.text_unless_empty("key_file", tls.key_file);
    out.text_unless_empty("server_name", tls.server_name);
    out.flag("insecure_skip_verify", tls.insecure_skip_verify);
  });
}

void write_oauth2(YamlWriter& out, const OAuth2Arguments& oauth2) {
  out.below("oauth2", [&] {
    out.text("client_id", oauth2.client_id);
    out.raw("client_secret", hidden);
    out.list("scopes", oauth2.scopes);
    out.text("token_url", oauth2.token_url);
    if (oauth2.endpoint_params.empty()) return;
    out.below("endpoint_params", [&] {
      for (const auto& [name, value] : oauth2.endpoint_params) out.text(name, value);
    });
  });
}

void write_http(YamlWriter& out, const HttpClientArguments& http) {
  if (http.basic_auth) {
    out.below("basic_auth", [&] {
      out.text_unless_empty("username", http.basic_auth->username);
      if (!http.basic_auth->password.empty()) out.raw("password", hidden);
      out.text_unless_empty("password_file", http.basic_auth->password_file);
    });
  }
  if (http.authorization) {
    out.below("authorization", [&] {
      out.text_unless_empty("type", http.authorization->type);
      if (!http.authorization->credentials.empty()) out.raw("credentials", hidden);
      out.text_unless_empty("credentials_file", http.authorization->credentials_file);
    });
  }
  if (http.oauth2) write_oauth2(out, *http.oauth2);
  if (!http.bearer_token.empty()) out.raw("bearer_token", hidden);
  out.text_unless_empty("bearer_token_file", http.bearer_token_file);
  if (http.tls) write_tls(out, *http.tls);
  out.flag("follow_redirects", http.follow_redirects);
  out.flag("enable_http2", http.enable_http2);
  if (http.proxy.proxy_url)
    out.text("proxy_url", MemberTraits<UrlArgument>::format(*http.proxy.proxy_url));
}

void write_rules(YamlWriter& out, std::string_view name, const std::vector<JobRule>& rules) {
  if (rules.empty()) return;
  out.line(fmt::format("{}:", name));
  for (const auto& [rule, shows_regex] : rules) {
    out.item([&] {
      if (!rule.source_labels.empty())
        out.raw("source_labels", fmt::format("[{}]", fmt::join(rule.source_labels, ", ")));
      out.text("separator", rule.separator);
      if (shows_regex) out.text("regex", rule.regex.source());
      out.number_unless_zero("modulus", rule.modulus);
      out.text_unless_empty("target_label", rule.target_label);
      out.text("replacement", rule.replacement);
      out.raw("action", name_of(rule.action));
    });
  }
}

void write_limits(YamlWriter& out, const ScrapeJob& job) {
  if (job.limits.body_bytes != 0)
    out.raw("body_size_limit", format_byte_size({job.limits.body_bytes}));
  out.number_unless_zero("sample_limit", job.limits.samples);
  out.number_unless_zero("target_limit", job.limits.targets);
  out.number_unless_zero("label_limit", job.limits.labels);
  out.number_unless_zero("label_name_length_limit", job.limits.label_name_length);
  out.number_unless_zero("label_value_length_limit", job.limits.label_value_length);
  out.number_unless_zero("native_histogram_bucket_limit", job.histograms.bucket_limit);
  if (job.histograms.min_bucket_factor != 0)
    out.raw("native_histogram_min_bucket_factor", format_double(job.histograms.min_bucket_factor));
}

void write_kubernetes(YamlWriter& out, const KubernetesTargets& targets,
                      const ShownServer& server) {
  out.line("kubernetes_sd_configs:");
  out.item([&] {
    out.text_unless_empty("api_server", server.api_server);
    out.text("role", targets.role);
    out.text("kubeconfig_file", server.kubeconfig_file);
    write_http(out, server.http);
    if (!targets.namespaces.empty()) {
      out.below("namespaces", [&] {
        out.flag("own_namespace", false);
        out.list("names", targets.namespaces);
      });
    }
    if (!targets.attaches_nodes) return;
    out.below("attach_metadata", [&] {
      out.flag("node", true);
      for (const std::string_view other : {"namespace", "deployment", "job", "cronjob"})
        out.flag(other, false);
    });
  });
}

void write_targets(YamlWriter& out, const ScrapeJob& job, const ShownServer& server) {
  if (!job.statics.empty()) {
    out.line("static_configs:");
    for (const StaticTargets& group : job.statics) {
      out.item([&] {
        if (group.addresses.empty()) out.line("targets: []");
        out.list("targets", group.addresses);
        if (group.labels.empty()) return;
        out.below("labels", [&] {
          for (const auto& [name, value] : group.labels) out.text(name, value);
        });
      });
    }
  }
  if (job.listed) {
    out.line("http_sd_configs:");
    out.item([&] {
      write_http(out, job.listed->http);
      out.raw("refresh_interval", format_prometheus_duration(job.listed->refresh_interval));
      out.text("url", job.listed->url);
    });
  }
  if (job.kubernetes) write_kubernetes(out, *job.kubernetes, server);
}

void write_job(YamlWriter& out, const ScrapeJob& job, const ShownServer& server) {
  out.text("job_name", job.name);
  if (job.honor_labels) out.flag("honor_labels", true);
  out.flag("honor_timestamps", job.honor_timestamps);
  out.flag("track_timestamps_staleness", false);
  if (!job.params.empty()) {
    out.below("params", [&] {
      for (const auto& [name, values] : job.params) out.list(name, values);
    });
  }
  out.raw("scrape_interval", format_prometheus_duration(job.interval));
  out.raw("scrape_timeout", format_prometheus_duration(job.timeout));
  out.list("scrape_protocols", job.protocols);
  out.raw("fallback_scrape_protocol", fallback_protocol);
  out.flag("scrape_native_histograms", job.histograms.scrapes_native);
  out.flag("always_scrape_classic_histograms", job.histograms.scrapes_classic);
  out.flag("convert_classic_histograms_to_nhcb", job.histograms.converts_classic);
  out.text_unless_empty("metrics_path", job.metrics_path);
  out.text_unless_empty("scheme", job.scheme);
  out.flag("enable_compression", job.enable_compression);
  write_limits(out, job);
  out.raw("metric_name_validation_scheme", "legacy");
  out.raw("metric_name_escaping_scheme", "underscores");
  out.flag("extra_scrape_metrics", false);
  write_http(out, job.http);
  write_rules(out, "relabel_configs", job.rules);
  write_rules(out, "metric_relabel_configs", job.metric_rules);
  write_targets(out, job, server);
}

}  // namespace

std::string to_yaml(const std::vector<ScrapeJob>& jobs, const ShownServer& server) {
  std::string text;
  YamlWriter out(text);
  for (const ScrapeJob& job : jobs) out.item([&] { write_job(out, job, server); });
  return text;
}

}  // namespace alloy::prometheus::operators
