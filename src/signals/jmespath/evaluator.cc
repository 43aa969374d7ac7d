// One function for each kind of node.
#include "signals/jmespath/evaluator.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "signals/jmespath/jmespath.h"

namespace alloy::jmespath {

bool is_false(const JsonValue& value) {
  switch (value.kind()) {
    case JsonKind::null:
      return true;
    case JsonKind::boolean:
      return !value.as_boolean();
    case JsonKind::number:
      return false;
    case JsonKind::text:
      return value.as_text().empty();
    case JsonKind::array:
      return value.as_array().empty();
    case JsonKind::object:
      return value.as_object().empty();
  }
  return true;
}

std::string_view type_name(const JsonValue& value) {
  constexpr std::string_view names[] = {"null", "boolean", "number", "string", "array", "object"};
  return names[static_cast<size_t>(value.kind())];
}

bool Evaluator::evaluate(const Node& node, const JsonValue& value, JsonValue& out) {
  out = JsonValue();
  switch (node.kind) {
    case NodeKind::identity:
      out = value;
      return true;
    case NodeKind::root:
      out = root_;
      return true;
    case NodeKind::literal:
      out = node.literal;
      return true;
    case NodeKind::field:
      if (const JsonValue* member = value.find(node.name)) out = *member;
      return true;
    case NodeKind::index:
      if (value.is_array()) {
        const auto elements = value.as_array();
        const auto size = static_cast<int64_t>(elements.size());
        const int64_t index = node.number < 0 ? node.number + size : node.number;
        if (index >= 0 && index < size) out = elements[static_cast<size_t>(index)];
      }
      return true;
    case NodeKind::slice:
      slice(node, value, out);
      return error_.empty();
    case NodeKind::sub:
    case NodeKind::pipe:
      return sub(node, value, out);
    case NodeKind::projection:
    case NodeKind::value_projection:
    case NodeKind::filter:
      return project(node, value, out);
    case NodeKind::flatten:
      return flatten(node, value, out);
    case NodeKind::or_:
    case NodeKind::and_:
    case NodeKind::not_:
      return logic(node, value, out);
    case NodeKind::compare:
      return compare(node, value, out);
    case NodeKind::arithmetic:
      return arithmetic(node, value, out);
    case NodeKind::list:
    case NodeKind::hash:
      return collect(node, value, out);
    case NodeKind::function:
      return call(node, value, out);
    case NodeKind::reference:
      return true;  // Only means something to a function.
    case NodeKind::let:
      return let(node, value, out);
    case NodeKind::variable:
      for (size_t i = variables_.size(); i-- > 0;) {
        if (variables_[i].first != node.name) continue;
        out = variables_[i].second;
        return true;
      }
      return fail("variable not defined: " + node.name);
  }
  return true;
}

bool Evaluator::sub(const Node& node, const JsonValue& value, JsonValue& out) {
  JsonValue left;
  if (!evaluate(node.children[0], value, left)) return false;
  if (left.is_null() && node.kind == NodeKind::sub) return true;
  return evaluate(node.children[1], left, out);
}

bool Evaluator::project_each(std::span<const JsonValue> elements, const Node& right,
                             const Node* condition, JsonValue& out) {
  std::vector<JsonValue> found;
  for (const JsonValue& element : elements) {
    JsonValue result;
    if (condition != nullptr) {
      if (!evaluate(*condition, element, result)) return false;
      if (is_false(result)) continue;
    }
    if (!evaluate(right, element, result)) return false;
    if (!result.is_null()) found.push_back(result);
  }
  out = keep_array(found);
  return true;
}

bool Evaluator::project(const Node& node, const JsonValue& value, JsonValue& out) {
  JsonValue left;
  if (!evaluate(node.children[0], value, left)) {
    if (node.kind == NodeKind::projection) return false;
    error_.clear();  // An error on the left of these is nothing.
    return true;
  }
  const Node& right = node.children[1];
  if (node.kind == NodeKind::value_projection) {
    if (!left.is_object()) return true;
    std::vector<JsonValue> values;
    for (const JsonMember& member : left.as_object()) values.push_back(member.value);
    return project_each(values, right, nullptr, out);
  }
  if (left.is_array()) {
    const Node* condition = node.kind == NodeKind::filter ? &node.children[2] : nullptr;
    return project_each(left.as_array(), right, condition, out);
  }
  // The slice of a text is a text.
  const Node& source = node.children[0];
  const bool is_slice = source.kind == NodeKind::sub && source.children[1].kind == NodeKind::slice;
  if (is_slice && left.is_text()) out = left;
  return true;
}

bool Evaluator::flatten(const Node& node, const JsonValue& value, JsonValue& out) {
  JsonValue left;
  if (!evaluate(node.children[0], value, left)) {
    error_.clear();
    return true;
  }
  if (!left.is_array()) return true;
  std::vector<JsonValue> flat;
  for (const JsonValue& element : left.as_array()) {
    if (element.is_array()) {
      flat.insert(flat.end(), element.as_array().begin(), element.as_array().end());
    } else {
      flat.push_back(element);
    }
  }
  out = keep_array(flat);
  return true;
}

bool Evaluator::logic(const Node& node, const JsonValue& value, JsonValue& out) {
  JsonValue left;
  if (!evaluate(node.children[0], value, left)) return false;
  if (node.kind == NodeKind::not_) {
    out = JsonValue::boolean(is_false(left));
    return true;
  }
  if (is_false(left) == (node.kind == NodeKind::or_)) return evaluate(node.children[1], value, out);
  out = left;
  return true;
}

bool Evaluator::compare(const Node& node, const JsonValue& value, JsonValue& out) {
  JsonValue left;
  JsonValue right;
  if (!evaluate(node.children[0], value, left)) return false;
  if (!evaluate(node.children[1], value, right)) return false;
  if (node.operation == TokenKind::equal || node.operation == TokenKind::not_equal) {
    out = JsonValue::boolean((left == right) == (node.operation == TokenKind::equal));
    return true;
  }
  if (!left.is_number() || !right.is_number()) return true;
  const double l = left.as_number();
  const double r = right.as_number();
  switch (node.operation) {
    case TokenKind::less:
      out = JsonValue::boolean(l < r);
      break;
    case TokenKind::less_equal:
      out = JsonValue::boolean(l <= r);
      break;
    case TokenKind::greater:
      out = JsonValue::boolean(l > r);
      break;
    default:
      out = JsonValue::boolean(l >= r);
      break;
  }
  return true;
}

bool Evaluator::arithmetic(const Node& node, const JsonValue& value, JsonValue& out) {
  JsonValue left;
  JsonValue right;
  if (!evaluate(node.children[0], value, left)) return false;
  if (node.children.size() == 1) {
    if (!left.is_number()) return true;
    out = JsonValue::number(node.operation == TokenKind::minus ? -left.as_number()
                                                               : left.as_number());
    return true;
  }
  if (!evaluate(node.children[1], value, right)) return false;
  if (!left.is_number() || !right.is_number()) return true;
  const double l = left.as_number();
  const double r = right.as_number();
  double result = 0;
  switch (node.operation) {
    case TokenKind::plus:
      result = l + r;
      break;
    case TokenKind::minus:
      result = l - r;
      break;
    case TokenKind::divide:
      result = l / r;
      break;
    case TokenKind::modulo:
      result = std::fmod(l, r);
      break;
    case TokenKind::integer_divide:
      result = std::floor(l / r);
      break;
    default:
      result = l * r;
      break;
  }
  out = JsonValue::number(result);
  return true;
}

bool Evaluator::collect(const Node& node, const JsonValue& value, JsonValue& out) {
  std::vector<JsonValue> values;
  for (const Node& child : node.children) {
    JsonValue result;
    if (!evaluate(child, value, result)) return false;
    values.push_back(result);
  }
  if (node.kind == NodeKind::list) {
    out = keep_array(values);
    return true;
  }
  std::vector<JsonMember> members;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto known = std::ranges::find(members, node.names[i], &JsonMember::name);
    if (known != members.end())
      known->value = values[i];
    else
      members.push_back({node.names[i], values[i]});
  }
  out = keep_object(members);
  return true;
}

