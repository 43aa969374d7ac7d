#include "app/run_options.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/format.h>

#include "app/peer_discovery.h"
#include "base/text.h"
#include "cluster/limits.h"

namespace alloy::app {
namespace {

constexpr std::string_view no_effect = "This flag is deprecated and has no effect.";

CustomValue stability_value(Stability& target) {
  CustomValue value = {.type = "<stability_level>",
                       .set = [&target](std::string_view text) -> Result<void> {
                         TRY(target, parse_stability(text));
                         return {};
                       },
                       .text = [&target] { return quote(name_of(target)); }};
  for (auto level :
       {Stability::generally_available, Stability::public_preview, Stability::experimental})
    value.words.emplace_back(name_of(level));
  return value;
}

void add_source_flags(FlagSet& flags, SourceOptions& o) {
  flags.add({"config.format", &o.format,
             "The format of the source file. Supported formats: otelcol, prometheus, promtail, "
             "static."});
  flags.add({"config.bypass-conversion-errors", &o.bypass_conversion_errors,
             "Go on when the conversion reports errors that are not critical"});
  flags.add({"config.extra-args", &o.extra_args,
             "Command line of the source program that belongs to the converted configuration"});
  flags.add({"stability.level", stability_value(o.stability),
             "Minimum stability level of features to allow: generally-available, public-preview or "
             "experimental"});
  flags.add({"feature.community-components.enabled", &o.community_components,
             "Allow components that the community maintains"});
}

void add_http_flags(FlagSet& flags, RunOptions& o) {
  flags.add({"server.http.listen-addr", &o.listen_address, "Address to listen on for HTTP"});
  flags.add({"server.http.memory-addr", &o.memory_address,
             "Address that stands for the HTTP server inside this process"});
  flags.add({"server.http.ui-path-prefix", &o.ui_path_prefix, "Path below which the UI is served"});
  flags.add({"server.http.enable-pprof", &o.enable_pprof, "Serve profiles at /debug/pprof"});
  flags.add({"server.http.disable-support-bundle", &o.disable_support_bundle,
             "Do not serve support bundles at /-/support"});
  flags.add({"server.http.enable-graphql", &o.enable_graphql, "Serve GraphQL queries at /graphql"});
  flags.add({"server.http.enable-graphql-playground", &o.enable_graphql_playground,
             "Serve a page to try GraphQL queries at /graphql/playground"});
}

void add_cluster_flags(FlagSet& flags, ClusterOptions& o) {
  flags.add({"cluster.enabled", &o.enabled, "Run as a member of a cluster"});
  flags.add({"cluster.node-name", &o.node_name, "Name of this node; default: the host's name"});
  flags.add({"cluster.advertise-address", &o.advertise_address,
             "Address at which other nodes reach this one"});
  flags.add({"cluster.join-addresses", &o.join_addresses,
             "Comma-separated addresses of nodes to join; not with --cluster.discover-peers"});
  flags.add({"cluster.discover-peers", &o.discover_peers,
             "Where to look for nodes to join; not with --cluster.join-addresses"});
  flags.add({"cluster.advertise-interfaces", &o.advertise_interfaces,
             "Network interfaces whose address is advertised; \"all\" for every one"});
  flags.add({"cluster.rejoin-interval", &o.rejoin_interval,
             "How often to look for nodes and join them again; 0 for never"});
  flags.add({"cluster.max-join-peers", &o.max_join_peers,
             "How many of the found nodes to join at a time; 0 for all"});
  flags.add({"cluster.name", &o.name, "Nodes with another cluster name can't join"});
  flags.add({"cluster.enable-tls", &o.enable_tls, "Use TLS between the nodes"});
  flags.add({"cluster.tls-ca-path", &o.tls_ca_path, "File of the certificate authority"});
  flags.add({"cluster.tls-cert-path", &o.tls_cert_path, "File of the certificate"});
  flags.add({"cluster.tls-key-path", &o.tls_key_path, "File of the private key"});
  flags.add({"cluster.tls-server-name", &o.tls_server_name, "Server name to verify"});
  flags.add({"cluster.wait-for-size", &o.wait_for_size,
             "How many nodes to wait for before work is shared; 0 for none"});
  flags.add({"cluster.wait-timeout", &o.wait_timeout,
             "How long to wait for the nodes; 0 for as long as it takes"});
  flags.add({.name = "cluster.use-discovery-v1",
             .target = &o.use_discovery_v1,
             .usage = "Without effect",
             .deprecated = std::string(no_effect)});
}

// Flags that are accepted only with --stability.level=experimental.
Result<void> check_experimental(const RunOptions& o) {
  const std::array<std::pair<bool, std::string_view>, 3> flags = {{
      {o.direct_fanout, "feature.prometheus.direct-fanout.enabled"},
      {o.enable_graphql, "server.http.enable-graphql"},
      {o.enable_graphql_playground, "server.http.enable-graphql-playground"},
  }};
  for (const auto& [given, name] : flags) {
    if (given && o.source.stability != Stability::experimental)
      return fail(fmt::format("'--{}' can only be used at experimental stability level. "
                              "Use --stability.level=experimental to enable.",
                              name),
                  ErrorKind::invalid);
  }
  return {};
}

std::unexpected<Error> not_supported(std::string_view flag) {
  return fail(fmt::format("--{} is not supported yet", flag), ErrorKind::invalid);
}

}  // namespace

FlagSet source_flags(SourceOptions& options) {
  FlagSet flags;
  add_source_flags(flags, options);
  return flags;
}

FlagSet run_flags(RunOptions& o) {
  FlagSet flags;
  add_source_flags(flags, o.source);
  add_http_flags(flags, o);
  add_cluster_flags(flags, o.cluster);
  flags.add({"disable-reporting", &o.disable_reporting, "Do not report the use of components"});
  flags.add({"storage.path", &o.storage_path, "Directory where components keep their data"});
  flags.add({"feature.component-shutdown-deadline", &o.shutdown_deadline,
             "How long a component may take to stop; 0 for as long as it takes"});
  flags.add({"feature.prometheus.direct-fanout.enabled", &o.direct_fanout,
             "Pass metrics on without a label store"});
  flags.add({"windows.priority", &o.windows_priority, "Priority of the process on Windows"});
  flags.add({.name = "feature.prometheus.metric-validation-scheme",
             .target = &o.metric_validation_scheme,
             .usage = "Without effect",
             .deprecated = std::string(no_effect)});
  return flags;
}

std::string describe_flags(RunOptions options) {
  std::string out = "help=false\n";
  const FlagSet flags = run_flags(options);
  for (const Flag& flag : flags.all()) {
    std::string text = value_text(flag);
    std::erase(text, '"');
    out += fmt::format("{}={}\n", flag.name, text);
  }
  return out;
}

Result<void> check_options(const RunOptions& o) {
  TRY(check_experimental(o));
  if (!o.cluster.join_addresses.empty() && !o.cluster.discover_peers.empty()) {
    std::vector<std::string> peers;
    for (auto peer : split(o.cluster.join_addresses, ',')) peers.push_back(quote(peer));
    return fail(fmt::format("at most one of join peers and discover peers may be set, got join "
                            "peers [{}] and discover peers {}",
                            fmt::join(peers, " "), quote(o.cluster.discover_peers)),
                ErrorKind::invalid);
  }
  TRY(check_peer_discovery(o.cluster.discover_peers));
  if (o.cluster.name.size() > cluster::label_bytes_max)
    return fail(
        fmt::format("--cluster.name can't be longer than {} bytes", cluster::label_bytes_max),
        ErrorKind::invalid);
  if (o.cluster.node_name.size() > cluster::name_bytes_max)
    return fail(
        fmt::format("--cluster.node-name can't be longer than {} bytes", cluster::name_bytes_max),
        ErrorKind::invalid);
  if (o.cluster.max_join_peers < 0 || o.cluster.wait_for_size < 0)
    return fail("--cluster.max-join-peers and --cluster.wait-for-size can't be negative",
                ErrorKind::invalid);
  if (o.enable_graphql) return not_supported("server.http.enable-graphql");
  if (o.windows_priority != "normal")
    return fail("--windows.priority is only supported on Windows", ErrorKind::invalid);
  return {};
}

}  // namespace alloy::app
