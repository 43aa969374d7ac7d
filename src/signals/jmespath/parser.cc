// Operator precedence parsing, with the powers and the error texts of the real program's library.
#include "signals/jmespath/node.h"
#include "signals/json/json_parser.h"
#include "signals/number_text.h"
#include "values/stdlib/json_decode.h"

namespace alloy::jmespath {
namespace {

constexpr int depth_max = 500;
// Below it a token ends a projection.
constexpr int projection_stop = 10;
constexpr int power_flatten = 9;
constexpr int power_star = 20;
constexpr int power_filter = 21;
constexpr int power_dot = 40;
constexpr int power_not = 45;

int power_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::assign:
    case TokenKind::pipe:
      return 1;
    case TokenKind::or_:
      return 2;
    case TokenKind::and_:
      return 3;
    case TokenKind::equal:
    case TokenKind::not_equal:
    case TokenKind::less:
    case TokenKind::less_equal:
    case TokenKind::greater:
    case TokenKind::greater_equal:
      return 5;
    case TokenKind::plus:
    case TokenKind::minus:
      return 6;
    case TokenKind::multiply:
    case TokenKind::divide:
    case TokenKind::modulo:
    case TokenKind::integer_divide:
      return 7;
    case TokenKind::flatten:
      return power_flatten;
    case TokenKind::star:
      return power_star;
    case TokenKind::filter:
      return power_filter;
    case TokenKind::dot:
      return power_dot;
    case TokenKind::not_:
      return power_not;
    case TokenKind::left_brace:
      return 50;
    case TokenKind::left_bracket:
      return 55;
    case TokenKind::left_parenthesis:
      return 60;
    default:
      return 0;
  }
}

Node make(NodeKind kind, std::vector<Node> children = {}) {
  Node node;
  node.kind = kind;
  node.children = std::move(children);
  return node;
}

template <class... Nodes>
Node make_of(NodeKind kind, Nodes... nodes) {
  std::vector<Node> children;
  (children.push_back(std::move(nodes)), ...);
  return make(kind, std::move(children));
}

std::unexpected<Error> syntax_error(std::string message) {
  return fail("SyntaxError: " + std::move(message), ErrorKind::invalid);
}

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Result<Node> parse_all();

 private:
  Result<Node> expression(int power);
  Result<Node> first(const Token& token);
  Result<Node> first_bracket();
  Result<Node> literal(const Token& token);
  Result<Node> behind(TokenKind kind, Node left);
  Result<Node> behind_bracket(Node left);
  Result<Node> operation(TokenKind kind, NodeKind node, Node left);
  Result<Node> index_or_slice(Node left);
  Result<Node> filter(Node left);
  Result<Node> call(Node left);
  Result<Node> list();
  Result<Node> hash();
  Result<Node> let();
  Result<Node> behind_dot(int power);
  Result<Node> projected(int power);
  Result<void> match(TokenKind kind);

  const Token& at(size_t ahead = 0) const {
    return tokens_[std::min(next_ + ahead, tokens_.size() - 1)];
  }
  TokenKind kind() const { return at().kind; }

  std::vector<Token> tokens_;
  size_t next_ = 0;
  int depth_ = 0;
};

Result<void> Parser::match(TokenKind wanted) {
  if (kind() != wanted) {
    return syntax_error("Expected " + std::string(name_of(wanted)) +
                        ", received: " + std::string(name_of(kind())));
  }
  ++next_;
  return {};
}

Result<Node> Parser::parse_all() {
  TRY(Node node, expression(0));
  if (kind() != TokenKind::end) {
    return syntax_error("Unexpected token at the end of the expression: " +
                        std::string(name_of(kind())));
  }
  return node;
}

Result<Node> Parser::expression(int power) {
  if (++depth_ > depth_max) return syntax_error("the expression is nested too deeply");
  const Token token = at();
  ++next_;
  TRY(Node left, first(token));
  while (power < power_of(kind())) {
    const TokenKind next = kind();
    ++next_;
    TRY(left, behind(next, std::move(left)));
  }
  --depth_;
  return left;
}

Result<Node> Parser::literal(const Token& token) {
  Node node = make(NodeKind::literal);
  node.memory = std::make_unique<Scratch>(256);
  const std::string_view text = node.memory->keep(token.text);
  if (token.kind == TokenKind::string_literal) {
    node.literal = JsonValue::text(text);
    return node;
  }
  const auto value = parse_json(text, *node.memory);
  if (!value) {
    const auto explained = stdlib::decode_json(token.text);
    return fail(explained ? "invalid JSON literal" : explained.error().message(),
                ErrorKind::invalid);
  }
  node.literal = *value;
  return node;
}

