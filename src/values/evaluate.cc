#include "values/evaluate.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "syntax/literal.h"
#include "values/function.h"
#include "values/operators.h"
#include "values/stdlib.h"

namespace alloy {
namespace {

using syntax::Expression;

// The nodes of a chain of accesses: those of a, a.b and a.b.c for a.b.c. The common short ones need
// no memory of their own.
class Chain {
 public:
  explicit Chain(const syntax::AccessExpression& last) {
    size_ = 1;
    for (const auto* node = &last; node != nullptr;) {
      const Expression* inner = node->value;
      ++size_;
      node = syntax::as<syntax::AccessExpression>(*inner);
    }
    if (size_ > small_.size()) large_.resize(size_);
    const Expression* node = &last;
    for (size_t i = size_; i-- > 0;) {
      nodes()[i] = node;
      if (const auto* access = syntax::as<syntax::AccessExpression>(*node)) node = access->value;
    }
  }

  size_t size() const { return size_; }
  const Expression& operator[](size_t index) const {
    return *(large_.empty() ? small_[index] : large_[index]);
  }
  // Of any but the first.
  const syntax::Identifier& name(size_t index) const {
    return static_cast<const syntax::AccessExpression&>((*this)[index]).name;
  }

 private:
  const Expression** nodes() { return large_.empty() ? small_.data() : large_.data(); }

  size_t size_ = 0;
  std::array<const Expression*, 12> small_{};
  std::vector<const Expression*> large_;
};

// Whether the real program takes two operands for the same one, and points at the second when the
// first is wrong: it knows small values by their content alone.
bool are_confused(const Value& left, const Value& right) {
  if (left.is_boolean() && right.is_boolean()) return left.as_boolean() == right.as_boolean();
  if (left.is_string() && right.is_string()) {
    return left.as_string().empty() && right.as_string().empty();
  }
  if (!left.is_number() || !right.is_number()) return false;
  Number a = left.as_number();
  Number b = right.as_number();
  return a.kind() == NumberKind::integer && b.kind() == a.kind() && a == b && a.as_unsigned() < 256;
}

class Evaluator {
 public:
  explicit Evaluator(const Evaluation& evaluation) : evaluation_(evaluation) {}

  Evaluated<Value> operator()(const syntax::LiteralExpression& node) { return literal_value(node); }
  Evaluated<Value> operator()(const syntax::ParenExpression& node) { return run(*node.inner); }
  Evaluated<Value> operator()(const syntax::IdentifierExpression& node);
  Evaluated<Value> operator()(const syntax::AccessExpression& node);
  Evaluated<Value> operator()(const syntax::IndexExpression& node);
  Evaluated<Value> operator()(const syntax::ArrayExpression& node);
  Evaluated<Value> operator()(const syntax::ObjectExpression& node);
  Evaluated<Value> operator()(const syntax::CallExpression& node);
  Evaluated<Value> operator()(const syntax::UnaryExpression& node);
  Evaluated<Value> operator()(const syntax::BinaryExpression& node);

  Evaluated<Value> run(const Expression& node) { return syntax::visit(node, *this); }

 private:
  std::unexpected<EvaluationError> fail_at(const Expression& node, const ValueError& error) {
    return std::unexpected(locate(node, error.part, error, evaluation_));
  }
  std::unexpected<EvaluationError> fail_in(syntax::Span span, std::string message) {
    return std::unexpected(
        EvaluationError::at({.range = {std::string(evaluation_.file), span.start, span.end},
                             .message = std::move(message)}));
  }
  Evaluated<Value> resolve(std::span<const std::string_view> path, const Expression& first,
                           size_t& taken);
  Evaluated<Value> member(const Value& value, const Expression& node,
                          const syntax::Identifier& name);
  Evaluated<Value> index_object(const Object& object, const Value& index, const Expression& node);

