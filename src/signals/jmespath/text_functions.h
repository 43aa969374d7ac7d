// The functions of JMESPath over texts. Number and types of the arguments are checked already.
#pragma once

#include <span>

#include "signals/jmespath/evaluator.h"

namespace alloy::jmespath::text {

using Arguments = std::span<const Argument>;

bool contains(Arguments in, Evaluator& evaluator, JsonValue& out);
bool ends_with(Arguments in, Evaluator& evaluator, JsonValue& out);
bool find_first(Arguments in, Evaluator& evaluator, JsonValue& out);
bool find_last(Arguments in, Evaluator& evaluator, JsonValue& out);
bool join(Arguments in, Evaluator& evaluator, JsonValue& out);
bool length(Arguments in, Evaluator& evaluator, JsonValue& out);
bool lower(Arguments in, Evaluator& evaluator, JsonValue& out);
bool pad_left(Arguments in, Evaluator& evaluator, JsonValue& out);
bool pad_right(Arguments in, Evaluator& evaluator, JsonValue& out);
bool replace(Arguments in, Evaluator& evaluator, JsonValue& out);
bool reverse(Arguments in, Evaluator& evaluator, JsonValue& out);
bool split(Arguments in, Evaluator& evaluator, JsonValue& out);
bool starts_with(Arguments in, Evaluator& evaluator, JsonValue& out);
bool to_number(Arguments in, Evaluator& evaluator, JsonValue& out);
bool to_string(Arguments in, Evaluator& evaluator, JsonValue& out);
bool trim(Arguments in, Evaluator& evaluator, JsonValue& out);
bool trim_left(Arguments in, Evaluator& evaluator, JsonValue& out);
bool trim_right(Arguments in, Evaluator& evaluator, JsonValue& out);
bool upper(Arguments in, Evaluator& evaluator, JsonValue& out);

}  // namespace alloy::jmespath::text
