// Remembers what relabelling made of each series, by slot: a steady stream of samples is relabelled
// by one array access a sample, however many series there are.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "signals/metric_batch.h"
#include "signals/relabel.h"
#include "signals/series.h"

namespace alloy {

// Not thread-safe; the owner has a lock around it (`mutex()` is there for that).
class RelabelCache {
 public:
  struct Counts {
    uint64_t hits = 0;
    uint64_t misses = 0;
    uint64_t deletes = 0;  // Entries given up because their series ended or their slot was reused.
  };

  // What a rule did to the series that came to it, since reset(). A series that was given up and
  // came again counts again.
  struct RuleCounts {
    uint64_t series_in = 0;
    uint64_t changed = 0;
    uint64_t dropped = 0;
  };

  explicit RelabelCache(SeriesStore& store);
  ~RelabelCache();
  RelabelCache(const RelabelCache&) = delete;
  RelabelCache& operator=(const RelabelCache&) = delete;

  // Gives up everything and goes on with other rules; labels in `extra` (sorted) are added to each
  // series that lacks them before the rules run (external labels).
  // Series that the rules leave without any label are dropped or not.
  enum class Unlabelled : unsigned char { dropped, kept };
  void reset(RelabelRulesPointer rules, LabelSet extra = {},
             Unlabelled unlabelled = Unlabelled::dropped);

  // The same for anything else that is done to the labels of a series; those that are left without
  // any are dropped.
  void reset_to(std::function<void(LabelBuilder&)> transform);

  // What the series is after relabelling; null if the rules drop it. Valid until the next
  // release_forgotten().
  const Series* find(const Series& series);
  // Gives up the entry of a series that ended; its result stays valid until release_forgotten().
  void forget(const Series& series);
  // Gives up the entries that no find() has asked for since the call before the last.
  void mark_unused();
  // Releases the results that were given up; nobody may use them any more.
  void release_forgotten();
  // The latter two at once, for users with only one thread.
  void sweep(bool and_unused) {
    if (and_unused) mark_unused();
    release_forgotten();
  }

  size_t size() const { return size_; }
  const Counts& counts() const { return counts_; }
  // Counts for each rule from the next reset() on.
  void count_rules() { counts_rules_ = true; }
  const std::vector<RuleCounts>& rule_counts() const { return rule_counts_; }
  std::mutex& mutex() { return mutex_; }

 private:
  struct Entry {
    uint64_t uid = 0;  // Of the series before relabelling; 0: the entry is empty.
    SeriesNumber result = no_series;
    uint32_t last_used = 0;  // The period.
  };
  bool apply_rules();
  const Series* compute(Entry& entry, const Series& series);
  void drop(Entry& entry);

  SeriesStore& store_;
  std::mutex mutex_;
  RelabelRulesPointer rules_;
  std::function<void(LabelBuilder&)> transform_;
  LabelSet extra_;
  Unlabelled unlabelled_ = Unlabelled::dropped;
  std::vector<Entry> entries_;  // By slot.
  std::vector<SeriesNumber> forgotten_;
  uint32_t period_ = 0;  // Counts the calls of mark_unused().
  size_t size_ = 0;
  Counts counts_;
  bool counts_rules_ = false;
  std::vector<RuleCounts> rule_counts_;
  std::vector<RelabelRules::Step> steps_;
  LabelBuilder builder_;
  std::vector<Label> labels_;
};

}  // namespace alloy
