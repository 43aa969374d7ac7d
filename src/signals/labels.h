// Label sets as text: borrowed, immutable and shared, or under construction.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace alloy {

// A label whose text belongs to somebody else.
struct Label {
  std::string_view name;
  std::string_view value;

  friend bool operator==(const Label&, const Label&) = default;
};

inline constexpr std::string_view metric_name_label = "__name__";

// An immutable label set, sorted by name, without empty values' special meaning: what was put in
// stays. One allocation, shared by copies.
class LabelSet {
 public:
  LabelSet() = default;
  // Sorts; of several labels with one name the last one stays.
  explicit LabelSet(std::vector<Label> labels);
  // From labels that are sorted by name without repetition.
  static LabelSet from_sorted(std::span<const Label> labels);

  size_t size() const { return data_ ? reinterpret_cast<const Header*>(data_.get())->count : 0; }
  bool empty() const { return size() == 0; }
  Label operator[](size_t index) const;
  // The value; empty if there is no such label.
  std::string_view get(std::string_view name) const;
  // The place of the label; size() if there is none.
  size_t find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name) != size(); }
  std::vector<Label> labels() const;

  // XXH64 (seed 0) over name 0xff value 0xff of each label: what the cluster distributes targets
  // by.
  uint64_t hash() const;
  // {a="1", b="2"} with the names sorted, as diagnostics and debug output print label sets.
  std::string describe() const;

  friend bool operator==(const LabelSet& left, const LabelSet& right);

 private:
  // In one allocation: the header, the ends of names and values in the text, the text.
  struct Header {
    uint32_t count;
  };
  struct Ends {
    uint32_t name;
    uint32_t value;
  };
  const Ends* ends() const { return reinterpret_cast<const Ends*>(data_.get() + sizeof(Header)); }
  const char* text() const { return reinterpret_cast<const char*>(ends() + size()); }

  std::shared_ptr<const std::byte[]> data_;
};

// {a="1", b="2"}; the labels in the given order.
std::string describe(std::span<const Label> labels);

// A label set under construction: sorted by name, small, and free of allocations in a loop that
// reuses it. Text given to it must outlive the use unless it went through keep().
class LabelBuilder {
 public:
  LabelBuilder() = default;
  LabelBuilder(const LabelBuilder&) = delete;
  LabelBuilder& operator=(const LabelBuilder&) = delete;

  // Starts over. Labels that are not sorted are sorted; repeated names keep the last value.
  void reset(std::span<const Label> labels = {});

  std::span<const Label> labels() const { return labels_; }
  // The value; empty if there is no such label.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  // Adds or replaces the label; an empty value removes it.
  void set(std::string_view name, std::string_view value);
  // Adds or replaces the label, also with an empty value.
  void put(std::string_view name, std::string_view value);
  void erase(std::string_view name);
  template <class Predicate>
  void erase_if(Predicate predicate) {
    std::erase_if(labels_, predicate);
  }
  // Copies text into memory that lives until the next reset().
  std::string_view keep(std::string_view text);

  LabelSet build() const { return LabelSet::from_sorted(labels_); }

 private:
  std::vector<Label>::iterator lower_bound(std::string_view name);

  std::vector<Label> labels_;
  std::vector<std::unique_ptr<char[]>> blocks_;  // All but the last are full.
  size_t block_used_ = 0;
  size_t block_size_ = 0;
};

}  // namespace alloy
