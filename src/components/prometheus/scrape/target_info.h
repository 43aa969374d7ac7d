// A target as debug_info() shows it.
#pragma once

#include <map>
#include <string>

#include "components/prometheus/scrape/target_loop.h"
#include "schema/fields.h"

namespace alloy::prometheus::scrape {

struct TargetInfo {
  std::string job;
  std::string url;
  std::string health;
  std::map<std::string, std::string> labels;
  std::string last_error;
  std::string last_scrape;
  std::string last_scrape_duration;

  static constexpr auto schema() {
    using T = TargetInfo;
    return fields(
        required<&T::job>("job", "The job of the target."),
        required<&T::url>("url", "Where it is scraped."),
        required<&T::health>("health", "up, down or unknown."),
        required<&T::labels>("labels", "The labels of its series."),
        optional<&T::last_error>("last_error", "Why the last scrape failed."),
        required<&T::last_scrape>("last_scrape", "When it was last scraped."),
        optional<&T::last_scrape_duration>("last_scrape_duration", "How long that took."));
  }
};

TargetInfo make_target_info(const TargetStatus& status, std::string job);

}  // namespace alloy::prometheus::scrape
