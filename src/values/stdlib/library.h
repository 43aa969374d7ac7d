// What the namespaces of the standard library are made of.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "values/function.h"
#include "values/value.h"

namespace alloy::stdlib {

// A function over values.
Value function(CallResult (*call)(std::span<const Value> arguments));
// A function that takes `count` strings, to which the arguments are converted.
Value text_function(size_t count, CallResult (*call)(std::span<const std::string> arguments));
// One that takes any number of strings.
Value text_function(CallResult (*call)(std::span<const std::string> arguments));

// The object with the given members.
Value make_namespace(std::initializer_list<std::pair<std::string_view, Value>> members);

// The mistakes of calls, in the words of the real program.
CallError wrong_count(size_t expected, size_t actual);
CallError too_few(size_t expected, size_t actual);
CallError wrong_type(size_t argument, const Value& value, ValueType expected);

// The namespaces, each in a file of its own.
Value array_namespace();
Value constants_namespace();
Value convert_namespace();
Value encoding_namespace();
Value file_namespace();
Value string_namespace();
Value sys_namespace();
// The functions that are in no namespace.
Value coalesce_function();
Value json_path_function();

}  // namespace alloy::stdlib
