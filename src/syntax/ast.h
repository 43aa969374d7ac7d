// The tree a configuration text is parsed into.
//
// A File owns everything in it: nodes live in its arena, are immutable, and point into its source
// text. Whoever keeps a node keeps the std::shared_ptr<const File>. Nodes are plain structs with a
// kind; use visit(), or as<T>() when only one kind matters.
#pragma once

#include <memory>
#include <memory_resource>
#include <span>
#include <string_view>

#include "syntax/source.h"
#include "syntax/token.h"
#include "syntax/tree_memory.h"

namespace alloy::syntax {

// A name and where it stands.
struct Identifier {
  std::string_view name;
  Position position;

  Position end() const { return position.plus(static_cast<uint32_t>(name.size()) - 1); }
};

enum class ExpressionKind : uint8_t {
  literal,
  array,
  object,
  identifier,
  access,
  index,
  call,
  unary,
  binary,
  paren,
};

struct Expression {
  ExpressionKind kind;
  uint16_t height = 1;  // Levels of nodes below and including this one; see nesting_max.
  Position start;       // The first character.
  Position end;         // The last character.

  Span span() const { return {start, end}; }
};

// The deepest tree the parser builds: whoever walks a tree may recurse.
inline constexpr uint16_t nesting_max = 1000;

// A number, floating, string, boolean or null, as written. See literal.h for its value.
struct LiteralExpression : Expression {
  static constexpr auto node_kind = ExpressionKind::literal;
  TokenKind literal_kind;
  std::string_view text;
};

// [a, b]
struct ArrayExpression : Expression {
  static constexpr auto node_kind = ExpressionKind::array;
  std::span<const Expression* const> elements;
};

struct ObjectField {
  // The key as written, between the quotes if it is quoted: escapes are not yet resolved.
  Identifier name;
  bool quoted = false;
  const Expression* value = nullptr;
};

// {a = 1, "b" = 2}
struct ObjectExpression : Expression {
  static constexpr auto node_kind = ExpressionKind::object;
  std::span<const ObjectField> fields;
};

// name
struct IdentifierExpression : Expression {
  static constexpr auto node_kind = ExpressionKind::identifier;
  Identifier identifier;
};

// value.name
struct AccessExpression : Expression {
  static constexpr auto node_kind = ExpressionKind::access;
  const Expression* value;
  Identifier name;
};

// value[index]
struct IndexExpression : Expression {
  static constexpr auto node_kind = ExpressionKind::index;
  const Expression* value;
  const Expression* index;
  Position left_bracket;
};

// value(arguments...)
struct CallExpression : Expression {
  static constexpr auto node_kind = ExpressionKind::call;
  const Expression* value;
  std::span<const Expression* const> arguments;
  Position left_paren;
};

// !value, -value
struct UnaryExpression : Expression {
  static constexpr auto node_kind = ExpressionKind::unary;
  TokenKind operation;
  const Expression* value;
};

// left + right
struct BinaryExpression : Expression {
  static constexpr auto node_kind = ExpressionKind::binary;
  TokenKind operation;
  Position operation_position;
  const Expression* left;
  const Expression* right;
};

// (inner)
struct ParenExpression : Expression {
  static constexpr auto node_kind = ExpressionKind::paren;
  const Expression* inner;
};

enum class StatementKind : uint8_t { attribute, block };

struct Statement {
  StatementKind kind;
  Position start;
  Position end;

  Span span() const { return {start, end}; }
};

using Body = std::span<const Statement* const>;

// name = value
struct AttributeStatement : Statement {
  static constexpr auto node_kind = StatementKind::attribute;
  Identifier name;
  const Expression* value;
};

// name "label" { body }
struct BlockStatement : Statement {
  static constexpr auto node_kind = StatementKind::block;
  std::string_view name;    // All parts, joined by dots.
  std::string_view label;   // Without quotes; empty if there is none.
  Position label_position;  // Of the opening quote; invalid if there is no label.
  Position left_curly;      // The right one is `end`.
  Body body;

  // The characters of the name.
  Span name_span() const { return {start, start.plus(static_cast<uint32_t>(name.size()) - 1)}; }
  // From the name to the opening curly.
  Span header_span() const { return {start, left_curly}; }
};

// A comment with its delimiters; carriage returns are removed.
struct Comment {
  Position position;
  uint32_t end_line = 0;
  std::string_view text;
};

// Comments that nothing stands between, not even an empty line.
using CommentGroup = std::span<const Comment>;

// A parsed text. Moves nowhere and copies nowhere: see parse_file.
class File {
 public:
  explicit File(SourcePointer source) : source_(std::move(source)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  const SourcePointer& source() const { return source_; }
  const std::string& name() const { return source_->name; }
  Body body() const { return body_; }
  // Every comment group, in the order of the text.
  std::span<const CommentGroup> comments() const { return comments_; }
  // What parse_expression found; null for a file of statements.
  const Expression* expression() const { return expression_; }

 private:
  friend class Parser;

  SourcePointer source_;
  std::pmr::monotonic_buffer_resource arena_{&tree_memory()};
  Body body_;
  std::span<const CommentGroup> comments_;
  const Expression* expression_ = nullptr;
};

using FilePointer = std::shared_ptr<const File>;

// The node as a T, or null if it is of another kind.
template <class T, class Node>
const T* as(const Node& node) {
  return node.kind == T::node_kind ? static_cast<const T*>(&node) : nullptr;
}

// Calls visitor with the node as what it is.
template <class Visitor>
decltype(auto) visit(const Expression& node, Visitor&& visitor) {
  switch (node.kind) {
    case ExpressionKind::literal:
      return visitor(static_cast<const LiteralExpression&>(node));
    case ExpressionKind::array:
      return visitor(static_cast<const ArrayExpression&>(node));
    case ExpressionKind::object:
      return visitor(static_cast<const ObjectExpression&>(node));
    case ExpressionKind::identifier:
      return visitor(static_cast<const IdentifierExpression&>(node));
    case ExpressionKind::access:
      return visitor(static_cast<const AccessExpression&>(node));
    case ExpressionKind::index:
      return visitor(static_cast<const IndexExpression&>(node));
    case ExpressionKind::call:
      return visitor(static_cast<const CallExpression&>(node));
    case ExpressionKind::unary:
      return visitor(static_cast<const UnaryExpression&>(node));
    case ExpressionKind::binary:
      return visitor(static_cast<const BinaryExpression&>(node));
    case ExpressionKind::paren:
      break;
  }
  return visitor(static_cast<const ParenExpression&>(node));
}

template <class Visitor>
decltype(auto) visit(const Statement& node, Visitor&& visitor) {
  if (node.kind == StatementKind::block) {
    return visitor(static_cast<const BlockStatement&>(node));
  }
  return visitor(static_cast<const AttributeStatement&>(node));
}

}  // namespace alloy::syntax
