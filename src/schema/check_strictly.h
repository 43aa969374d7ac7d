// What can be said about a block by evaluating what of it is known without anything running: the
// checks of `validate --strict`, after those of check.h.
#pragma once

#include <functional>

#include "schema/fields.h"
#include "schema/find_field.h"
#include "syntax/ast.h"
#include "syntax/diagnostics.h"
#include "values/evaluate.h"
#include "values/references.h"

namespace alloy {

class StrictChecker {
 public:
  // Whether a reference always gives the same value, on every machine: the standard library's.
  using IsKnown = std::function<bool(const Reference&)>;
  // The type of what a reference as a whole will give; null if that is not known.
  using TypeOf = std::function<const MemberType*(const Reference&)>;

  // Adds to `found` what is not reported there yet.
  StrictChecker(std::string_view file, IsKnown is_known, TypeOf type_of, syntax::Diagnostics& found)
      : file_(file), is_known_(std::move(is_known)), type_of_(std::move(type_of)), found_(found) {}

  // Expressions that can't be evaluated, values that don't fit, and structs that are refused by
  // their own validate() or check_strictly(). The block's own label is not looked at.
  void check(const Schema& schema, const syntax::BlockStatement& block);
  // Of an expression whose type is anything: whether it can be evaluated.
  void check(const syntax::Expression& expression) { check_parts(expression); }

 private:
  // All of these say whether everything below is known and right.
  bool check_content(const Schema& schema, const syntax::BlockStatement& block, void* object);
  bool check_block(const Schema& schema, const syntax::BlockStatement& block);
  bool check_map(const syntax::BlockStatement& block);
  bool check_attribute(const FoundField& found, const syntax::AttributeStatement& attribute);
  bool check_parts(const syntax::Expression& expression);
  // Whether references give what the attribute, or the elements of its list, take.
  void check_types(const MemberType& wanted, const syntax::Expression& expression);

  void ask_strictly(const Schema& schema, const syntax::BlockStatement& block, const void* object);
  bool is_known(const syntax::Expression& expression) const;
  bool has_mistake_in(syntax::Span span) const;
  void add(syntax::Span span, const EvaluationError& error);

  std::string_view file_;
  IsKnown is_known_;
  TypeOf type_of_;
  syntax::Diagnostics& found_;
};

}  // namespace alloy
