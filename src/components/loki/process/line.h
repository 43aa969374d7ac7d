// A line on its way through the stages of a pipeline.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "components/loki/process/extracted.h"
#include "signals/log_batch.h"

namespace alloy::loki::process {

// The labels of a line: those of its stream until a stage changes them.
class LineLabels {
 public:
  // `labels` are those of `base`, and stay valid with the line.
  void reset(const Series* base, std::span<const Label> labels) {
    base_ = base;
    original_ = labels;
    is_changed_ = false;
  }
  // Labels without a stream, which are copied.
  void assign(std::span<const Label> labels) {
    base_ = nullptr;
    changed_.assign(labels.begin(), labels.end());
    is_changed_ = true;
  }

  // Sorted by name.
  std::span<const Label> get() const {
    return is_changed_ ? std::span<const Label>(changed_) : original_;
  }
  // Null unless the labels are still those.
  const Series* base() const { return is_changed_ ? nullptr : base_; }
  const Label* find(std::string_view name) const;
  // Empty if there is no such label.
  std::string_view value(std::string_view name) const {
    const Label* label = find(name);
    return label == nullptr ? std::string_view() : label->value;
  }
  // Both texts have to live as long as the line.
  void set(std::string_view name, std::string_view value);
  void erase(std::string_view name);
  template <class Predicate>
  void erase_if(Predicate predicate) {
    make_own();
    std::erase_if(changed_, predicate);
  }
  uint64_t hash() const;

 private:
  void make_own() {
    if (is_changed_) return;
    changed_.assign(original_.begin(), original_.end());
    is_changed_ = true;
  }

  const Series* base_ = nullptr;
  std::span<const Label> original_;
  std::vector<Label> changed_;
  bool is_changed_ = false;
};

struct Line {
  LineLabels labels;
  int64_t timestamp_ns = 0;
  std::string_view text;
  std::span<const Label> metadata;
  std::span<const Label> parsed;
  Extracted extracted;

  // Adds or replaces one; the texts have to live as long as the line.
  void set_metadata(Label label, Scratch& scratch);
  // A copy of everything; the texts stay where they are.
  void copy_from(const Line& other, const NameTable& names);
  // All labels become extracted values as well.
  void extract_labels();
};

// Label sets to their series, remembered: interning takes a lock and more.
class SeriesCache {
 public:
  explicit SeriesCache(SeriesStore& store) : store_(store) {}
  ~SeriesCache() { clear(); }
  SeriesCache(const SeriesCache&) = delete;
  SeriesCache& operator=(const SeriesCache&) = delete;

  // Valid until the next trim(). Labels that are sorted by name.
  const Series* find(std::span<const Label> labels, uint64_t hash);
  // The labels of a series as text; valid until the next trim().
  std::span<const Label> labels_of(const Series& series);
  // Between batches: forgets everything once it has become too much.
  void trim();
  SeriesStore& store() { return store_; }

 private:
  struct Entry {
    const Series* series = nullptr;  // Null: the place is free.
    uint64_t hash = 0;
    std::vector<Label> labels;  // The texts are the store's.
  };
  void clear();
  void grow();

  SeriesStore& store_;
  std::vector<Entry> places_;  // By the hash, with linear probing; at most half of them full.
  size_t used_ = 0;
  // The streams that came in; the last one is asked for again and again.
  std::unordered_map<const Series*, std::vector<Label>> streams_;
  const Series* last_ = nullptr;
  std::span<const Label> last_labels_;
};

uint64_t hash_of(std::span<const Label> labels);

}  // namespace alloy::loki::process
