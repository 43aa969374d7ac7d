// What can't be converted is zero.
#include "signals/template/convert.h"

#include <cmath>

#include "signals/number_text.h"

namespace alloy::go_template {

int64_t to_integer(const Value& value) {
  switch (value.kind()) {
    case Kind::boolean:
      return value.as_boolean() ? 1 : 0;
    case Kind::integer:
      return value.as_integer().value;
    case Kind::floating:
      return static_cast<int64_t>(value.as_floating());
    case Kind::duration:
      return value.as_duration().count();
    case Kind::text:
      break;
    default:
      return 0;
  }
  // Decimals don't count.
  std::string_view text = value.as_text();
  const size_t point = text.find('.');
  if (point != std::string_view::npos) {
    const std::string_view decimals = text.substr(point + 1);
    if (decimals.find_first_not_of("0123456789") != std::string_view::npos) return 0;
    text = text.substr(0, point);
    if (text.empty() || text == "-" || text == "+") return 0;
  }
  return parse_integer(text, 0).value_or(0);
}

double to_floating(const Value& value) {
  switch (value.kind()) {
    case Kind::floating:
      return value.as_floating();
    case Kind::text:
      return parse_double(value.as_text()).value_or(0);
    default:
      return static_cast<double>(to_integer(value));
  }
}

std::vector<std::string> to_texts(const Value& value) {
  std::vector<std::string> texts;
  if (value.is_list()) {
    for (const Value& element : value.as_list()) {
      if (!element.is_nil()) texts.push_back(to_text(element));
    }
  } else if (!value.is_nil()) {
    texts.push_back(to_text(value));
  }
  return texts;
}

bool is_empty(const Value& value) { return !value.whole().is_true(); }

}  // namespace alloy::go_template
