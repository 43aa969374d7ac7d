// Tree to text: the one layout that every configuration has after `fmt`.
#pragma once

#include <string>

#include "syntax/ast.h"
#include "syntax/diagnostics.h"

namespace alloy::syntax {

// The file in the standard layout, without a line end behind its last line.
std::string print(const File& file);

// An expression in the standard layout, without comments.
std::string print(const Expression& expression);

// Parses and prints; the result ends with exactly one line end.
Diagnosed<std::string> format(SourcePointer source);

}  // namespace alloy::syntax
