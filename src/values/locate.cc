// From an error in a value to the part of the expression that the value came from.
//
// The walk follows the path of the error into array and object literals. Where it can't follow (the
// value came from a reference or a call), the rest of the path is written behind the text of the
// last node it reached. A null has no place of its own: the error is then about what holds it.
#include <algorithm>
#include <ranges>

#include <fmt/format.h>

#include "syntax/printer.h"
#include "values/evaluate.h"

namespace alloy {
namespace {

using syntax::Expression;

const Expression& without_parens(const Expression& expression) {
  const Expression* node = &expression;
  while (const auto* paren = syntax::as<syntax::ParenExpression>(*node)) node = paren->inner;
  return *node;
}

// The node of an element of a literal; null if there is none.
const Expression* node_of(const Expression& expression, size_t index) {
  const auto* array = syntax::as<syntax::ArrayExpression>(without_parens(expression));
  return array == nullptr || index >= array->elements.size() ? nullptr : array->elements[index];
}

const Expression* node_of(const Expression& expression, const std::string& key) {
  const auto* object = syntax::as<syntax::ObjectExpression>(without_parens(expression));
  if (object == nullptr) return nullptr;
  // Of fields with the same name the last one counts.
  for (const auto& field : std::views::reverse(object->fields)) {
    if (field.name.name == key) return field.value;
  }
  return nullptr;
}

Value part_of(const Value& value, size_t index) {
  return value.is_array() && index < value.as_array()->size() ? value.as_array()->at(index)
                                                              : Value();
}

Value part_of(const Value& value, const std::string& key) {
  ObjectPointer object = value.to_object();
  const Value* found = object == nullptr ? nullptr : object->find(key);
  return found == nullptr ? Value() : *found;
}

std::string step_text(size_t index) { return fmt::format("[{}]", index); }
std::string step_text(const std::string& key) { return "." + key; }

// Collects, on the way along a path, the last node that stands for a part of the value and the text
// of the steps behind it.
class Walk {
 public:
  Walk(const Expression& expression, const Value& value)
      : here_(value.is_null() ? nullptr : &expression), value_(value) {}

  // Looks at the current part. A part with a node of its own makes the steps from the node before
  // superfluous.
  void visit() { visit(here_); }
  void visit_member(const std::string& key) {
    bool is_null = part_of(value_, key).is_null();
    visit(here_ == nullptr || is_null ? nullptr : node_of(*here_, key));
  }

  void enter(const ValueError::Step& step) {
    std::visit(
        [this](const auto& name) {
          steps_ += step_text(name);
          visit();
          value_ = part_of(value_, name);
          here_ = here_ == nullptr || value_.is_null() ? nullptr : node_of(*here_, name);
        },
        step);
  }

  const Expression* node() const { return node_; }
  const std::string& steps() const { return steps_; }

 private:
  void visit(const Expression* node) {
    if (node == nullptr) {
      is_at_node_ = false;
      return;
    }
    if (is_at_node_) steps_.clear();
    is_at_node_ = true;
    node_ = node;
  }

  const Expression* here_;  // The node of the current part; null: it has none.
  Value value_;             // The current part.
  const Expression* node_ = nullptr;
  bool is_at_node_ = false;
  std::string steps_;
};

EvaluationError locate(Walk walk, const ValueError& error, const Evaluation& evaluation) {
  for (const auto& step : std::views::reverse(error.path)) walk.enter(step);
  if (error.kind == ValueError::Kind::missing_key) {
    walk.visit_member(error.message);
  } else {
    walk.visit();
  }
  syntax::Diagnostic diagnostic;
  std::string text = walk.steps();
  if (const Expression* node = walk.node()) {
    text = syntax::print(*node) + text;
    diagnostic.range = {std::string(evaluation.file), node->start, node->end};
  }
  diagnostic.message = fmt::format("{} {}", text, error.predicate());
  return EvaluationError::at(std::move(diagnostic));
}

}  // namespace

EvaluationError locate(const Expression& expression, const Value& value, const ValueError& error,
                       const Evaluation& evaluation) {
  return locate(Walk(expression, value), error, evaluation);
}

EvaluationError locate_argument(const Expression& argument, const Value& value,
                                const ValueError& error, const Evaluation& evaluation) {
  // Functions report a null inside an argument without what holds it.
  if (error.part.is_null() && !error.path.empty()) {
    return EvaluationError::at({.message = " " + error.predicate()});
  }
  Walk walk(argument, value);
  walk.visit();
  return locate(std::move(walk), error, evaluation);
}

std::string EvaluationError::to_string() const {
  return has_place_ ? diagnostic_.to_string() : diagnostic_.message;
}

syntax::Diagnostic EvaluationError::to_diagnostic(syntax::Range range,
                                                  std::string_view prefix) const {
  if (has_place_) return diagnostic_;
  return {.range = std::move(range), .message = fmt::format("{}: {}", prefix, diagnostic_.message)};
}

}  // namespace alloy
