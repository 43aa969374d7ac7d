#include "values/evaluation_test.h"

#include <fmt/format.h>

#include "base/text.h"
#include "values/capsule.h"

namespace alloy {

std::string shown(const Value& value) {
  switch (value.type()) {
    case ValueType::null:
      return "null";
    case ValueType::boolean:
      return value.as_boolean() ? "true" : "false";
    case ValueType::number:
      return value.as_number().to_string();
    case ValueType::string:
      return quote(value.as_string());
    case ValueType::array: {
      std::string out;
      for (size_t i = 0; i < value.as_array()->size(); ++i) {
        out += (i > 0 ? ", " : "") + shown(value.as_array()->at(i));
      }
      return "[" + out + "]";
    }
    case ValueType::object: {
      std::string out;
      for (const auto& [key, member] : value.as_object()->members()) {
        out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", key, shown(member));
      }
      return "{" + out + "}";
    }
    case ValueType::function:
      return "function";
    case ValueType::capsule:
      break;
  }
  std::string display = value.as_capsule()->display();
  return display.empty() ? value.describe() : display;
}

std::string shown(const TestResult& result) {
  return result.error.empty() ? shown(result.value) : result.error;
}

}  // namespace alloy
