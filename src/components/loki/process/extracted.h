// The values that stages have extracted from a line, by name.
//
// The names that the stages of a pipeline mention are known when it is compiled, and numbered:
// their values are reached by an index. Other names turn up while it runs (the keys of a JSON
// object, ...) and are kept in a list.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "signals/scratch.h"

namespace alloy::loki::process {

// Texts belong to the line, to the batch's scratch memory, or to the pipeline.
class ExtractedValue {
 public:
  // `compound`: an array or object, which no stage can use.
  enum class Kind : uint8_t { absent, null, boolean, integer, number, text, compound };

  constexpr ExtractedValue() = default;
  static ExtractedValue null() { return ExtractedValue(Kind::null); }
  static ExtractedValue compound() { return ExtractedValue(Kind::compound); }
  static ExtractedValue boolean(bool value) {
    ExtractedValue made(Kind::boolean);
    made.boolean_ = value;
    return made;
  }
  static ExtractedValue integer(int64_t value) {
    ExtractedValue made(Kind::integer);
    made.integer_ = value;
    return made;
  }
  static ExtractedValue number(double value) {
    ExtractedValue made(Kind::number);
    made.number_ = value;
    return made;
  }
  static ExtractedValue text(std::string_view value) {
    ExtractedValue made(Kind::text);
    made.text_ = value.data();
    made.size_ = static_cast<uint32_t>(value.size());
    return made;
  }

  Kind kind() const { return kind_; }
  bool is_absent() const { return kind_ == Kind::absent; }
  bool is_text() const { return kind_ == Kind::text; }
  std::string_view raw_text() const { return {text_, size_}; }
  bool raw_boolean() const { return boolean_; }
  double raw_number() const {
    return kind_ == Kind::integer ? static_cast<double>(integer_) : number_;
  }

  // The value as text: numbers without exponent, "true", "false". None for null and compounds.
  std::optional<std::string_view> as_text(Scratch& scratch) const {
    if (kind_ == Kind::text) return raw_text();
    return other_as_text(scratch);
  }
  // The value as a number; texts are numbers or durations, which count in seconds.
  std::optional<double> as_number() const;

 private:
  explicit ExtractedValue(Kind kind) : kind_(kind) {}
  std::optional<std::string_view> other_as_text(Scratch& scratch) const;

  Kind kind_ = Kind::absent;
  uint32_t size_ = 0;
  union {
    const char* text_ = nullptr;
    double number_;
    int64_t integer_;
    bool boolean_;
  };
};

using NameId = uint32_t;

// The names that a pipeline mentions. Complete before the first line comes.
class NameTable {
 public:
  NameId add(std::string_view name);
  std::optional<NameId> find(std::string_view name) const {
    const auto found = ids_.find(name);
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
  }
  std::string_view name(NameId id) const { return *names_[id]; }
  size_t size() const { return names_.size(); }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, NameId, Hash, std::equal_to<>> ids_;
  std::vector<const std::string*> names_;
};

class Extracted {
 public:
  void clear(const NameTable& names) {
    if (names_ == &names) {
      for (const NameId id : used_) values_[id] = {};
    } else {
      names_ = &names;
      values_.assign(names.size(), {});
    }
    used_.clear();
    others_.clear();
  }

  // Absent ones are absent values.
  const ExtractedValue& operator[](NameId id) const { return values_[id]; }
  void set(NameId id, ExtractedValue value) {
    if (values_[id].is_absent()) used_.push_back(id);
    values_[id] = value;
  }
  // The names stay in `used_`, so that nothing needs to be searched.
  void erase(NameId id) { values_[id] = {}; }

  // By any name, which has to live as long as the line.
  const ExtractedValue* find(std::string_view name) const;
  void set(std::string_view name, ExtractedValue value);

  // Calls `each(name, value)` for all of them.
  template <class Each>
  void for_each(Each each) const {
    for (size_t i = 0; i < used_.size(); ++i) {
      const NameId id = used_[i];
      // One that was erased and set again is in the list twice.
      if (values_[id].is_absent() || is_repeated(i)) continue;
      each(names_->name(id), values_[id]);
    }
    for (const auto& [name, value] : others_) each(name, value);
  }

 private:
  bool is_repeated(size_t index) const {
    for (size_t i = 0; i < index; ++i) {
      if (used_[i] == used_[index]) return true;
    }
    return false;
  }

  const NameTable* names_ = nullptr;
  std::vector<ExtractedValue> values_;  // By NameId.
  std::vector<NameId> used_;
  std::vector<std::pair<std::string_view, ExtractedValue>> others_;
};

}  // namespace alloy::loki::process
