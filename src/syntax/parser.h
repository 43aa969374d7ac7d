// Text to tree. The parser carries on after a mistake, so that one run reports them all, but at
// most one syntax error a line.
#pragma once

#include <string>

#include "syntax/ast.h"
#include "syntax/diagnostics.h"
#include "syntax/source.h"

namespace alloy::syntax {

// Parses a configuration file.
Diagnosed<FilePointer> parse_file(SourcePointer source);
Diagnosed<FilePointer> parse_file(std::string name, std::string text);

// Parses one statement of a text that has been parsed before: what stands in `span`. Places are
// those of the whole text.
Diagnosed<FilePointer> parse_block(SourcePointer source, Span span);

// Parses a single expression: File::expression() of the result.
Diagnosed<FilePointer> parse_expression(SourcePointer source);

}  // namespace alloy::syntax
