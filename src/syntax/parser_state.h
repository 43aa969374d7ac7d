// The parser's insides; use parser.h.
//
// A recursive descent, one function a rule of the grammar. After a mistake it skips to a token from
// which it can go on; trees built on the way are thrown away when anything was reported.
#pragma once

#include <initializer_list>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "syntax/ast.h"
#include "syntax/diagnostics.h"
#include "syntax/scanner.h"

namespace alloy::syntax {

class Parser {
 public:
  // Of the whole text, or of a part that begins at a statement.
  Parser(File& file, Diagnostics& diagnostics, Span part = {});

  void parse_file();
  void parse_single_expression();

 private:
  // The start of a statement: what its name could be for a block. A block label is without quotes.
  struct StatementName {
    std::string_view name;
    size_t parts = 0;
    Position position;
    std::string_view label;
    Position label_position;
  };
  class Nesting;

  void next();
  void read_token();
  void read_comment_group();
  Position expect(TokenKind kind);
  void skip_to(std::initializer_list<TokenKind> kinds);
  void skip_statement();
  // Reports at the current token, unless something was reported for its line already.
  void report(std::string message, std::string_view note = "");
  void stop_as_too_deep();

  Body parse_body(TokenKind until);
  const Statement* parse_statement();
  bool parse_statement_name(StatementName& name);
  void parse_label(StatementName& name);
  std::string_view parse_dotted_name(StatementName& name);
  Position behind(Position start, uint32_t bytes) const;
  const Statement* parse_attribute(const StatementName& name);
  const Statement* parse_block(const StatementName& name);

  const Expression* parse_expression() { return parse_binary(1); }
  const Expression* parse_binary(int precedence_min);
  const Expression* parse_power();
  const Expression* parse_unary();
  const Expression* parse_postfix();
  const Expression* parse_access(const Expression* value);
  const Expression* parse_index(const Expression* value);
  const Expression* parse_call(const Expression* value);
  bool reject_block_as_expression(const Expression* value);
  const Expression* parse_primary();
  const Expression* parse_literal();
  const Expression* parse_identifier();
  const Expression* parse_paren();
  const Expression* parse_array();
  const Expression* parse_object();
  const Expression* missing_expression();
  std::span<const Expression* const> parse_expressions(TokenKind until, uint16_t& height);
  std::span<const ObjectField> parse_fields(uint16_t& height);
  ObjectField parse_field();

  template <class Node>
  Node* make(Node node);
  template <class Node>
  Node* make_expression(Node node, Position start, Position end, uint16_t height_below);
  const Expression* make_binary(const Token& operation, const Expression* left,
                                const Expression* right);
  template <class Item>
  std::span<const Item> keep(std::vector<Item>& stack, size_t from);

  File& file_;
  std::pmr::memory_resource& arena_;
  Diagnostics& diagnostics_;
  Scanner scanner_;
  Token token_;
  uint32_t reported_line_ = 0;
  int depth_ = 0;
  bool is_stopped_ = false;

  // Lists under construction, innermost last; finished ones move to the arena.
  std::vector<const Statement*> statements_;
  std::vector<const Expression*> expressions_;
  std::vector<ObjectField> fields_;
  std::vector<Comment> comments_;
  std::vector<CommentGroup> comment_groups_;
  std::string joined_name_;
};

// Counts one level of nesting while it lives.
class Parser::Nesting {
 public:
  explicit Nesting(Parser& parser) : parser_(parser) {
    if (++parser.depth_ >= nesting_max) parser.stop_as_too_deep();
  }
  ~Nesting() { --parser_.depth_; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;

 private:
  Parser& parser_;
};

template <class Node>
Node* Parser::make(Node node) {
  static_assert(std::is_trivially_destructible_v<Node>);
  return new (arena_.allocate(sizeof(Node), alignof(Node))) Node(node);
}

template <class Node>
Node* Parser::make_expression(Node node, Position start, Position end, uint16_t height_below) {
  node.kind = Node::node_kind;
  node.start = start;
  node.end = end;
  node.height = static_cast<uint16_t>(height_below + 1);
  if (node.height >= nesting_max) stop_as_too_deep();
  return make(node);
}

// Moves the items from `from` on to the arena.
template <class Item>
std::span<const Item> Parser::keep(std::vector<Item>& stack, size_t from) {
  static_assert(std::is_trivially_copyable_v<Item>);
  const size_t count = stack.size() - from;
  if (count == 0) return {};
  auto* items = static_cast<Item*>(arena_.allocate(count * sizeof(Item), alignof(Item)));
  std::uninitialized_copy_n(stack.data() + from, count, items);
  stack.resize(from);
  return {items, count};
}

}  // namespace alloy::syntax