bool Evaluator::call(const Node& node, const JsonValue& value, JsonValue& out) {
  std::vector<Argument> arguments;
  for (const Node& child : node.children) {
    Argument argument;
    if (child.kind == NodeKind::reference)
      argument.expression = &child.children[0];
    else if (!evaluate(child, value, argument.value))
      return false;
    arguments.push_back(argument);
  }
  return call_function(node.name, arguments, *this, out);
}

bool Evaluator::let(const Node& node, const JsonValue& value, JsonValue& out) {
  const size_t before = variables_.size();
  std::vector<JsonValue> values;
  for (size_t i = 0; i < node.names.size(); ++i) {
    JsonValue bound;
    if (!evaluate(node.children[i], value, bound)) return false;
    values.push_back(bound);
  }
  for (size_t i = 0; i < values.size(); ++i) variables_.emplace_back(node.names[i], values[i]);
  const bool is_fine = evaluate(node.children.back(), value, out);
  variables_.resize(before);
  return is_fine;
}

namespace {

// A bound of a slice, moved into the range.
int64_t clamp_bound(int64_t bound, int64_t size, bool is_backwards) {
  if (bound < 0) {
    bound += size;
    return bound >= 0 ? bound : is_backwards ? -1 : 0;
  }
  if (bound < size) return bound;
  return is_backwards ? size - 1 : size;
}

template <class T>
std::vector<T> sliced(std::span<const T> elements, const std::optional<int64_t> (&bounds)[3]) {
  const auto size = static_cast<int64_t>(elements.size());
  const int64_t step = std::clamp<int64_t>(bounds[2].value_or(1), -size - 1, size + 1);
  const bool is_backwards = step < 0;
  int64_t from = is_backwards ? size - 1 : 0;
  int64_t to = is_backwards ? -1 : size;
  if (bounds[0]) from = clamp_bound(*bounds[0], size, is_backwards);
  if (bounds[1]) to = clamp_bound(*bounds[1], size, is_backwards);
  std::vector<T> result;
  for (int64_t i = from; is_backwards ? i > to : i < to; i += step) {
    result.push_back(elements[static_cast<size_t>(i)]);
  }
  return result;
}

}  // namespace

