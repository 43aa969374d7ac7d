// json_path: values in a JSON text.
#include "values/stdlib/json_path.h"

#include <algorithm>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/text.h"
#include "values/stdlib/json_decode.h"
#include "values/stdlib/library.h"

namespace alloy::stdlib {
namespace {

constexpr size_t results_max = 1'000'000;

class Finder {
 public:
  Finder(const Value& root, const Value& current) : root_(root), current_(current) {}

  std::vector<Value> run(const JsonPath& path) {
    std::vector<Value> values = {path.is_relative ? current_ : root_};
    for (const JsonStep& step : path.steps) {
      std::vector<Value> next;
      for (const Value& value : values) {
        std::visit([&](const auto& what) { follow(what, value, next); }, step.what);
        if (next.size() > results_max) break;
      }
      values = std::move(next);
    }
    return values;
  }

  bool holds(const JsonFilter& filter);

 private:
  using Kind = JsonFilter::Kind;

  static std::vector<Value> children(const Value& value);
  void follow(JsonStep::All, const Value& value, std::vector<Value>& out);
  void follow(JsonStep::Descend, const Value& value, std::vector<Value>& out);
  void follow(const JsonStep::Slice& slice, const Value& value, std::vector<Value>& out);
  void follow(const JsonStep::Filter& filter, const Value& value, std::vector<Value>& out);
  void follow(const JsonStep::Keys& keys, const Value& value, std::vector<Value>& out);

  // The value of an operand; nothing for a path that leads nowhere.
  std::optional<Value> operand(const JsonFilter& filter);
  bool compare(Kind kind, const Value& left, const Value& right);

