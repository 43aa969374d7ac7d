// The functions that templates can call: those of Go's text/template, of sprig, and of Alloy.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "signals/template/value.h"

namespace alloy::go_template {

using Arguments = std::span<const Value>;

// What a function that fails says; the execution ends with it.
struct Failure {
  std::string message;
  // For return statements.
  bool operator()(std::string text) {
    message = std::move(text);
    return false;
  }
};

struct Function {
  std::string_view name;
  // A letter for each parameter: s string, i int, I int64, f float64, b bool, m map, * anything;
  // the last one is repeated if "+" follows.
  std::string_view parameters;
  bool (*call)(Arguments in, Value& out, Failure& failure);
};

// Null if there is none.
const Function* find_function(std::string_view name);

// Tables of the families, each ended by a function without a name.
extern const Function built_in_functions[];
extern const Function text_functions[];
extern const Function case_functions[];
extern const Function number_functions[];
extern const Function list_functions[];
extern const Function map_functions[];
extern const Function type_functions[];
extern const Function time_functions[];
extern const Function expression_functions[];
extern const Function encoding_functions[];
extern const Function path_functions[];
extern const Function version_functions[];
extern const Function random_functions[];

// `and` and `or` evaluate no more than they need.
bool is_lazy(std::string_view name);

// Go's fmt.Sprintf.
std::string format(std::string_view format, Arguments arguments);

// A field or method of a value that is no map: of times, durations, versions.
bool call_method(const Value& receiver, std::string_view name, Arguments arguments, Value& out,
                 Failure& failure);

}  // namespace alloy::go_template
