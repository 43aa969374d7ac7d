// Blocks and values to structs.
#pragma once

#include <memory>

#include "schema/fields.h"
#include "syntax/ast.h"
#include "values/evaluate.h"

namespace alloy {

// Evaluates the statements of a body into `into`, a struct that the schema describes: defaults
// first, then what is given, then its validate(). The label of the block is not looked at. Mistakes
// stop it at the first one, like the real program.
Evaluated<void> decode_into(const Schema& schema, syntax::Body body, const Evaluation& evaluation,
                            void* into);
// The same with the block's label, which the schema has to ask for.
Evaluated<void> decode_into(const Schema& schema, const syntax::BlockStatement& block,
                            const Evaluation& evaluation, void* into);

// A new struct of the type that the schema describes.
Evaluated<std::shared_ptr<void>> decode(const Schema& schema, syntax::Body body,
                                        const Evaluation& evaluation);

template <Structure T>
Evaluated<T> decode(syntax::Body body, const Evaluation& evaluation) {
  T object{};
  auto decoded = decode_into(schema_of<T>, body, evaluation, &object);
  if (!decoded) return std::unexpected(std::move(decoded).error());
  return object;
}

// A value into a member of the given type.
Converted<> decode_value(const MemberType& type, const Value& value, void* member);

template <class T>
Converted<T> decode_value(const Value& value) {
  T member{};
  auto decoded = decode_value(member_type<T>, value, &member);
  if (!decoded) return std::unexpected(std::move(decoded).error());
  return member;
}

}  // namespace alloy
