// Texts are sequences of code points where it matters.
#include "signals/jmespath/text_functions.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "signals/go_strings.h"
#include "signals/number_text.h"

namespace alloy::jmespath::text {
namespace {

constexpr size_t padded_max = size_t{1} << 20;

std::string_view text_of(Arguments in, size_t index) { return in[index].value.as_text(); }

// An argument that has to be a whole number, not negative if it counts something.
bool whole_number(Arguments in, size_t index, std::string_view function, std::string_view name,
                  bool may_be_negative, Evaluator& evaluator, int64_t& out) {
  const double number = in[index].value.as_number();
  if (std::floor(number) != number || (number < 0 && !may_be_negative)) {
    return evaluator.fail(
        "invalid value, the function '" + std::string(function) + "' expects its '" +
        std::string(name) + "' argument to be " +
        (may_be_negative ? "an integer." : "a an integer value greater than or equal to zero."));
  }
  out = static_cast<int64_t>(std::clamp(number, -1e15, 1e15));
  return true;
}

bool find(Arguments in, std::string_view function, bool is_last, Evaluator& evaluator,
          JsonValue& out) {
  const std::string_view subject = text_of(in, 0);
  const std::string_view wanted = text_of(in, 1);
  if (subject.empty() || wanted.empty()) return true;
  const auto size = static_cast<int64_t>(subject.size());
  int64_t start = 0;
  int64_t end = size;
  if (in.size() > 2 && !whole_number(in, 2, function, "start", true, evaluator, start)) {
    return false;
  }
  if (in.size() > 3 && !whole_number(in, 3, function, "end", true, evaluator, end)) return false;
  start = std::clamp<int64_t>(start, 0, size);
  end = std::clamp<int64_t>(end, 0, size);
  if (end < start) return true;
  const std::string_view range =
      subject.substr(static_cast<size_t>(start), static_cast<size_t>(end - start));
  const size_t found = is_last ? range.rfind(wanted) : range.find(wanted);
  if (found == std::string_view::npos) return true;
  out = JsonValue::number(static_cast<double>(start) + static_cast<double>(found));
  return true;
}

bool pad(Arguments in, std::string_view function, bool is_left, Evaluator& evaluator,
         JsonValue& out) {
  int64_t width = 0;
  if (!whole_number(in, 1, function, "width", false, evaluator, width)) return false;
  std::string_view filler = " ";
  if (in.size() > 2) {
    filler = text_of(in, 2);
    if (filler.size() > 1) {
      return evaluator.fail("invalid value, the function '" + std::string(function) +
                            "' expects its 'pad' argument to be a string of length 1");
    }
  }
  const std::string_view subject = text_of(in, 0);
  const size_t missing =
      static_cast<size_t>(std::max<int64_t>(0, width - static_cast<int64_t>(subject.size())));
  if (missing > padded_max) return evaluator.fail("the padding is too wide");
  const std::string padding = filler.empty() ? std::string() : std::string(missing, filler[0]);
  out = evaluator.keep_text(is_left ? padding + std::string(subject)
                                    : std::string(subject) + padding);
  return true;
}

bool trimmed(Arguments in, bool at_left, bool at_right, JsonValue& out) {
  const std::string_view given = in.size() > 1 ? text_of(in, 1) : std::string_view();
  out = JsonValue::text(trim_code_points(text_of(in, 0), given, at_left, at_right));
  return true;
}

}  // namespace

bool contains(Arguments in, Evaluator&, JsonValue& out) {
  const JsonValue& subject = in[0].value;
  const JsonValue& wanted = in[1].value;
  bool found = false;
  if (subject.is_text()) {
    found = wanted.is_text() && subject.as_text().contains(wanted.as_text());
  } else {
    found = std::ranges::find(subject.as_array(), wanted) != subject.as_array().end();
  }
  out = JsonValue::boolean(found);
  return true;
}

bool starts_with(Arguments in, Evaluator&, JsonValue& out) {
  out = JsonValue::boolean(text_of(in, 0).starts_with(text_of(in, 1)));
  return true;
}
bool ends_with(Arguments in, Evaluator&, JsonValue& out) {
  out = JsonValue::boolean(text_of(in, 0).ends_with(text_of(in, 1)));
  return true;
}
bool find_first(Arguments in, Evaluator& evaluator, JsonValue& out) {
  return find(in, "find_first", false, evaluator, out);
}
bool find_last(Arguments in, Evaluator& evaluator, JsonValue& out) {
  return find(in, "find_last", true, evaluator, out);
}

bool join(Arguments in, Evaluator& evaluator, JsonValue& out) {
  std::string joined;
  const auto parts = in[1].value.as_array();
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) joined += text_of(in, 0);
    joined += parts[i].as_text();
  }
  out = evaluator.keep_text(joined);
  return true;
}

