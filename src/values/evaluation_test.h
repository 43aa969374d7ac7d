// Evaluating texts in tests.
#pragma once

#include <string>
#include <string_view>

#include "syntax/parser.h"
#include "values/evaluate.h"
#include "values/function.h"

namespace alloy {

// The value of a text, or the error's "line:column message".
struct TestResult {
  Value value;
  std::string error;
};

inline TestResult evaluate_text(std::string_view text, const Scope& scope) {
  auto file = syntax::parse_expression(syntax::make_source("", std::string(text)));
  if (!file) return {{}, file.error().to_string()};
  auto value = evaluate(*(*file)->expression(), {.scope = scope, .file = ""});
  return value ? TestResult{*std::move(value), ""} : TestResult{{}, value.error().to_string()};
}

inline TestResult evaluate_text(std::string_view text) { return evaluate_text(text, Variables()); }

// The value in the spelling of the language; the error if there is one.
std::string shown(const TestResult& result);
std::string shown(const Value& value);

// evaluate_text and shown in one.
inline std::string result_of(std::string_view text) { return shown(evaluate_text(text)); }

}  // namespace alloy
