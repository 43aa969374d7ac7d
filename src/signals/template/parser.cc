// A recursive descent with the error texts of Go's text/template/parse.
#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "signals/go_string.h"
#include "signals/number_text.h"
#include "signals/template/node.h"
#include "signals/template/token.h"

namespace alloy::go_template {
namespace {

constexpr int depth_max = 500;

class Parser {
 public:
  explicit Parser(std::string_view text) : tokens_(tokenize(text)) {}

  Result<Program> run();

 private:
  enum class Stop : uint8_t { end_of_text, end, else_ };

  const Token& peek() const { return tokens_[next_]; }
  Token take() {
    const Token& token = tokens_[next_];
    if (next_ + 1 < tokens_.size()) ++next_;
    return token;
  }
  bool at_keyword(std::string_view word) const {
    return peek().kind == TokenKind::keyword && peek().text == word;
  }
  std::unexpected<Error> error(std::string_view message, int line) const {
    return fail("template: pipeline_template:" + std::to_string(line) + ": " + std::string(message),
                ErrorKind::invalid);
  }
  std::unexpected<Error> unexpected(const Token& token, std::string_view context) const {
    if (token.kind == TokenKind::error) return error(token.text, token.line);
    return error("unexpected " + token.describe() + " in " + std::string(context), token.line);
  }
  Result<void> expect(TokenKind kind, std::string_view context) {
    const Token token = take();
    if (token.kind != kind) return unexpected(token, context);
    return {};
  }

  // Reads nodes up to {{end}} or {{else}}, of which the opening is consumed.
  Result<Stop> list(std::vector<Node>& into);
  Result<void> statement(std::vector<Node>& into);
  Result<void> control(Node::Kind kind, std::vector<Node>& into);
  Result<void> loop_exit(std::vector<Node>& into);
  Result<void> call(std::vector<Node>& into);
  Result<void> block(std::vector<Node>& into);
  Result<void> define();
  Result<std::string> template_name(std::string_view context);
  Result<void> body_until_end(std::vector<Node>& into, std::string_view context);
  Result<Pipeline> pipeline(std::string_view context, TokenKind end);
  Result<void> declarations(Pipeline& into, std::string_view context);
  Result<void> check(const Pipeline& pipeline, std::string_view context, int line) const;
  Result<Command> command();
  Result<bool> operand(Command& into);
  Result<bool> term(Operand& into);
  Result<Operand> number(const Token& token) const;