  const Evaluation& evaluation_;
};

// The value of the longest prefix of a path that a scope knows. The path starts with the identifier
// `first`; `taken` becomes the length of the prefix.
Evaluated<Value> Evaluator::resolve(std::span<const std::string_view> path, const Expression& first,
                                    size_t& taken) {
  Scope::Found found = evaluation_.scope.resolve(path);
  if (found.names > 0) {
    taken = found.names;
    return std::move(found.value);
  }
  taken = 1;
  if (const Value* standard = find_standard(path.front())) return *standard;
  return fail_in(first.span(), fmt::format("identifier {} does not exist", quote(path.front())));
}

Evaluated<Value> Evaluator::operator()(const syntax::IdentifierExpression& node) {
  std::string_view name = node.identifier.name;
  size_t taken = 0;
  return resolve({&name, 1}, node, taken);
}

// The member `name` of what `node` evaluated to.
Evaluated<Value> Evaluator::member(const Value& value, const Expression& node,
                                   const syntax::Identifier& name) {
  if (ObjectPointer object = value.to_object()) {
    if (const Value* found = object->find(name.name)) return *found;
    return fail_in({name.position, name.end()},
                   fmt::format("field {} does not exist", quote(name.name)));
  }
  if (value.is_capsule()) {
    return fail_at(node, ValueError::failed(value,
                                            "expected object or array or a capsule convertible to "
                                            "an object, got capsule"));
  }
  return fail_at(node,
                 ValueError::failed(value, fmt::format("cannot access field {} on value of "
                                                       "type {}",
                                                       quote(name.name), name_of(value.type()))));
}

Evaluated<Value> Evaluator::operator()(const syntax::AccessExpression& node) {
  Chain chain(node);
  Evaluated<Value> value = Value();
  size_t taken = 1;
  if (const auto* first = syntax::as<syntax::IdentifierExpression>(chain[0])) {
    // Paths longer than this are resolved by their beginning.
    std::array<std::string_view, 12> names;
    size_t count = std::min(names.size(), chain.size());
    names[0] = first->identifier.name;
    for (size_t i = 1; i < count; ++i) names[i] = chain.name(i).name;
    value = resolve({names.data(), count}, *first, taken);
  } else {
    value = run(chain[0]);
  }
  for (size_t i = taken; value && i < chain.size(); ++i) {
    value = member(*value, chain[i - 1], chain.name(i));
  }
  return value;
}

Evaluated<Value> Evaluator::index_object(const Object& object, const Value& index,
                                         const Expression& node) {
  if (!index.is_string()) return fail_at(node, ValueError::wrong_type(index, ValueType::string));
  const Value* found = object.find(index.as_string());
  return found == nullptr ? Value() : *found;
}

Evaluated<Value> Evaluator::operator()(const syntax::IndexExpression& node) {
  auto value = run(*node.value);
  if (!value) return value;
  auto index = run(*node.index);
  if (!index) return index;
  if (value->is_array()) {
    if (!index->is_number()) {
      return fail_at(*node.index, ValueError::wrong_type(*index, ValueType::number));
    }
    int64_t position = index->as_number().as_integer();
    size_t size = value->as_array()->size();
    if (position < 0 || static_cast<uint64_t>(position) >= size) {
      return fail_at(
          *node.index,
          ValueError::failed(*index, fmt::format("index {} is out of range of array with length {}",
                                                 position, size)));
    }
    return value->as_array()->at(static_cast<size_t>(position));
  }
  if (ObjectPointer object = value->to_object()) return index_object(*object, *index, *node.index);
  return fail_at(*node.value,
                 ValueError::failed(*value, value->is_capsule()
                                                ? std::string("expected object or array or a "
                                                              "capsule convertible to an object, "
                                                              "got capsule")
                                                : fmt::format("expected object or array, got {}",
                                                              name_of(value->type()))));
}

Evaluated<Value> Evaluator::operator()(const syntax::ArrayExpression& node) {
  std::vector<Value> elements;
  elements.reserve(node.elements.size());
  for (const Expression* element : node.elements) {
    auto value = run(*element);
    if (!value) return value;
    elements.push_back(*std::move(value));
  }
  return Value::array(std::move(elements));
}

Evaluated<Value> Evaluator::operator()(const syntax::ObjectExpression& node) {
  std::vector<Object::Member> members;
  members.reserve(node.fields.size());
  for (const syntax::ObjectField& field : node.fields) {
    auto value = run(*field.value);
    if (!value) return value;
    // The key "" keeps its quotes, as in the real program.
    bool is_empty = field.quoted && field.name.name.empty();
    members.push_back({is_empty ? "\"\"" : std::string(field.name.name), *std::move(value)});
  }
  return Value::object(Object::sorted(std::move(members)));
}

Evaluated<Value> Evaluator::operator()(const syntax::CallExpression& node) {
  auto function = run(*node.value);
  if (!function) return function;
  if (!function->is_function()) {
    return fail_at(*node.value, ValueError::wrong_type(*function, ValueType::function));
  }
  std::vector<Value> arguments;
  arguments.reserve(node.arguments.size());
  for (const Expression* argument : node.arguments) {
    auto value = run(*argument);
    if (!value) return value;
    arguments.push_back(*std::move(value));
  }
  CallResult result = function->as_function()->call(arguments);
  if (result) return *std::move(result);
  CallError& error = result.error();
  if (error.is_plain) {
    return std::unexpected(EvaluationError::whole(std::move(error.error.message)));
  }
  if (error.argument) {
    return std::unexpected(locate_argument(*node.arguments[*error.argument],
                                           arguments[*error.argument], error.error, evaluation_));
  }
  error.error.part = *function;
  return fail_at(*node.value, error.error);
}

Evaluated<Value> Evaluator::operator()(const syntax::UnaryExpression& node) {
  auto operand = run(*node.value);
  if (!operand) return operand;
  auto result = apply_unary(node.operation, *operand);
  if (!result) return fail_at(*node.value, result.error());
  return *std::move(result);
}

Evaluated<Value> Evaluator::operator()(const syntax::BinaryExpression& node) {
  auto left = run(*node.left);
  if (!left) return left;
  auto right = run(*node.right);
  if (!right) return right;
  auto result = apply_binary(*left, node.operation, *right);
  if (result) return *std::move(result);
  bool is_left =
      result.error().operand == OperandError::Operand::left && !are_confused(*left, *right);
  return fail_at(is_left ? *node.left : *node.right, result.error().error);
}

}  // namespace

Evaluated<Value> evaluate(const Expression& expression, const Evaluation& evaluation) {
  return Evaluator(evaluation).run(expression);
}

Evaluated<Value> literal_value(const syntax::LiteralExpression& literal) {
  switch (literal.literal_kind) {
    case syntax::TokenKind::number:
    case syntax::TokenKind::floating: {
      auto number = Number::parse_literal(literal.text);
      if (!number) return std::unexpected(EvaluationError::whole(number.error().message()));
      return Value::number(*number);
    }
    case syntax::TokenKind::string: {
      auto text = syntax::unquote(literal.text);
      if (!text) return std::unexpected(EvaluationError::whole("invalid string literal"));
      return Value::string(*std::move(text));
    }
    case syntax::TokenKind::boolean:
      return Value::boolean(literal.text == "true");
    default:
      return Value();
  }
}

}  // namespace alloy
