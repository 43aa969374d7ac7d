// One thing to scrape: what the labels of a discovered target and the arguments make of it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/duration.h"
#include "base/error.h"
#include "services/cluster.h"
#include "signals/relabel.h"
#include "signals/targets.h"

namespace alloy::prometheus::scrape {

// What the arguments say where the labels of a target say nothing.
struct TargetDefaults {
  std::string job;
  Duration interval{};
  Duration timeout{};
  std::string metrics_path;
  std::string scheme;
  std::map<std::string, std::vector<std::string>> params;
  RelabelRulesPointer relabel_rules = nullptr;  // Of the targets; null: none.
};

struct ScrapeTarget {
  LabelSet labels;         // All of them, internal ones included.
  LabelSet public_labels;  // Those that its series get.
  std::string url;
  std::string address;
  Duration interval{};
  Duration timeout{};
  ClusterTerm term;         // When it is ours to scrape.
  bool is_dropped = false;  // By the rules; then it has nothing else.

  // The same for two targets that are scraped in the same way for the same labels.
  uint64_t key() const;
  // Whether the last scrape of our term would begin so late now that the first one of the next
  // owner is nearer than the moment it was due at.
  bool is_missed(WallTime now, Duration late) const {
    return now >= term.until && late > interval / 2;
  }
};

// Errors are those for which the target is dropped.
Result<ScrapeTarget> make_scrape_target(const Target& target, const TargetDefaults& defaults);

}  // namespace alloy::prometheus::scrape
