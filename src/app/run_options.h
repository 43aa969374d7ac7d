// What the command line of `alloy run` and `alloy validate` says, and the flags that say it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/flags.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/stability.h"

namespace alloy::app {

// How the configuration is read and judged: what `run` and `validate` share.
struct SourceOptions {
  std::string format = "alloy";
  bool bypass_conversion_errors = false;
  std::string extra_args;
  Stability stability = Stability::generally_available;
  bool community_components = false;
};

struct ClusterOptions {
  bool enabled = false;
  std::string node_name;
  std::string advertise_address;
  std::string join_addresses;
  std::string discover_peers;
  std::vector<std::string> advertise_interfaces = {"eth0", "en0"};
  Duration rejoin_interval = 1min;
  int64_t max_join_peers = 5;
  std::string name;
  bool enable_tls = false;
  std::string tls_ca_path;
  std::string tls_cert_path;
  std::string tls_key_path;
  std::string tls_server_name;
  int64_t wait_for_size = 0;
  Duration wait_timeout{};
  bool use_discovery_v1 = false;  // Without effect.
};

struct RunOptions {
  std::string listen_address = "127.0.0.1:12345";
  std::string memory_address = "alloy.internal:12345";
  std::string ui_path_prefix = "/";
  bool enable_pprof = true;
  bool disable_support_bundle = false;
  bool enable_graphql = false;
  bool enable_graphql_playground = false;
  ClusterOptions cluster;
  SourceOptions source;
  bool disable_reporting = false;  // Nothing is ever reported; accepted for compatibility.
  std::string storage_path = "data-alloy/";
  Duration shutdown_deadline = 10min;
  bool direct_fanout = false;  // There is no label store to go around.
  std::string windows_priority = "normal";
  bool metric_validation_scheme = false;  // Without effect.
};

// Flags bound to the options, which must stay where they are.
FlagSet source_flags(SourceOptions& options);
FlagSet run_flags(RunOptions& options);

// All flags and their values, "name=value" each on a line.
std::string describe_flags(RunOptions options);

// Refuses what needs another --stability.level, contradicts itself or can't be honoured.
Result<void> check_options(const RunOptions& options);

}  // namespace alloy::app