Result<Node> Parser::first(const Token& token) {
  switch (token.kind) {
    case TokenKind::variable: {
      Node node = make(NodeKind::variable);
      node.name = token.text;
      return node;
    }
    case TokenKind::json_literal:
    case TokenKind::string_literal:
      return literal(token);
    case TokenKind::name:
      if (token.text == "let" && kind() == TokenKind::variable) return let();
      [[fallthrough]];
    case TokenKind::quoted_name: {
      if (token.kind == TokenKind::quoted_name && kind() == TokenKind::left_parenthesis) {
        return syntax_error("Can't have quoted identifier as function name.");
      }
      Node node = make(NodeKind::field);
      node.name = token.text;
      return node;
    }
    case TokenKind::plus:
    case TokenKind::minus: {
      TRY(Node operand, expression(power_of(token.kind)));
      Node node = make_of(NodeKind::arithmetic, std::move(operand));
      node.operation = token.kind;
      return node;
    }
    case TokenKind::star: {
      if (kind() == TokenKind::right_bracket) {
        return make_of(NodeKind::value_projection, Node(), Node());
      }
      TRY(Node right, projected(power_star));
      return make_of(NodeKind::value_projection, Node(), std::move(right));
    }
    case TokenKind::filter:
      return filter(Node());
    case TokenKind::left_brace:
      return hash();
    case TokenKind::flatten: {
      TRY(Node right, projected(power_flatten));
      return make_of(NodeKind::projection, make_of(NodeKind::flatten, Node()), std::move(right));
    }
    case TokenKind::left_bracket:
      return first_bracket();
    case TokenKind::current:
      return Node();
    case TokenKind::root:
      return make(NodeKind::root);
    case TokenKind::expression_reference: {
      TRY(Node operand, expression(0));
      return make_of(NodeKind::reference, std::move(operand));
    }
    case TokenKind::not_: {
      TRY(Node operand, expression(power_not));
      return make_of(NodeKind::not_, std::move(operand));
    }
    case TokenKind::left_parenthesis: {
      TRY(Node inner, expression(0));
      TRY(match(TokenKind::right_parenthesis));
      return inner;
    }
    case TokenKind::end:
      return syntax_error("Incomplete expression");
    default:
      return syntax_error("Invalid token: " + std::string(name_of(token.kind)));
  }
}

Result<Node> Parser::first_bracket() {
  if (kind() == TokenKind::number || kind() == TokenKind::colon) return index_or_slice(Node());
  if (kind() == TokenKind::star && at(1).kind == TokenKind::right_bracket) {
    next_ += 2;
    TRY(Node right, projected(power_star));
    return make_of(NodeKind::projection, Node(), std::move(right));
  }
  return list();
}

Result<Node> Parser::operation(TokenKind token, NodeKind node_kind, Node left) {
  TRY(Node right, expression(power_of(token)));
  Node node = make_of(node_kind, std::move(left), std::move(right));
  node.operation = token;
  return node;
}

Result<Node> Parser::behind(TokenKind token, Node left) {
  switch (token) {
    case TokenKind::dot: {
      if (kind() != TokenKind::star) {
        TRY(Node right, behind_dot(power_dot));
        return make_of(NodeKind::sub, std::move(left), std::move(right));
      }
      ++next_;
      TRY(Node right, projected(power_dot));
      return make_of(NodeKind::value_projection, std::move(left), std::move(right));
    }
    case TokenKind::pipe:
      return operation(token, NodeKind::pipe, std::move(left));
    case TokenKind::or_:
      return operation(token, NodeKind::or_, std::move(left));
    case TokenKind::and_:
      return operation(token, NodeKind::and_, std::move(left));
    case TokenKind::left_parenthesis:
      return call(std::move(left));
    case TokenKind::filter:
      return filter(std::move(left));
    case TokenKind::flatten: {
      Node flat = make_of(NodeKind::flatten, std::move(left));
      TRY(Node right, projected(power_flatten));
      return make_of(NodeKind::projection, std::move(flat), std::move(right));
    }
    case TokenKind::plus:
    case TokenKind::minus:
    case TokenKind::star:
    case TokenKind::multiply:
    case TokenKind::divide:
    case TokenKind::modulo:
    case TokenKind::integer_divide:
      return operation(token, NodeKind::arithmetic, std::move(left));
    case TokenKind::equal:
    case TokenKind::not_equal:
    case TokenKind::less:
    case TokenKind::less_equal:
    case TokenKind::greater:
    case TokenKind::greater_equal:
      return operation(token, NodeKind::compare, std::move(left));
    case TokenKind::left_bracket:
      return behind_bracket(std::move(left));
    default:
      return syntax_error("Unexpected token: " + std::string(name_of(token)));
  }
}

Result<Node> Parser::behind_bracket(Node left) {
  if (kind() == TokenKind::number || kind() == TokenKind::colon) {
    return index_or_slice(std::move(left));
  }
  TRY(match(TokenKind::star));
  TRY(match(TokenKind::right_bracket));
  TRY(Node right, projected(power_star));
  return make_of(NodeKind::projection, std::move(left), std::move(right));
}

