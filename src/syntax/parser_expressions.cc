// The parser's rules for expressions.
#include <algorithm>

#include "syntax/parser_state.h"

namespace alloy::syntax {

const Expression* Parser::make_binary(const Token& operation, const Expression* left,
                                      const Expression* right) {
  return make_expression(BinaryExpression{{}, operation.kind, operation.position, left, right},
                         left->start, right->end, std::max(left->height, right->height));
}

// One level of left-associative operators, and everything that binds tighter:
// Binary = Power { operator Binary-of-higher-precedence }.
const Expression* Parser::parse_binary(int precedence_min) {
  const Expression* left = parse_power();
  while (true) {
    const Token operation = token_;
    const int precedence = binary_precedence(operation.kind);
    if (precedence < precedence_min) return left;
    next();
    left = make_binary(operation, left, parse_binary(precedence + 1));
  }
}

// Power = Unary [ "^" Power ]
const Expression* Parser::parse_power() {
  const Expression* left = parse_unary();
  if (token_.kind != TokenKind::power) return left;
  const Nesting nesting(*this);
  const Token operation = token_;
  next();
  return make_binary(operation, left, parse_power());
}

// Unary = ( "!" | "-" ) Unary | Postfix
const Expression* Parser::parse_unary() {
  if (token_.kind != TokenKind::logical_not && token_.kind != TokenKind::minus) {
    return parse_postfix();
  }
  const Nesting nesting(*this);
  const Token operation = token_;
  next();
  const Expression* value = parse_unary();
  return make_expression(UnaryExpression{{}, operation.kind, value}, operation.position, value->end,
                         value->height);
}

// Postfix = Primary { "." identifier | "[" Expression "]" | "(" [ Expressions ] ")" }
const Expression* Parser::parse_postfix() {
  const Nesting nesting(*this);
  const Expression* value = parse_primary();
  while (true) {
    switch (token_.kind) {
      case TokenKind::dot:
        value = parse_access(value);
        break;
      case TokenKind::left_bracket:
        value = parse_index(value);
        break;
      case TokenKind::left_paren:
        value = parse_call(value);
        break;
      case TokenKind::string:
      case TokenKind::left_curly:
        if (!reject_block_as_expression(value)) return value;
        break;
      default:
        return value;
    }
  }
}

const Expression* Parser::parse_access(const Expression* value) {
  next();
  const Identifier identifier{token_.text, token_.position};
  expect(TokenKind::identifier);
  return make_expression(AccessExpression{{}, value, identifier}, value->start, identifier.end(),
                         value->height);
}

const Expression* Parser::parse_index(const Expression* value) {
  const Position left = expect(TokenKind::left_bracket);
  const Expression* index = parse_expression();
  const Position right = expect(TokenKind::right_bracket);
  return make_expression(IndexExpression{{}, value, index, left}, value->start, right,
                         std::max(value->height, index->height));
}

const Expression* Parser::parse_call(const Expression* value) {
  const Position left = expect(TokenKind::left_paren);
  uint16_t height = value->height;
  const auto arguments = parse_expressions(TokenKind::right_paren, height);
  const Position right = expect(TokenKind::right_paren);
  return make_expression(CallExpression{{}, value, arguments, left}, value->start, right, height);
}

// `name = block "label" { ... }` is a frequent mistake: reads the block and says so. False if what
// follows isn't a block either, and the rest of the statement was skipped.
bool Parser::reject_block_as_expression(const Expression* value) {
  if (token_.kind == TokenKind::string) next();
  const bool is_opened = token_.kind == TokenKind::left_curly;
  expect(TokenKind::left_curly);
  if (is_opened) parse_body(TokenKind::right_curly);
  const bool is_closed = is_opened && token_.kind == TokenKind::right_curly;
  const Position end = is_opened ? expect(TokenKind::right_curly) : Position{};
  if (!is_closed) {
    skip_statement();
    return false;
  }
  diagnostics_.add_error({file_.name(), value->start, end}, "cannot use a block as an expression");
  return true;
}

const Expression* Parser::parse_primary() {
  switch (token_.kind) {
    case TokenKind::identifier:
      return parse_identifier();
    case TokenKind::string:
    case TokenKind::number:
    case TokenKind::floating:
    case TokenKind::boolean:
    case TokenKind::null:
      return parse_literal();
    case TokenKind::left_paren:
      return parse_paren();
    case TokenKind::left_bracket:
      return parse_array();
    case TokenKind::left_curly:
      return parse_object();
    default:
      return missing_expression();
  }
}

const Expression* Parser::parse_identifier() {
  const Identifier identifier{token_.text, token_.position};
  next();
  return make_expression(IdentifierExpression{{}, identifier}, identifier.position,
                         identifier.end(), 0);
}

const Expression* Parser::parse_literal() {
  const Token token = token_;
  const auto size = static_cast<uint32_t>(token.text.size());
  Position end = token.position.plus(size - 1);
  if (const size_t last_line_end = token.text.rfind('\n');
      token.text.front() == '`' && last_line_end != std::string_view::npos) {
    end.line += static_cast<uint32_t>(std::ranges::count(token.text, '\n'));
    end.column = size - static_cast<uint32_t>(last_line_end) - 1;
  }
  next();
  return make_expression(LiteralExpression{{}, token.kind, token.text}, token.position, end, 0);
}

const Expression* Parser::parse_paren() {
  const Position left = expect(TokenKind::left_paren);
  const Expression* inner = parse_expression();
  const Position right = expect(TokenKind::right_paren);
  return make_expression(ParenExpression{{}, inner}, left, right, inner->height);
}

const Expression* Parser::parse_array() {
  const Position left = expect(TokenKind::left_bracket);
  uint16_t height = 0;
  const auto elements = parse_expressions(TokenKind::right_bracket, height);
  const Position right = expect(TokenKind::right_bracket);
  return make_expression(ArrayExpression{{}, elements}, left, right, height);
}

const Expression* Parser::parse_object() {
  const Position left = expect(TokenKind::left_curly);
  uint16_t height = 0;
  std::span<const ObjectField> fields;
  if (token_.kind != TokenKind::right_bracket) fields = parse_fields(height);
  const Position right = expect(TokenKind::right_curly);
  return make_expression(ObjectExpression{{}, fields}, left, right, height);
}

// Stands in where an expression should be; the rest of the line is skipped.
const Expression* Parser::missing_expression() {
  report(fmt::format("expected expression, got {}", name_of(token_.kind)));
  const Position place = token_.position;
  skip_to({TokenKind::terminator, TokenKind::right_paren, TokenKind::right_curly,
           TokenKind::right_bracket, TokenKind::comma});
  return make_expression(LiteralExpression{{}, TokenKind::null, "null"}, place, place.plus(3), 0);
}

// Expressions = [ Expression { "," Expression } [ "," ] ]; raises `height` to the highest one's.
std::span<const Expression* const> Parser::parse_expressions(TokenKind until, uint16_t& height) {
  const size_t from = expressions_.size();
  while (token_.kind != until && token_.kind != TokenKind::end_of_file) {
    const Expression* expression = parse_expression();
    expressions_.push_back(expression);
    height = std::max(height, expression->height);
    if (token_.kind == until) break;
    if (token_.kind != TokenKind::comma) report("missing ',' in expression list");
    next();
  }
  return keep(expressions_, from);
}

// Fields = [ Field { "," Field } [ "," ] ]
std::span<const ObjectField> Parser::parse_fields(uint16_t& height) {
  const size_t from = fields_.size();
  while (token_.kind != TokenKind::right_curly && token_.kind != TokenKind::end_of_file) {
    const ObjectField field = parse_field();
    fields_.push_back(field);
    height = std::max(height, field.value->height);
    if (token_.kind == TokenKind::right_curly) break;
    if (token_.kind != TokenKind::comma) report("missing ',' in field list");
    next();
  }
  return keep(fields_, from);
}

// Field = ( string | identifier ) "=" Expression
ObjectField Parser::parse_field() {
  ObjectField field;
  if (token_.kind == TokenKind::string || token_.kind == TokenKind::identifier) {
    field.quoted = token_.kind == TokenKind::string;
    field.name = {token_.text, token_.position};
    if (field.quoted && token_.text.size() >= 2) {
      field.name.name = token_.text.substr(1, token_.text.size() - 2);
    }
    next();
  } else {
    report(fmt::format("expected field name (string or identifier), got {}", name_of(token_.kind)));
    skip_to({TokenKind::assign});
  }
  expect(TokenKind::assign);
  field.value = parse_expression();
  return field;
}

}  // namespace alloy::syntax
