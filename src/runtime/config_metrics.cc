#include "runtime/config_metrics.h"

namespace alloy::runtime {
namespace {

constexpr std::string_view hash_name = "alloy_config_hash";

}  // namespace

ConfigMetrics::ConfigMetrics(std::string cluster_name)
    : cluster_name_(std::move(cluster_name)),
      successful_(
          registry_.gauge("alloy_config_last_load_successful", "Config loaded successfully.")),
      success_time_(registry_.gauge("alloy_config_last_load_success_timestamp_seconds",
                                    "Timestamp of the last successful configuration load.")),
      failures_(
          registry_.counter("alloy_config_load_failures_total", "Configuration load failures.")) {}

void ConfigMetrics::tried(const std::string& sha256, bool is_success, WallTime now) {
  if (!hash_labels_.empty()) registry_.remove(hash_name, hash_labels_);
  hash_labels_ = {{"cluster_name", cluster_name_}, {"sha256", sha256}};
  registry_.gauge(hash_name, "Hash of the currently active config file.", hash_labels_).set(1);
  successful_.set(is_success ? 1 : 0);
  if (is_success)
    success_time_.set(std::chrono::duration<double>(now.time_since_epoch()).count());
  else
    failures_.add();
}

}  // namespace alloy::runtime
