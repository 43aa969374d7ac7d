// Expressions of JMESPath as trees.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "signals/jmespath/token.h"
#include "signals/json/json_value.h"

namespace alloy::jmespath {

enum class NodeKind : unsigned char {
  identity,          // The value itself; also @.
  root,              // $
  field,             // name
  literal,           // json
  index,             // [number]
  slice,             // [a:b:c]
  sub,               // left, right: what right finds in left
  pipe,              // left, right: the same, also for null
  projection,        // left, right: right of each element of left
  value_projection,  // left, right: right of each member's value of left
  filter,            // left, right, condition
  flatten,           // left
  or_,
  and_,
  not_,
  compare,     // operation
  arithmetic,  // operation; one or two operands
  list,        // [a, b]
  hash,        // {name: a}: names
  function,    // name(a, b)
  reference,   // &a
  let,         // names, their values, and last the expression
  variable,    // $name
};

struct Node {
  NodeKind kind = NodeKind::identity;
  TokenKind operation = TokenKind::unknown;
  std::string name;
  int64_t number = 0;
  std::optional<int64_t> bounds[3];
  JsonValue literal;
  std::vector<std::string> names;
  std::vector<Node> children;
  std::unique_ptr<Scratch> memory;  // Of literals.
};

Result<Node> parse(std::string_view expression);

}  // namespace alloy::jmespath
