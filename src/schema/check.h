// What `validate` can say about a block without evaluating anything but literals.
#pragma once

#include "schema/fields.h"
#include "syntax/ast.h"
#include "syntax/diagnostics.h"

namespace alloy {

// Unknown, missing, repeated and misused attributes and blocks, and literals of a wrong type. All
// mistakes, not only the first.
syntax::Diagnostics check_block(const Schema& schema, const syntax::BlockStatement& block,
                                std::string_view file);

}  // namespace alloy
