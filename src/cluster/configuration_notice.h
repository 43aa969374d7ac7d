// Nodes of one cluster should run the same configuration, or targets are scraped by nobody or by
// two. From time to time a node tells a few others what it runs; who sees that a difference lasts
// warns. Like announcements this is our own addition, sent beside the protocol.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace alloy::cluster {

struct ConfigurationNotice {
  std::string node;
  std::string hash;  // As alloy_config_hash shows it.
};

std::string encode(const ConfigurationNotice& notice);
Result<ConfigurationNotice> decode_configuration_notice(std::string_view body);

// Whether the nodes' configurations differ, and not just while a new one is rolled out.
class ConfigurationComparison {
 public:
  // Ours is this now.
  void set_own(std::string hash);
  const std::string& own() const { return own_; }
  // Whether to warn: there was a difference for some time, and nobody was warned of it lately.
  bool is_lasting_difference(const ConfigurationNotice& notice, SteadyTime now);

 private:
  std::string own_;
  std::optional<SteadyTime> differs_since_;
  SteadyTime last_different_ = {};
  std::optional<SteadyTime> warned_;
};

}  // namespace alloy::cluster
