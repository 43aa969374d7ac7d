// Expressions to values.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "syntax/ast.h"
#include "syntax/diagnostics.h"
#include "values/scope.h"
#include "values/value.h"
#include "values/value_error.h"

namespace alloy {

// What an evaluation knows about its surroundings.
struct Evaluation {
  const Scope& scope;
  std::string_view file;  // The name of the text, for ranges.
};

// Why a block or an expression could not be evaluated: a mistake with a place, or one that is about
// the block as a whole ("missing required attribute"). The caller knows which block that is.
class EvaluationError {
 public:
  static EvaluationError at(syntax::Diagnostic diagnostic) { return {std::move(diagnostic), true}; }
  static EvaluationError whole(std::string message) {
    return {{.message = std::move(message)}, false};
  }

  // Whether the diagnostic stands for itself. (Its range is unknown even so, if the mistake is
  // about a null.)
  bool has_place() const { return has_place_; }
  const std::string& message() const { return diagnostic_.message; }
  const syntax::Diagnostic& diagnostic() const { return diagnostic_; }

  // The error as one sentence: "file:line:column: message" or just the message.
  std::string to_string() const;
  // The error as the diagnostic that a whole block shows: in its own place as it is, else in
  // `range` with "<prefix>: " in front.
  syntax::Diagnostic to_diagnostic(syntax::Range range, std::string_view prefix) const;

 private:
  EvaluationError(syntax::Diagnostic diagnostic, bool has_place)
      : diagnostic_(std::move(diagnostic)), has_place_(has_place) {}

  syntax::Diagnostic diagnostic_;
  bool has_place_;
};

template <class T>
using Evaluated = std::expected<T, EvaluationError>;

// The value of an expression.
Evaluated<Value> evaluate(const syntax::Expression& expression, const Evaluation& evaluation);

// The diagnostic for a value that came from an expression and does not fit where it is used: points
// at the most precise part of the expression. `value` is what the expression evaluated to.
EvaluationError locate(const syntax::Expression& expression, const Value& value,
                       const ValueError& error, const Evaluation& evaluation);

// The same for an argument of a function.
EvaluationError locate_argument(const syntax::Expression& argument, const Value& value,
                                const ValueError& error, const Evaluation& evaluation);

// The value of a literal; fails for numbers that no kind of number can hold.
Evaluated<Value> literal_value(const syntax::LiteralExpression& literal);

}  // namespace alloy
