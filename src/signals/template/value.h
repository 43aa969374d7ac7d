// The values of Go's text/template: what a pipeline computes with.
//
// Types matter where Go's do: a function that wants an int refuses an int64, and `eq` refuses to
// compare a text with a number.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/duration.h"
#include "base/time_layout.h"
#include "signals/json/json_value.h"

namespace alloy::go_template {

class Value;

// What "." is at the beginning: names and texts, which are only copied when somebody wants all.
class Data {
 public:
  virtual ~Data() = default;
  virtual bool find(std::string_view name, std::string_view& text) const = 0;
  virtual std::map<std::string, Value> all() const = 0;
};

enum class IntegerType : uint8_t { int_, int64, uint32, int32 };

struct Integer {
  int64_t value = 0;
  IntegerType type = IntegerType::int_;
};

// A semantic version (semver.org).
struct Version {
  uint64_t major = 0;
  uint64_t minor = 0;
  uint64_t patch = 0;
  std::string prerelease;
  std::string metadata;
  std::string original;
};

using List = std::vector<Value>;
using Map = std::map<std::string, Value>;

struct ListValue {
  std::shared_ptr<List> elements;
  std::string_view type;  // "[]interface {}"
};
struct MapValue {
  std::shared_ptr<Map> members;
  std::string_view type;  // "map[string]interface {}"
};

enum class Kind : uint8_t {
  missing,  // No value at all: what a key that doesn't exist has.
  nil,
  boolean,
  integer,
  floating,
  text,
  list,
  map,
  data,
  time,
  duration,
  version,
};

class Value {
 public:
  struct Missing {};
  struct Nil {};

  Value() = default;
  Value(Nil) : content_(Nil()) {}
  static Value nil() { return Value(Nil()); }
  static Value boolean(bool value) { return Value(Content(value)); }
  static Value integer(int64_t value, IntegerType type = IntegerType::int_) {
    return Value(Content(Integer{value, type}));
  }
  static Value floating(double value) { return Value(Content(value)); }
  static Value text(std::string value) { return Value(Content(std::move(value))); }
  static Value list(List elements, std::string_view type = "[]interface {}") {
    return Value(Content(ListValue{std::make_shared<List>(std::move(elements)), type}));
  }
  static Value texts(const std::vector<std::string>& elements);
  static Value map(Map members, std::string_view type = "map[string]interface {}") {
    return Value(Content(MapValue{std::make_shared<Map>(std::move(members)), type}));
  }
  static Value data(const Data& data) { return Value(Content(&data)); }
  static Value time(ZonedTime value) { return Value(Content(std::move(value))); }
  static Value duration(Duration value) { return Value(Content(value)); }
  static Value version(Version value) { return Value(Content(std::move(value))); }
  static Value from_json(const JsonValue& value);

  Kind kind() const { return static_cast<Kind>(content_.index()); }
  bool is_missing() const { return kind() == Kind::missing; }
  bool is_nil() const { return kind() == Kind::nil || is_missing(); }
  bool is_text() const { return kind() == Kind::text; }
  bool is_integer() const { return kind() == Kind::integer; }
  bool is_list() const { return kind() == Kind::list; }
  // A map, or the data as one.
  bool is_map() const { return kind() == Kind::map || kind() == Kind::data; }

  // Only for a value of the kind.
  bool as_boolean() const { return std::get<bool>(content_); }
  const Integer& as_integer() const { return std::get<Integer>(content_); }
  double as_floating() const { return std::get<double>(content_); }
  const std::string& as_text() const { return std::get<std::string>(content_); }
  List& as_list() const { return *std::get<ListValue>(content_).elements; }
  Map& as_map() const { return *std::get<MapValue>(content_).members; }
  const Data& as_data() const { return *std::get<const Data*>(content_); }
  const ZonedTime& as_time() const { return std::get<ZonedTime>(content_); }
  Duration as_duration() const { return std::get<Duration>(content_); }
  const Version& as_version() const { return std::get<Version>(content_); }

  // A map with everything that the data has; the value itself otherwise.
  Value whole() const;
  // As reflect's Type.String() and Kind.String().
  std::string type_name() const;
  std::string kind_name() const;
  // Whether `if` takes it: not zero, not empty.
  bool is_true() const;

 private:
  using Content = std::variant<Missing, Nil, bool, Integer, double, std::string, ListValue,
                               MapValue, const Data*, ZonedTime, Duration, Version>;
  explicit Value(Content content) : content_(std::move(content)) {}

  Content content_;
};

// As %v of Go's fmt prints it.
void append_value(const Value& value, std::string& out);
std::string to_text(const Value& value);
bool deep_equal(const Value& left, const Value& right);
// As strconv's FormatFloat(value, 'g', -1, 64) with fmt's choice of exponents.
std::string float_text(double value);
// As encoding/json; the texts go to the scratch memory.
JsonValue to_json_value(const Value& value, Scratch& scratch);
std::string version_text(const Version& version);

}  // namespace alloy::go_template
