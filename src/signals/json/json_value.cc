// Comparing, searching and writing JSON values.
#include "signals/json/json_value.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "signals/number_text.h"

namespace alloy {

const JsonValue* JsonValue::find(std::string_view name) const {
  if (!is_object()) return nullptr;
  const auto members = as_object();
  const auto found = std::ranges::find(members, name, &JsonMember::name);
  return found == members.end() ? nullptr : &found->value;
}

bool operator==(const JsonValue& left, const JsonValue& right) {
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case JsonKind::null:
      return true;
    case JsonKind::boolean:
      return left.as_boolean() == right.as_boolean();
    case JsonKind::number:
      return left.as_number() == right.as_number();
    case JsonKind::text:
      return left.as_text() == right.as_text();
    case JsonKind::array:
      return std::ranges::equal(left.as_array(), right.as_array());
    case JsonKind::object:
      break;
  }
  if (left.as_object().size() != right.as_object().size()) return false;
  return std::ranges::all_of(left.as_object(), [&](const JsonMember& member) {
    const JsonValue* other = right.find(member.name);
    return other != nullptr && *other == member.value;
  });
}

void append_json_text(std::string_view text, std::string& out, bool escapes_html) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += '"';
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text.front());
    if (c >= 0x80) {
      const std::string_view before = text;
      const char32_t code = next_code_point(text);
      const std::string_view bytes = before.substr(0, before.size() - text.size());
      if (code == 0xfffd && bytes.size() == 1)
        out += "\\ufffd";
      else if (code == 0x2028)
        out += "\\u2028";
      else if (code == 0x2029)
        out += "\\u2029";
      else
        out += bytes;
      continue;
    }
    text.remove_prefix(1);
    switch (c) {
      case '"':
        out += "\\\"";
        continue;
      case '\\':
        out += "\\\\";
        continue;
      case '\b':
        out += "\\b";
        continue;
      case '\f':
        out += "\\f";
        continue;
      case '\n':
        out += "\\n";
        continue;
      case '\r':
        out += "\\r";
        continue;
      case '\t':
        out += "\\t";
        continue;
      default:
        break;
    }
    if (c >= 0x20 && !(escapes_html && (c == '<' || c == '>' || c == '&'))) {
      out += static_cast<char>(c);
    } else {
      out += "\\u00";
      out += digits[c >> 4];
      out += digits[c & 15];
    }
  }
  out += '"';
}

namespace {

void append_indented(const JsonValue& value, std::string& out, const JsonWriteOptions& options,
                     int depth) {
  const auto new_line = [&](int level) {
    if (options.indent.empty()) return;
    out += '\n';
    for (int i = 0; i < level; ++i) out += options.indent;
  };
  switch (value.kind()) {
    case JsonKind::null:
      out += "null";
      return;
    case JsonKind::boolean:
      out += value.as_boolean() ? "true" : "false";
      return;
    case JsonKind::number:
      append_json_number(value.as_number(), out);
      return;
    case JsonKind::text:
      append_json_text(value.as_text(), out, options.escapes_html);
      return;
    case JsonKind::array: {
      out += '[';
      for (size_t i = 0; i < value.as_array().size(); ++i) {
        if (i > 0) out += ',';
        new_line(depth + 1);
        append_indented(value.as_array()[i], out, options, depth + 1);
      }
      if (!value.as_array().empty()) new_line(depth);
      out += ']';
      return;
    }
    case JsonKind::object:
      break;
  }
  std::vector<JsonMember> members(value.as_object().begin(), value.as_object().end());
  std::ranges::sort(members, {}, &JsonMember::name);
  out += '{';
  for (size_t i = 0; i < members.size(); ++i) {
    if (i > 0) out += ',';
    new_line(depth + 1);
    append_json_text(members[i].name, out, options.escapes_html);
    out += options.indent.empty() ? ":" : ": ";
    append_indented(members[i].value, out, options, depth + 1);
  }
  if (!members.empty()) new_line(depth);
  out += '}';
}

}  // namespace

void append_json(const JsonValue& value, std::string& out, const JsonWriteOptions& options) {
  append_indented(value, out, options, 0);
}

std::string to_json(const JsonValue& value, const JsonWriteOptions& options) {
  std::string out;
  append_json(value, out, options);
  return out;
}

}  // namespace alloy
