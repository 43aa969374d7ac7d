// The cache by slots.
#include "signals/relabel_cache.h"

#include <algorithm>

namespace alloy {

RelabelCache::RelabelCache(SeriesStore& store) : store_(store) {}

RelabelCache::~RelabelCache() {
  reset(nullptr);
  release_forgotten();
}

void RelabelCache::reset(RelabelRulesPointer rules, LabelSet extra, Unlabelled unlabelled) {
  for (Entry& entry : entries_) {
    if (entry.uid != 0) drop(entry);
  }
  entries_ = {};
  rules_ = std::move(rules);
  transform_ = nullptr;
  extra_ = std::move(extra);
  unlabelled_ = unlabelled;
  rule_counts_.assign(rules_ && counts_rules_ ? rules_->rules().size() : 0, {});
}

void RelabelCache::reset_to(std::function<void(LabelBuilder&)> transform) {
  reset(nullptr);
  transform_ = std::move(transform);
}

void RelabelCache::drop(Entry& entry) {
  if (entry.result != no_series) forgotten_.push_back(entry.result);
  entry = {};
  --size_;
}

const Series* RelabelCache::find(const Series& series) {
  if (series.slot() < entries_.size()) [[likely]] {
    Entry& entry = entries_[series.slot()];
    if (entry.uid == series.uid()) [[likely]] {
      ++counts_.hits;
      if (entry.last_used != period_) entry.last_used = period_;
      return entry.result == no_series ? nullptr : &store_.at(entry.result);
    }
    if (entry.uid != 0) {
      drop(entry);
      ++counts_.deletes;
    }
  } else {
    entries_.resize(std::max<size_t>(series.slot() + 1, entries_.size() + entries_.size() / 4));
  }
  ++counts_.misses;
  return compute(entries_[series.slot()], series);
}

bool RelabelCache::apply_rules() {
  if (!counts_rules_) return rules_->apply(builder_);
  const bool kept = rules_->apply(builder_, steps_);
  for (const RelabelRules::Step& step : steps_) {
    RuleCounts& counts = rule_counts_[step.rule];
    ++counts.series_in;
    counts.changed += step.changed ? 1 : 0;
    counts.dropped += step.dropped ? 1 : 0;
  }
  return kept;
}

const Series* RelabelCache::compute(Entry& entry, const Series& series) {
  store_.labels_of(series, labels_);
  builder_.reset(labels_);
  builder_.erase_if([](const Label& label) { return label.value.empty(); });
  for (size_t i = 0; i < extra_.size(); ++i) {
    if (!builder_.has(extra_[i].name)) builder_.set(extra_[i].name, extra_[i].value);
  }
  entry = {.uid = series.uid(), .result = no_series, .last_used = period_};
  ++size_;
  if (rules_ && !apply_rules()) return nullptr;
  if (transform_) transform_(builder_);
  if (builder_.labels().empty() && unlabelled_ == Unlabelled::dropped) return nullptr;
  const Series* result = store_.intern(builder_.labels()).detach();
  entry.result = store_.number_of(*result);
  return result;
}

void RelabelCache::forget(const Series& series) {
  if (series.slot() >= entries_.size()) return;
  Entry& entry = entries_[series.slot()];
  if (entry.uid != series.uid()) return;
  drop(entry);
  ++counts_.deletes;
}

void RelabelCache::mark_unused() {
  ++period_;
  for (Entry& entry : entries_) {
    if (entry.uid == 0 || entry.last_used + 2 > period_) continue;
    drop(entry);
    ++counts_.deletes;
  }
}

void RelabelCache::release_forgotten() {
  for (const SeriesNumber number : forgotten_) store_.release(store_.at(number));
  forgotten_.clear();
}

}  // namespace alloy