bool length(Arguments in, Evaluator&, JsonValue& out) {
  const JsonValue& value = in[0].value;
  size_t size = 0;
  if (value.is_array()) {
    size = value.as_array().size();
  } else if (value.is_object()) {
    size = value.as_object().size();
  } else {
    for (std::string_view rest = value.as_text(); !rest.empty(); ++size) next_code_point(rest);
  }
  out = JsonValue::number(static_cast<double>(size));
  return true;
}

bool lower(Arguments in, Evaluator& evaluator, JsonValue& out) {
  out = evaluator.keep_text(to_lower(text_of(in, 0)));
  return true;
}
bool upper(Arguments in, Evaluator& evaluator, JsonValue& out) {
  out = evaluator.keep_text(to_upper(text_of(in, 0)));
  return true;
}
bool pad_left(Arguments in, Evaluator& evaluator, JsonValue& out) {
  return pad(in, "pad_left", true, evaluator, out);
}
bool pad_right(Arguments in, Evaluator& evaluator, JsonValue& out) {
  return pad(in, "pad_right", false, evaluator, out);
}

bool replace(Arguments in, Evaluator& evaluator, JsonValue& out) {
  int64_t count = -1;
  if (in.size() > 3 && !whole_number(in, 3, "replace", "count", false, evaluator, count)) {
    return false;
  }
  out = evaluator.keep_text(replace_text(text_of(in, 0), text_of(in, 1), text_of(in, 2), count));
  return true;
}

bool reverse(Arguments in, Evaluator& evaluator, JsonValue& out) {
  if (in[0].value.is_array()) {
    std::vector<JsonValue> elements(in[0].value.as_array().begin(), in[0].value.as_array().end());
    std::ranges::reverse(elements);
    out = evaluator.keep_array(elements);
    return true;
  }
  std::vector<char32_t> code_points;
  for (std::string_view rest = text_of(in, 0); !rest.empty();) {
    code_points.push_back(next_code_point(rest));
  }
  std::string reversed;
  for (size_t i = code_points.size(); i-- > 0;) append_utf8(reversed, code_points[i]);
  out = evaluator.keep_text(reversed);
  return true;
}

bool split(Arguments in, Evaluator& evaluator, JsonValue& out) {
  const std::string_view subject = text_of(in, 0);
  int64_t count = -1;
  if (in.size() > 2) {
    if (!whole_number(in, 2, "split", "count", false, evaluator, count)) return false;
    ++count;
  }
  std::vector<JsonValue> parts;
  if (!subject.empty()) {
    for (const std::string_view part : split_text(subject, text_of(in, 1), count)) {
      parts.push_back(JsonValue::text(part));
    }
  }
  out = evaluator.keep_array(parts);
  return true;
}

bool to_number(Arguments in, Evaluator&, JsonValue& out) {
  if (in[0].value.is_number()) out = in[0].value;
  if (!in[0].value.is_text()) return true;
  if (const auto number = parse_double(text_of(in, 0))) out = JsonValue::number(*number);
  return true;
}

bool to_string(Arguments in, Evaluator& evaluator, JsonValue& out) {
  out = in[0].value.is_text() ? in[0].value : evaluator.keep_text(to_json(in[0].value));
  return true;
}

bool trim(Arguments in, Evaluator&, JsonValue& out) { return trimmed(in, true, true, out); }
bool trim_left(Arguments in, Evaluator&, JsonValue& out) { return trimmed(in, true, false, out); }
bool trim_right(Arguments in, Evaluator&, JsonValue& out) { return trimmed(in, false, true, out); }

}  // namespace alloy::jmespath::text
