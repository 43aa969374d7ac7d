#include "values/stdlib/json_encode.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "values/secret.h"

namespace alloy::stdlib {
namespace {

Result<> append(std::string& out, const Value& value);

void append_string(std::string& out, std::string_view text) {
  std::string quoted;
  append_json_string(quoted, text);
  for (size_t i = 0; i < quoted.size(); ++i) {
    std::string_view rest = std::string_view(quoted).substr(i);
    if (rest.front() == '<') {
      out += "\\u003c";
    } else if (rest.front() == '>') {
      out += "\\u003e";
    } else if (rest.front() == '&') {
      out += "\\u0026";
    } else if (rest.starts_with("\\\\")) {
      out += "\\\\";
      ++i;
    } else if (rest.starts_with("\\u0008")) {
      out += "\\b";
      i += 5;
    } else if (rest.starts_with("\\u000c")) {
      out += "\\f";
      i += 5;
    } else {
      out += rest.front();
    }
  }
}

Result<> append_number(std::string& out, Number number) {
  if (number.kind() != NumberKind::floating) {
    out += number.to_string();
    return {};
  }
  double value = number.as_floating();
  if (!std::isfinite(value)) {
    return fail("json: unsupported value: " + format_decimal(value), ErrorKind::invalid);
  }
  out += format_json_number(value);
  return {};
}

Result<> append_array(std::string& out, const Array& array) {
  out += '[';
  for (size_t i = 0; i < array.size(); ++i) {
    if (i > 0) out += ',';
    TRY(append(out, array.at(i)));
  }
  out += ']';
  return {};
}

Result<> append_object(std::string& out, const Object& object) {
  std::vector<const Object::Member*> members;
  for (const Object::Member& member : object.members()) members.push_back(&member);
  std::ranges::sort(members, {},
                    [](const Object::Member* member) -> const std::string& { return member->key; });
  out += '{';
  for (size_t i = 0; i < members.size(); ++i) {
    if (i > 0) out += ',';
    append_string(out, members[i]->key);
    out += ':';
    TRY(append(out, members[i]->value));
  }
  out += '}';
  return {};
}

Result<> append(std::string& out, const Value& value) {
  switch (value.type()) {
    case ValueType::null:
      out += "null";
      return {};
    case ValueType::boolean:
      out += value.as_boolean() ? "true" : "false";
      return {};
    case ValueType::number:
      return append_number(out, value.as_number());
    case ValueType::string:
      append_string(out, value.as_string());
      return {};
    case ValueType::array:
      return append_array(out, *value.as_array());
    case ValueType::object:
      return append_object(out, *value.as_object());
    case ValueType::function:
      return fail("json: unsupported type: value.RawFunction", ErrorKind::invalid);
    case ValueType::capsule:
      break;
  }
  if (ObjectPointer object = value.to_object()) return append_object(out, *object);
  if (const SecretText* secret = value.secret()) {
    append_string(out, secret->text());
    return {};
  }
  return fail(fmt::format("json: unsupported type: {}", value.as_capsule()->type_name()),
              ErrorKind::invalid);
}

}  // namespace

Result<std::string> encode_json(const Value& value) {
  std::string out;
  TRY(append(out, value));
  return out;
}

}  // namespace alloy::stdlib