  const Value& root_;
  const Value& current_;
};

std::vector<Value> Finder::children(const Value& value) {
  std::vector<Value> list;
  if (value.is_array()) {
    for (size_t i = 0; i < value.as_array()->size(); ++i) list.push_back(value.as_array()->at(i));
  } else if (value.is_object()) {
    for (const auto& member : value.as_object()->members()) list.push_back(member.value);
  }
  return list;
}

void Finder::follow(JsonStep::All, const Value& value, std::vector<Value>& out) {
  for (Value& child : children(value)) out.push_back(std::move(child));
}

void Finder::follow(JsonStep::Descend, const Value& value, std::vector<Value>& out) {
  if (out.size() > results_max) return;
  if (!value.is_array() && !value.is_object()) return;
  for (const Value& child : children(value)) follow(JsonStep::Descend{}, child, out);
  out.push_back(value);
}

void Finder::follow(const JsonStep::Slice& slice, const Value& value, std::vector<Value>& out) {
  if (!value.is_array() || slice.step == 0) return;
  auto size = static_cast<int64_t>(value.as_array()->size());
  auto absolute = [&](int64_t index) { return index < 0 ? index + size : index; };
  bool is_forward = slice.step > 0;
  int64_t start = absolute(slice.start.value_or(is_forward ? 0 : size - 1));
  int64_t end = slice.end ? absolute(*slice.end) : (is_forward ? size : -1);
  if (is_forward) {
    start = std::max<int64_t>(start, 0);
    for (int64_t i = start; i < std::min(end, size); i += std::min(slice.step, size)) {
      out.push_back(value.as_array()->at(static_cast<size_t>(i)));
    }
  } else {
    start = std::min(start, size - 1);
    for (int64_t i = start; i > std::max<int64_t>(end, -1); i += std::max(slice.step, -size - 1)) {
      out.push_back(value.as_array()->at(static_cast<size_t>(i)));
    }
  }
}

void Finder::follow(const JsonStep::Filter& filter, const Value& value, std::vector<Value>& out) {
  for (const Value& child : children(value)) {
    if (Finder(root_, child).holds(*filter.condition)) out.push_back(child);
  }
}

void Finder::follow(const JsonStep::Keys& keys, const Value& value, std::vector<Value>& out) {
  for (const JsonStep::Key& key : keys) {
    if (const auto* name = std::get_if<std::string>(&key)) {
      const Value* found = value.is_object() ? value.as_object()->find(*name) : nullptr;
      if (found != nullptr) out.push_back(*found);
    } else if (value.is_array()) {
      auto size = static_cast<int64_t>(value.as_array()->size());
      int64_t index = std::get<int64_t>(key);
      if (index < 0) index += size;
      if (index >= 0 && index < size) {
        out.push_back(value.as_array()->at(static_cast<size_t>(index)));
      }
    }
  }
}

int64_t length_of(const Value& value) {
  if (value.is_array()) return static_cast<int64_t>(value.as_array()->size());
  if (value.is_object()) return static_cast<int64_t>(value.as_object()->size());
  int64_t length = 0;
  if (value.is_string()) {
    for (std::string_view rest = value.as_string(); !rest.empty(); ++length) next_code_point(rest);
  }
  return length;
}

std::optional<Value> Finder::operand(const JsonFilter& filter) {
  switch (filter.kind) {
    case Kind::literal:
      return filter.literal;
    case Kind::path: {
      std::vector<Value> found = run(filter.path);
      if (found.empty()) return std::nullopt;
      return found.front();
    }
    case Kind::length: {
      auto value = operand(filter.operands[0]);
      return Value::integer(value ? length_of(*value) : 0);
    }
    case Kind::count: {
      const JsonFilter& argument = filter.operands[0];
      size_t count = argument.kind == Kind::path ? run(argument.path).size() : 1;
      return Value::integer(static_cast<int64_t>(count));
    }
    default:
      return Value::boolean(holds(filter));
  }
}

bool Finder::compare(Kind kind, const Value& left, const Value& right) {
  if (kind == Kind::equal) return equal(left, right);
  if (kind == Kind::not_equal) return !equal(left, right);
  if (kind == Kind::matches) {
    if (!left.is_string() || !right.is_string()) return false;
    RE2 pattern(right.as_string(), RE2::Quiet);
    return pattern.ok() && RE2::PartialMatch(left.as_string(), pattern);
  }
  if (kind == Kind::in) {
    std::vector<Value> list = children(right);
    return std::ranges::any_of(list, [&](const Value& element) { return equal(left, element); });
  }
  int order = 0;
  if (left.is_number() && right.is_number()) {
    double a = left.as_number().as_floating();
    double b = right.as_number().as_floating();
    order = a < b ? -1 : (a > b ? 1 : 0);
  } else if (left.is_string() && right.is_string()) {
    order = left.as_string().compare(right.as_string());
  } else {
    return false;
  }
  if (kind == Kind::less) return order < 0;
  if (kind == Kind::less_equal) return order <= 0;
  return kind == Kind::greater ? order > 0 : order >= 0;
}

bool Finder::holds(const JsonFilter& filter) {
  switch (filter.kind) {
    case Kind::either:
      return holds(filter.operands[0]) || holds(filter.operands[1]);
    case Kind::both:
      return holds(filter.operands[0]) && holds(filter.operands[1]);
    case Kind::none:
      return !holds(filter.operands[0]);
    case Kind::path:
      // A path alone asks whether it leads anywhere.
      return !run(filter.path).empty();
    case Kind::literal:
      return filter.literal.is_boolean() && filter.literal.as_boolean();
    case Kind::length:
    case Kind::count:
      return !operand(filter)->as_number().is_zero();
    default:
      break;
  }
  auto left = operand(filter.operands[0]);
  auto right = operand(filter.operands[1]);
  if (!left || !right)
    return filter.kind == Kind::not_equal && left.has_value() != right.has_value();
  return compare(filter.kind, *left, *right);
}

// The error in the words of the JSONPath library, as far as it has its own.
std::string json_error(std::string_view text, const Error& error) {
  if (error.message() != "unexpected end of JSON input") return error.message();
  size_t line_end = text.rfind('\n');
  size_t column = line_end == std::string_view::npos ? text.size() : text.size() - line_end - 1;
  return fmt::format("incomplete JSON at {}:{}", 1 + std::ranges::count(text, '\n'), column + 1);
}

CallResult json_path(std::span<const std::string> arguments) {
  auto path = parse_json_path(arguments[1]);
  if (!path) return std::unexpected(CallError::failed(path.error().message()));
  if (trim(arguments[0]).empty()) return Value::array(std::vector<Value>());
  auto root = decode_json(arguments[0], JsonNumbers::exact);
  if (!root) return std::unexpected(CallError::failed(json_error(arguments[0], root.error())));
  return Value::array(find_all(*path, *root));
}

}  // namespace

std::vector<Value> find_all(const JsonPath& path, const Value& root) {
  return Finder(root, root).run(path);
}

Value json_path_function() { return text_function(2, &json_path); }

}  // namespace alloy::stdlib
