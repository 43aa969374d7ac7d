// The names of foreach children, which appear in ids, metrics and folders, and so have to be the
// real program's: hashes are over the texts that Go's fmt prints with %#v.
#include "base/sha256.h"
#include "base/text.h"
#include "runtime/foreach_node.h"

namespace alloy::runtime {
namespace {

// A number in the style of %g with the shortest digits.
std::string go_floating(double value) {
  std::string text = fmt::format("{:e}", value);
  const size_t exponent_at = text.find('e');
  if (exponent_at == std::string::npos) return text;
  // The shortest digits that read back as the same number.
  for (int digits = 1; digits <= 17; ++digits) {
    text = fmt::format("{:.{}e}", value, digits - 1);
    if (std::strtod(text.c_str(), nullptr) == value) break;
  }
  const int exponent = std::atoi(text.c_str() + text.find('e') + 1);
  if (exponent < -4 || exponent >= 21) return text;
  const bool has_many_digits = exponent >= 6;
  return has_many_digits ? text : format_double(value);
}

void append_go(std::string& out, const Value& value, bool is_inside) {
  switch (value.type()) {
    case ValueType::null:
      out += is_inside ? "interface {}(nil)" : "<nil>";
      return;
    case ValueType::boolean:
      out += value.as_boolean() ? "true" : "false";
      return;
    case ValueType::number: {
      const Number number = value.as_number();
      if (number.kind() == NumberKind::integer)
        out += number.to_string();
      else if (number.kind() == NumberKind::unsigned_integer)
        out += fmt::format("{:#x}", number.as_unsigned());
      else
        out += go_floating(number.as_floating());
      return;
    }
    case ValueType::string:
      append_quoted(out, value.as_string());
      return;
    case ValueType::array: {
      out += "[]interface {}{";
      const auto& array = *value.as_array();
      for (size_t i = 0; i < array.size(); ++i) {
        if (i > 0) out += ", ";
        append_go(out, array.at(i), true);
      }
      out += '}';
      return;
    }
    default:
      break;
  }
  const ObjectPointer object = value.to_object();
  if (object == nullptr) {
    out += value.describe();
    return;
  }
  out += "map[string]interface {}{";
  std::vector<const Object::Member*> members;
  for (const auto& member : object->members()) members.push_back(&member);
  std::ranges::sort(members, {}, &Object::Member::key);
  for (const auto* member : members) {
    if (member != members.front()) out += ", ";
    append_quoted(out, member->key);
    out += ':';
    append_go(out, member->value, true);
  }
  out += '}';
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

std::string item_fingerprint(const Value& item, bool hash_strings) {
  if (item.is_string()) {
    if (hash_strings) return sha256_hex(item.as_string());
    std::string name;
    std::string_view rest = item.as_string();
    while (!rest.empty()) {
      const char c = rest.front();
      next_code_point(rest);
      name += is_letter_or_digit(c) ? c : '_';
    }
    return name;
  }
  if (item.is_boolean()) return item.as_boolean() ? "true" : "false";
  if (item.is_number()) {
    const Number number = item.as_number();
    if (number.kind() == NumberKind::integer) return number.to_string();
    if (number.kind() == NumberKind::floating) {
      std::string name = fmt::format("{:f}", number.as_floating());
      std::ranges::replace(name, '.', '_');
      return name;
    }
  }
  std::string text;
  append_go(text, item, false);
  return sha256_hex(text);
}

}  // namespace alloy::runtime