void Evaluator::slice(const Node& node, const JsonValue& value, JsonValue& out) {
  if (value.is_array()) {
    if (node.bounds[2] == 0) {
      fail("invalid slice, step cannot be 0");
      return;
    }
    out = keep_array(sliced(value.as_array(), node.bounds));
  } else if (value.is_text() && node.bounds[2] != 0) {
    std::vector<char32_t> code_points;
    std::string_view text = value.as_text();
    while (!text.empty()) code_points.push_back(next_code_point(text));
    std::string result;
    for (const char32_t c : sliced(std::span<const char32_t>(code_points), node.bounds)) {
      append_utf8(result, c);
    }
    out = keep_text(result);
  }
}

}  // namespace alloy::jmespath

namespace alloy {

Result<JmesPath> JmesPath::compile(std::string_view expression) {
  TRY(auto root, jmespath::parse(expression));
  return JmesPath(std::make_shared<const jmespath::Node>(std::move(root)));
}

Result<JsonValue> JmesPath::search(const JsonValue& value, Scratch& scratch) const {
  jmespath::Evaluator evaluator(value, scratch);
  JsonValue found;
  if (!evaluator.evaluate(*root_, value, found)) return fail(evaluator.error());
  return found;
}

std::optional<std::vector<std::string>> JmesPath::as_path() const {
  std::vector<std::string> path;
  const jmespath::Node* node = root_.get();
  while (node->kind == jmespath::NodeKind::sub &&
         node->children[1].kind == jmespath::NodeKind::field) {
    path.insert(path.begin(), node->children[1].name);
    node = &node->children[0];
  }
  if (node->kind != jmespath::NodeKind::field) return std::nullopt;
  path.insert(path.begin(), node->name);
  return path;
}

}  // namespace alloy
