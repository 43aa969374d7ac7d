// JSON as values in scratch memory: small, trivially copied, never freed one by one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "signals/scratch.h"

namespace alloy {

enum class JsonKind : uint8_t { null, boolean, number, text, array, object };

struct JsonMember;

class JsonValue {
 public:
  constexpr JsonValue() = default;
  static JsonValue boolean(bool value) {
    JsonValue made(JsonKind::boolean, 0);
    made.boolean_ = value;
    return made;
  }
  static JsonValue number(double value) {
    JsonValue made(JsonKind::number, 0);
    made.number_ = value;
    return made;
  }
  static JsonValue text(std::string_view value) {
    JsonValue made(JsonKind::text, value.size());
    made.text_ = value.data();
    return made;
  }
  static JsonValue array(std::span<const JsonValue> elements) {
    JsonValue made(JsonKind::array, elements.size());
    made.elements_ = elements.data();
    return made;
  }
  static JsonValue object(std::span<const JsonMember> members);

  JsonKind kind() const { return kind_; }
  bool is_null() const { return kind_ == JsonKind::null; }
  bool is_text() const { return kind_ == JsonKind::text; }
  bool is_number() const { return kind_ == JsonKind::number; }
  bool is_array() const { return kind_ == JsonKind::array; }
  bool is_object() const { return kind_ == JsonKind::object; }

  // Only for a value of the kind.
  bool as_boolean() const { return boolean_; }
  double as_number() const { return number_; }
  std::string_view as_text() const { return {text_, size_}; }
  std::span<const JsonValue> as_array() const { return {elements_, size_}; }
  std::span<const JsonMember> as_object() const;

  // The member of an object; null if there is none, or if it is no object.
  const JsonValue* find(std::string_view name) const;

  friend bool operator==(const JsonValue& left, const JsonValue& right);

 private:
  JsonValue(JsonKind kind, size_t size) : kind_(kind), size_(static_cast<uint32_t>(size)) {}

  JsonKind kind_ = JsonKind::null;
  uint32_t size_ = 0;
  union {
    bool boolean_;
    double number_;
    const char* text_;
    const JsonValue* elements_;
    const JsonMember* members_ = nullptr;
  };
};

// Members are in the order of the text, each name once: of repeated ones the last.
struct JsonMember {
  std::string_view name;
  JsonValue value;
};

inline JsonValue JsonValue::object(std::span<const JsonMember> members) {
  JsonValue made(JsonKind::object, members.size());
  made.members_ = members.data();
  return made;
}
inline std::span<const JsonMember> JsonValue::as_object() const { return {members_, size_}; }

struct JsonWriteOptions {
  bool escapes_html = true;  // < > & as \u003c and so on.
  // Without indent everything is in one line.
  std::string_view indent = {};
};

// Compact, with the names of objects sorted, as Go's encoding/json writes.
void append_json(const JsonValue& value, std::string& out, const JsonWriteOptions& options = {});
std::string to_json(const JsonValue& value, const JsonWriteOptions& options = {});
void append_json_text(std::string_view text, std::string& out, bool escapes_html = true);

}  // namespace alloy
