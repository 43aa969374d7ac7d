// What can be said about the type of an expression without evaluating more than literals.
#pragma once

#include <string_view>

#include "schema/member_type.h"
#include "syntax/ast.h"
#include "syntax/diagnostics.h"

namespace alloy {

// Adds a diagnostic for each literal in the expression that the type can't take.
void check_expression(const MemberType& type, const syntax::Expression& expression,
                      std::string_view file, syntax::Diagnostics& found);

}  // namespace alloy
