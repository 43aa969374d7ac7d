// The names that expressions use: what the graph of components is made from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "syntax/ast.h"

namespace alloy {

// A dotted path in an expression, as long as it consists of names only: a.b.c in a.b.c[0].d.
struct Reference {
  std::vector<syntax::Identifier> names;

  syntax::Span span() const { return {names.front().position, names.back().end()}; }
  std::string to_string() const;  // "a.b.c"
};

// All references below, in the order of the text.
std::vector<Reference> references(const syntax::Expression& expression);
std::vector<Reference> references(syntax::Body body);

}  // namespace alloy