Result<Node> Parser::index_or_slice(Node left) {
  if (kind() != TokenKind::colon && at(1).kind != TokenKind::colon) {
    const auto number = parse_integer(at().text);
    if (!number) return syntax_error("invalid index " + at().text);
    ++next_;
    TRY(match(TokenKind::right_bracket));
    Node index = make(NodeKind::index);
    index.number = *number;
    return make_of(NodeKind::sub, std::move(left), std::move(index));
  }
  Node slice = make(NodeKind::slice);
  for (size_t part = 0; kind() != TokenKind::right_bracket; ++next_) {
    if (kind() == TokenKind::colon) {
      if (++part == 3) return syntax_error("Too many colons in slice expression");
    } else if (kind() == TokenKind::number) {
      const auto number = parse_integer(at().text);
      if (!number) return syntax_error("invalid index " + at().text);
      slice.bounds[part] = *number;
    } else {
      return syntax_error("Expected tColon or tNumber, received: " + std::string(name_of(kind())));
    }
  }
  TRY(match(TokenKind::right_bracket));
  Node sliced = make_of(NodeKind::sub, std::move(left), std::move(slice));
  TRY(Node right, projected(power_star));
  return make_of(NodeKind::projection, std::move(sliced), std::move(right));
}

Result<Node> Parser::filter(Node left) {
  TRY(Node condition, expression(0));
  TRY(match(TokenKind::right_bracket));
  Node right;
  if (kind() != TokenKind::flatten) {
    TRY(right, projected(power_filter));
  }
  return make_of(NodeKind::filter, std::move(left), std::move(right), std::move(condition));
}

Result<Node> Parser::call(Node left) {
  if (left.kind != NodeKind::field) return syntax_error("Invalid node as function name.");
  Node node = make(NodeKind::function);
  node.name = left.name;
  while (kind() != TokenKind::right_parenthesis) {
    TRY(Node argument, expression(0));
    if (kind() == TokenKind::comma) ++next_;
    node.children.push_back(std::move(argument));
  }
  ++next_;
  return node;
}

Result<Node> Parser::list() {
  Node node = make(NodeKind::list);
  while (true) {
    TRY(Node element, expression(0));
    node.children.push_back(std::move(element));
    if (kind() == TokenKind::right_bracket) break;
    TRY(match(TokenKind::comma));
  }
  ++next_;
  return node;
}

Result<Node> Parser::hash() {
  Node node = make(NodeKind::hash);
  while (true) {
    if (kind() != TokenKind::name && kind() != TokenKind::quoted_name) {
      return syntax_error("Expected tQuotedIdentifier or tUnquotedIdentifier");
    }
    node.names.push_back(at().text);
    ++next_;
    TRY(match(TokenKind::colon));
    TRY(Node value, expression(0));
    node.children.push_back(std::move(value));
    if (kind() == TokenKind::comma) {
      ++next_;
    } else if (kind() == TokenKind::right_brace) {
      ++next_;
      return node;
    }
  }
}

// let $a = x, $b = y in expression
Result<Node> Parser::let() {
  Node node = make(NodeKind::let);
  while (!(kind() == TokenKind::name && at().text == "in")) {
    if (kind() != TokenKind::variable) {
      return syntax_error("Expected TOKVarref, received: " + std::string(name_of(kind())));
    }
    node.names.push_back(at().text);
    ++next_;
    TRY(match(TokenKind::assign));
    TRY(Node value, expression(0));
    node.children.push_back(std::move(value));
    if (kind() == TokenKind::comma) ++next_;
  }
  ++next_;
  TRY(Node inner, expression(0));
  node.children.push_back(std::move(inner));
  return node;
}

Result<Node> Parser::behind_dot(int power) {
  switch (kind()) {
    case TokenKind::name:
    case TokenKind::quoted_name:
    case TokenKind::star:
      return expression(power);
    case TokenKind::left_bracket:
      ++next_;
      return list();
    case TokenKind::left_brace:
      ++next_;
      return hash();
    default:
      return syntax_error("Expected identifier, lbracket, or lbrace");
  }
}

// What is done with each element of a projection.
Result<Node> Parser::projected(int power) {
  if (power_of(kind()) < projection_stop) return Node();
  switch (kind()) {
    case TokenKind::left_bracket:
    case TokenKind::filter:
      return expression(power);
    case TokenKind::dot:
      ++next_;
      return behind_dot(power);
    default:
      return syntax_error("Error");
  }
}

}  // namespace

Result<Node> parse(std::string_view expression) {
  TRY(auto tokens, tokenize(expression));
  return Parser(std::move(tokens)).parse_all();
}

}  // namespace alloy::jmespath
