// Printing, comparing and converting values.
#include "signals/template/value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/text.h"

namespace alloy::go_template {
namespace {

std::string_view integer_type_name(IntegerType type) {
  constexpr std::string_view names[] = {"int", "int64", "uint32", "int32"};
  return names[static_cast<size_t>(type)];
}

}  // namespace

Value Value::texts(const std::vector<std::string>& elements) {
  List list;
  for (const std::string& element : elements) list.push_back(text(element));
  return Value::list(std::move(list), "[]string");
}

Value Value::from_json(const JsonValue& value) {
  switch (value.kind()) {
    case JsonKind::null:
      return nil();
    case JsonKind::boolean:
      return boolean(value.as_boolean());
    case JsonKind::number:
      return floating(value.as_number());
    case JsonKind::text:
      return text(std::string(value.as_text()));
    case JsonKind::array: {
      List elements;
      for (const JsonValue& element : value.as_array()) elements.push_back(from_json(element));
      return list(std::move(elements));
    }
    case JsonKind::object:
      break;
  }
  Map members;
  for (const JsonMember& member : value.as_object()) {
    members[std::string(member.name)] = from_json(member.value);
  }
  return map(std::move(members));
}

Value Value::whole() const { return kind() == Kind::data ? map(as_data().all()) : *this; }

std::string Value::type_name() const {
  switch (kind()) {
    case Kind::missing:
    case Kind::nil:
      return "<nil>";
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return std::string(integer_type_name(as_integer().type));
    case Kind::floating:
      return "float64";
    case Kind::text:
      return "string";
    case Kind::list:
      return std::string(std::get<ListValue>(content_).type);
    case Kind::map:
      return std::string(std::get<MapValue>(content_).type);
    case Kind::data:
      return "map[string]interface {}";
    case Kind::time:
      return "time.Time";
    case Kind::duration:
      return "time.Duration";
    case Kind::version:
      return "*semver.Version";
  }
  return {};
}

std::string Value::kind_name() const {
  switch (kind()) {
    case Kind::missing:
    case Kind::nil:
      return "invalid";
    case Kind::list:
      return "slice";
    case Kind::map:
    case Kind::data:
      return "map";
    case Kind::time:
      return "struct";
    case Kind::duration:
      return "int64";
    case Kind::version:
      return "ptr";
    default:
      return type_name();
  }
}

bool Value::is_true() const {
  switch (kind()) {
    case Kind::missing:
    case Kind::nil:
      return false;
    case Kind::boolean:
      return as_boolean();
    case Kind::integer:
      return as_integer().value != 0;
    case Kind::floating:
      return as_floating() != 0;
    case Kind::text:
      return !as_text().empty();
    case Kind::list:
      return !as_list().empty();
    case Kind::map:
      return !as_map().empty();
    case Kind::duration:
      return as_duration() != Duration::zero();
    default:
      return true;
  }
}

// The shortest decimal as fmt's %v spells it: 100000, but 1e+06.
std::string float_text(double value) {
  constexpr int exponent_min = -4;
  constexpr int exponent_max = 6;
  char buffer[32];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  const std::string_view scientific(buffer, end);
  const size_t at = scientific.find('e');
  if (at == std::string_view::npos) return format_double(value);  // No number, or infinite.
  const int exponent = std::atoi(std::string(scientific.substr(at + 1)).c_str());
  if (exponent < exponent_min || exponent >= exponent_max) return std::string(scientific);
  return format_double(value);
}

std::string version_text(const Version& version) {
  std::string text = std::to_string(version.major) + "." + std::to_string(version.minor) + "." +
                     std::to_string(version.patch);
  if (!version.prerelease.empty()) text += "-" + version.prerelease;
  if (!version.metadata.empty()) text += "+" + version.metadata;
  return text;
}

void append_value(const Value& value, std::string& out) {
  switch (value.kind()) {
    case Kind::missing:
      out += "<no value>";
      return;
    case Kind::nil:
      out += "<nil>";
      return;
    case Kind::boolean:
      out += value.as_boolean() ? "true" : "false";
      return;
    case Kind::integer:
      out += std::to_string(value.as_integer().value);
      return;
    case Kind::floating:
      out += float_text(value.as_floating());
      return;
    case Kind::text:
      out += value.as_text();
      return;
    case Kind::list: {
      out += '[';
      for (size_t i = 0; i < value.as_list().size(); ++i) {
        if (i > 0) out += ' ';
        append_value(value.as_list()[i], out);
      }
      out += ']';
      return;
    }
    case Kind::data:
      append_value(value.whole(), out);
      return;
    case Kind::map: {
      out += "map[";
      bool is_first = true;
      for (const auto& [name, member] : value.as_map()) {
        if (!is_first) out += ' ';
        is_first = false;
        out += name;
        out += ':';
        append_value(member, out);
      }
      out += ']';
      return;
    }
    case Kind::time: {
      static const TimeLayout layout("2006-01-02 15:04:05.999999999 -0700 MST");
      layout.format(value.as_time(), out);
      return;
    }
    case Kind::duration:
      out += format_duration(value.as_duration());
      return;
    case Kind::version:
      out += version_text(value.as_version());
      return;
  }
}

std::string to_text(const Value& value) {
  std::string out;
  append_value(value, out);
  return out;
}

bool deep_equal(const Value& given_left, const Value& given_right) {
  const Value left = given_left.whole();
  const Value right = given_right.whole();
  if (left.is_nil() || right.is_nil()) return left.is_nil() && right.is_nil();
  if (left.kind() != right.kind() || left.type_name() != right.type_name()) return false;
  switch (left.kind()) {
    case Kind::boolean:
      return left.as_boolean() == right.as_boolean();
    case Kind::integer:
      return left.as_integer().value == right.as_integer().value;
    case Kind::floating:
      return left.as_floating() == right.as_floating();
    case Kind::text:
      return left.as_text() == right.as_text();
    case Kind::list:
      return std::ranges::equal(left.as_list(), right.as_list(), deep_equal);
    case Kind::map:
      return std::ranges::equal(left.as_map(), right.as_map(), [](const auto& l, const auto& r) {
        return l.first == r.first && deep_equal(l.second, r.second);
      });
    case Kind::time:
      return left.as_time().seconds == right.as_time().seconds &&
             left.as_time().nanoseconds == right.as_time().nanoseconds;
    case Kind::duration:
      return left.as_duration() == right.as_duration();
    default:
      return to_text(left) == to_text(right);
  }
}

JsonValue to_json_value(const Value& value, Scratch& scratch) {
  switch (value.kind()) {
    case Kind::missing:
    case Kind::nil:
      return {};
    case Kind::boolean:
      return JsonValue::boolean(value.as_boolean());
    case Kind::integer:
      return JsonValue::number(static_cast<double>(value.as_integer().value));
    case Kind::floating:
      return JsonValue::number(value.as_floating());
    case Kind::list: {
      std::vector<JsonValue> elements;
      for (const Value& element : value.as_list()) {
        elements.push_back(to_json_value(element, scratch));
      }
      return JsonValue::array(scratch.keep(std::span<const JsonValue>(elements)));
    }
    case Kind::data:
      return to_json_value(value.whole(), scratch);
    case Kind::map: {
      std::vector<JsonMember> members;
      for (const auto& [name, member] : value.as_map()) {
        members.push_back({scratch.keep(name), to_json_value(member, scratch)});
      }
      return JsonValue::object(scratch.keep(std::span<const JsonMember>(members)));
    }
    case Kind::duration:
      return JsonValue::number(static_cast<double>(value.as_duration().count()));
    case Kind::time: {
      static const TimeLayout layout(named_time_layout("RFC3339Nano"));
      return JsonValue::text(scratch.keep(layout.format(value.as_time())));
    }
    default:
      return JsonValue::text(scratch.keep(to_text(value)));
  }
}

}  // namespace alloy::go_template