  std::vector<Token> tokens_;
  size_t next_ = 0;
  Program program_;
  std::vector<std::string> variables_ = {"$"};
  int ranges_ = 0;
  int depth_ = 0;
};

Result<Program> Parser::run() {
  while (peek().kind != TokenKind::end) {
    if (peek().kind == TokenKind::open && tokens_[next_ + 1].kind == TokenKind::keyword &&
        tokens_[next_ + 1].text == "define") {
      next_ += 2;
      TRY(define());
      continue;
    }
    TRY(const Stop stop, list(program_.main));
    if (stop == Stop::end_of_text) break;
    if (stop == Stop::end) return error("unexpected {{end}}", peek().line);
    if (stop == Stop::else_) return error("unexpected {{else}}", peek().line);
  }
  return std::move(program_);
}

Result<Parser::Stop> Parser::list(std::vector<Node>& into) {
  while (true) {
    const Token token = peek();
    if (token.kind == TokenKind::end) return Stop::end_of_text;
    if (token.kind == TokenKind::plain) {
      Node node;
      node.text = take().text;
      into.push_back(std::move(node));
      continue;
    }
    if (token.kind != TokenKind::open) return unexpected(token, "input");
    if (depth_ == 0 && tokens_[next_ + 1].kind == TokenKind::keyword &&
        tokens_[next_ + 1].text == "define") {
      next_ += 2;
      TRY(define());
      continue;
    }
    take();
    if (at_keyword("end")) {
      take();
      TRY(expect(TokenKind::close, "end"));
      return Stop::end;
    }
    if (at_keyword("else")) {
      take();
      return Stop::else_;
    }
    TRY(statement(into));
  }
}

Result<void> Parser::statement(std::vector<Node>& into) {
  if (peek().kind == TokenKind::keyword) {
    const std::string word = peek().text;
    if (word == "if" || word == "with" || word == "range") {
      take();
      return control(word == "if"     ? Node::Kind::if_
                     : word == "with" ? Node::Kind::with
                                      : Node::Kind::range,
                     into);
    }
    if (word == "break" || word == "continue") return loop_exit(into);
    if (word == "template") return call(into);
    if (word == "block") return block(into);
  }
  Node node;
  node.kind = Node::Kind::action;
  TRY(node.pipeline, pipeline("command", TokenKind::close));
  into.push_back(std::move(node));
  return {};
}

Result<void> Parser::control(Node::Kind kind, std::vector<Node>& into) {
  constexpr std::string_view contexts[] = {"if", "with", "range"};
  const std::string_view context = contexts[static_cast<size_t>(kind) - 2];
  if (++depth_ > depth_max) return error("the template is nested too deeply", peek().line);
  const size_t variables = variables_.size();
  Node node;
  node.kind = kind;
  TRY(node.pipeline, pipeline(context, TokenKind::close));
  ranges_ += kind == Node::Kind::range;
  TRY(Stop stop, list(node.body));
  ranges_ -= kind == Node::Kind::range;
  if (stop == Stop::else_) {
    // {{else if x}} is {{else}}{{if x}} with one end for both.
    if (kind != Node::Kind::range && at_keyword(context)) {
      take();
      TRY(control(kind, node.otherwise));
      stop = Stop::end;
    } else {
      TRY(expect(TokenKind::close, "else"));
      TRY(stop, list(node.otherwise));
      if (stop == Stop::else_) return error("expected end; found {{else}}", peek().line);
    }
  }
  if (stop == Stop::end_of_text) return error("unexpected EOF", peek().line);
  variables_.resize(variables);
  --depth_;
  into.push_back(std::move(node));
  return {};
}

Result<void> Parser::loop_exit(std::vector<Node>& into) {
  const Token word = take();
  if (peek().kind != TokenKind::close) return unexpected(peek(), "{{" + word.text + "}}");
  take();
  if (ranges_ == 0) return error("{{" + word.text + "}} outside {{range}}", word.line);
  Node node;
  node.kind = word.text == "break" ? Node::Kind::break_ : Node::Kind::continue_;
  into.push_back(std::move(node));
  return {};
}

Result<std::string> Parser::template_name(std::string_view context) {
  const Token token = take();
  if (token.kind != TokenKind::string) return unexpected(token, context);
  auto name = unquote_go(token.text);
  if (!name) return error("invalid syntax", token.line);
  return *std::move(name);
}

Result<void> Parser::call(std::vector<Node>& into) {
  take();
  Node node;
  node.kind = Node::Kind::call;
  TRY(node.text, template_name("template clause"));
  node.has_pipeline = peek().kind != TokenKind::close;
  if (node.has_pipeline) {
    TRY(node.pipeline, pipeline("template clause", TokenKind::close));
  } else {
    take();
  }
  into.push_back(std::move(node));
  return {};
}

Result<void> Parser::body_until_end(std::vector<Node>& into, std::string_view context) {
  ++depth_;
  const std::vector<std::string> variables = std::exchange(variables_, {"$"});
  const int ranges = std::exchange(ranges_, 0);
  TRY(const Stop stop, list(into));
  if (stop == Stop::else_) {
    return error("unexpected {{else}} in " + std::string(context), peek().line);
  }
  if (stop == Stop::end_of_text) return error("unexpected EOF", peek().line);
  ranges_ = ranges;
  variables_ = variables;
  --depth_;
  return {};
}

Result<void> Parser::define() {
  TRY(const std::string name, template_name("define clause"));
  TRY(expect(TokenKind::close, "define clause"));
  std::vector<Node> body;
  TRY(body_until_end(body, "define clause"));
  program_.defined[name] = std::move(body);
  return {};
}

Result<void> Parser::block(std::vector<Node>& into) {
  take();
  Node node;
  node.kind = Node::Kind::call;
  TRY(node.text, template_name("block clause"));
  TRY(node.pipeline, pipeline("block clause", TokenKind::close));
  std::vector<Node> body;
  TRY(body_until_end(body, "block clause"));
  program_.defined[node.text] = std::move(body);
  into.push_back(std::move(node));
  return {};
}

// $x := or $x = or, for a range, $i, $x :=
Result<void> Parser::declarations(Pipeline& into, std::string_view context) {
  while (peek().kind == TokenKind::variable) {
    const TokenKind behind = tokens_[next_ + 1].kind;
    if (behind == TokenKind::declare || behind == TokenKind::assign) {
      into.variables.push_back(take().text);
      into.is_assignment = take().kind == TokenKind::assign;
      break;
    }
    if (behind != TokenKind::comma) return {};
    into.variables.push_back(take().text);
    take();
    if (context == "range" && into.variables.size() < 2) {
      if (peek().kind == TokenKind::variable) continue;
      return error("range can only initialize variables", peek().line);
    }
    return error("too many declarations in " + std::string(context), peek().line);
  }
  for (const std::string& name : into.variables) {
    if (!into.is_assignment) {
      variables_.push_back(name);
    } else if (std::ranges::find(variables_, name) == variables_.end()) {
      return error("undefined variable " + quote(name), peek().line);
    }
  }
  return {};
}

Result<void> Parser::check(const Pipeline& made, std::string_view context, int line) const {
  if (made.commands.empty()) return error("missing value for " + std::string(context), line);
  for (size_t i = 1; i < made.commands.size(); ++i) {
    const Operand::Kind kind = made.commands[i].operands.front().kind;
    if (kind == Operand::Kind::dot || kind == Operand::Kind::nil ||
        kind == Operand::Kind::boolean || kind == Operand::Kind::number ||
        kind == Operand::Kind::text) {
      return error("non executable command in pipeline stage " + std::to_string(i + 1), line);
    }
  }
  return {};
}

Result<Pipeline> Parser::pipeline(std::string_view context, TokenKind end) {
  if (++depth_ > depth_max) return error("the template is nested too deeply", peek().line);
  Pipeline made;
  made.line = peek().line;
  TRY(declarations(made, context));
  while (true) {
    const Token token = peek();
    if (token.kind == end) {
      TRY(check(made, context, token.line));
      take();
      --depth_;
      return made;
    }
    switch (token.kind) {
      case TokenKind::boolean:
      case TokenKind::dot:
      case TokenKind::field:
      case TokenKind::name:
      case TokenKind::number:
      case TokenKind::nil:
      case TokenKind::string:
      case TokenKind::variable:
      case TokenKind::left_parenthesis:
        break;
      default:
        return unexpected(token, context);
    }
    TRY(Command next, command());
    made.commands.push_back(std::move(next));
  }
}

Result<Command> Parser::command() {
  Command made;
  while (true) {
    TRY(const bool is_operand, operand(made));
    const Token token = peek();
    if (is_operand && token.after_space && token.kind != TokenKind::pipe &&
        token.kind != TokenKind::close && token.kind != TokenKind::right_parenthesis) {
      if (token.kind == TokenKind::error) return unexpected(token, "operand");
      continue;
    }
    if (token.kind == TokenKind::pipe)
      take();
    else if (token.kind != TokenKind::close && token.kind != TokenKind::right_parenthesis) {
      return unexpected(token, "operand");
    }
    if (made.operands.empty()) return error("empty command", token.line);
    return made;
  }
}

Result<bool> Parser::operand(Command& into) {
  Operand made;
  const std::string spelling = peek().text;
  TRY(const bool is_term, term(made));
  if (!is_term) return false;
  if (peek().kind == TokenKind::field && !peek().after_space) {
    std::vector<std::string> names;
    const int line = peek().line;
    while (peek().kind == TokenKind::field && !peek().after_space) {
      names.push_back(take().text.substr(1));
    }
    switch (made.kind) {
      case Operand::Kind::field:
      case Operand::Kind::variable:
        made.names.insert(made.names.end(), names.begin(), names.end());
        break;
      case Operand::Kind::pipeline:
        made.kind = Operand::Kind::chain;
        made.names = std::move(names);
        break;
      case Operand::Kind::function: {
        // f.x is the field of what f returns.
        Operand chain;
        chain.kind = Operand::Kind::chain;
        chain.names = std::move(names);
        Pipeline inner;
        inner.commands.emplace_back();
        inner.commands.back().operands.push_back(std::move(made));
        chain.pipeline.push_back(std::move(inner));
        made = std::move(chain);
        break;
      }
      default:
        return error("unexpected . after term " + quote(spelling), line);
    }
  }
  into.operands.push_back(std::move(made));
  return true;
}

Result<bool> Parser::term(Operand& into) {
  const Token token = peek();
  switch (token.kind) {
    case TokenKind::name:
      into.kind = Operand::Kind::function;
      into.function = find_function(token.text);
      if (into.function == nullptr) {
        return error("function " + quote(token.text) + " not defined", token.line);
      }
      break;
    case TokenKind::dot:
      into.kind = Operand::Kind::dot;
      break;
    case TokenKind::nil:
      into.kind = Operand::Kind::nil;
      break;
    case TokenKind::boolean:
      into.kind = Operand::Kind::boolean;
      into.constant = Value::boolean(token.text == "true");
      break;
    case TokenKind::variable:
      if (std::ranges::find(variables_, token.text) == variables_.end()) {
        return error("undefined variable " + quote(token.text), token.line);
      }
      into.kind = Operand::Kind::variable;
      into.names = {token.text};
      break;
    case TokenKind::field:
      into.kind = Operand::Kind::field;
      into.names = {token.text.substr(1)};
      break;
    case TokenKind::number: {
      TRY(into, number(token));
      break;
    }
    case TokenKind::string: {
      auto text = unquote_go(token.text);
      if (!text) return error("invalid syntax", token.line);
      into.kind = Operand::Kind::text;
      into.constant = Value::text(*std::move(text));
      break;
    }
    case TokenKind::left_parenthesis: {
      take();
      TRY(Pipeline inner, pipeline("parenthesized pipeline", TokenKind::right_parenthesis));
      into.kind = Operand::Kind::pipeline;
      into.pipeline.push_back(std::move(inner));
      return true;
    }
    default:
      return false;
  }
  take();
  return true;
}

Result<Operand> Parser::number(const Token& token) const {
  Operand made;
  made.kind = Operand::Kind::number;
  if (token.text.starts_with('\'')) {
    const auto text = unquote_go(token.text);
    if (!text) return error("malformed character constant: " + token.text, token.line);
    std::string_view rest = *text;
    made.constant = Value::integer(static_cast<int64_t>(next_code_point(rest)));
    made.is_ideal_integer = true;
    return made;
  }
  std::string digits = token.text;
  const auto integer = parse_integer(digits, 0);
  std::erase(digits, '_');
  const bool is_hex = digits.contains('x') || digits.contains('X');
  const bool looks_float = digits.find_first_of(is_hex ? ".pP" : ".eEpP") != std::string::npos;
  if (integer && !looks_float) {
    made.constant = Value::integer(*integer);
    made.is_ideal_integer = true;
    return made;
  }
  const auto floating = parse_double(digits);
  if (!floating || !looks_float)
    return error("illegal number syntax: " + quote(token.text), token.line);
  made.constant = Value::floating(*floating);
  made.is_ideal_float = true;
  made.is_ideal_integer = std::trunc(*floating) == *floating && std::abs(*floating) < 9e18;
  return made;
}

}  // namespace

Result<Program> parse(std::string_view text) { return Parser(text).run(); }

}  // namespace alloy::go_template
