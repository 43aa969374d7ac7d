// The parser's frame and the rules for statements; those for expressions are in
// parser_expressions.cc.
#include "syntax/parser.h"

#include <algorithm>

#include "base/text.h"
#include "syntax/literal.h"
#include "syntax/parser_state.h"

namespace alloy::syntax {

namespace {

// What people have in mind who write such a token behind a statement.
std::string_view hint_behind_statement(TokenKind kind) {
  switch (kind) {
    case TokenKind::comma:
      return "attributes and blocks stand on lines of their own, without commas";
    case TokenKind::identifier:
      return "every attribute stands on a line of its own; text and durations in double quotes";
    default:
      return "";
  }
}

// The same for one behind the name of a block.
std::string_view hint_at_label(TokenKind kind) {
  switch (kind) {
    case TokenKind::identifier:
      return "the label of a block stands in double quotes";
    case TokenKind::terminator:
      return "the { of a block stands on the line of its name";
    case TokenKind::number:
    case TokenKind::floating:
    case TokenKind::boolean:
      return "an attribute has a = between its name and its value";
    default:
      return "";
  }
}

}  // namespace

Parser::Parser(File& file, Diagnostics& diagnostics, Span part)
    : file_(file),
      arena_(file.arena_),
      diagnostics_(diagnostics),
      scanner_(*file.source(), file.arena_, diagnostics, part) {
  next();
}

void Parser::parse_file() {
  file_.body_ = parse_body(TokenKind::end_of_file);
  file_.comments_ = keep(comment_groups_, 0);
}

void Parser::parse_single_expression() {
  file_.expression_ = parse_expression();
  expect(TokenKind::terminator);
  file_.comments_ = keep(comment_groups_, 0);
}

void Parser::read_token() {
  if (!is_stopped_) scanner_.next(token_);
}

// Goes to the next token that is no comment.
void Parser::next() {
  read_token();
  while (token_.kind == TokenKind::comment) read_comment_group();
}

void Parser::read_comment_group() {
  uint32_t end_line = token_.position.line;
  while (token_.kind == TokenKind::comment && token_.position.line <= end_line + 1) {
    const auto lines_in = [&](std::string_view text) {
      return static_cast<uint32_t>(std::ranges::count(text, '\n'));
    };
    const std::string_view text = token_.text;
    end_line = token_.position.line + lines_in(text);
    // As seen without the carriage returns that the comment lost.
    const auto raw = std::string_view(file_.source()->text).substr(token_.position.offset);
    const uint32_t last_line = token_.position.line + lines_in(raw.substr(0, text.size() - 1));
    comments_.push_back({token_.position, last_line, text});
    read_token();
  }
  comment_groups_.push_back(keep(comments_, 0));
}

// Takes the current token, which is reported if it is not of the kind, and gives its place.
Position Parser::expect(TokenKind kind) {
  const Position place = token_.position;
  if (token_.kind != kind) {
    report(fmt::format("expected {}, got {}", name_of(kind), name_of(token_.kind)));
  }
  next();
  return place;
}

void Parser::skip_to(std::initializer_list<TokenKind> kinds) {
  while (token_.kind != TokenKind::end_of_file &&
         std::ranges::find(kinds, token_.kind) == kinds.end()) {
    next();
  }
}

// Skips to the terminator of the statement, past those within brackets.
void Parser::skip_statement() {
  int curly = 0;
  int bracket = 0;
  int paren = 0;
  for (; token_.kind != TokenKind::end_of_file; next()) {
    switch (token_.kind) {
      case TokenKind::left_curly:
        ++curly;
        break;
      case TokenKind::right_curly:
        --curly;
        break;
      case TokenKind::left_bracket:
        ++bracket;
        break;
      case TokenKind::right_bracket:
        --bracket;
        break;
      case TokenKind::left_paren:
        ++paren;
        break;
      case TokenKind::right_paren:
        --paren;
        break;
      case TokenKind::terminator:
        if (curly <= 0 && bracket <= 0 && paren <= 0) return;
        break;
      default:
        break;
    }
  }
}

void Parser::report(std::string message, std::string_view note) {
  if (reported_line_ == token_.position.line) return;
  reported_line_ = token_.position.line;
  Diagnostic diagnostic{.range = {file_.name(), token_.position, {}},
                        .message = std::move(message)};
  if (!note.empty()) diagnostic.notes.emplace_back(note);
  diagnostics_.add(std::move(diagnostic));
}

// Reports and ends the text here: what is deeper is not looked at.
void Parser::stop_as_too_deep() {
  if (is_stopped_) return;
  diagnostics_.add_error({file_.name(), token_.position, {}},
                         fmt::format("nested more than {} levels deep", nesting_max));
  is_stopped_ = true;
  reported_line_ = token_.position.line;
  token_.kind = TokenKind::end_of_file;
}

// Body = [ Statement { terminator Statement } ], up to a token that is left to the caller.
Body Parser::parse_body(TokenKind until) {
  const Nesting nesting(*this);
  const size_t from = statements_.size();
  while (token_.kind != until && token_.kind != TokenKind::end_of_file) {
    if (const Statement* statement = parse_statement()) statements_.push_back(statement);
    if (token_.kind == until) break;
    if (token_.kind != TokenKind::terminator) {
      report(
          fmt::format("expected {}, got {}", name_of(TokenKind::terminator), name_of(token_.kind)),
          hint_behind_statement(token_.kind));
      skip_statement();
    }
    next();
  }
  return keep(statements_, from);
}

// Statement = Name "=" Expression | Name [ label ] "{" Body "}"; null if there is none.
const Statement* Parser::parse_statement() {
  StatementName name;
  if (!parse_statement_name(name)) {
    skip_to({TokenKind::identifier});
    return nullptr;
  }
  if (token_.kind == TokenKind::assign) return parse_attribute(name);
  if (token_.kind == TokenKind::left_curly) return parse_block(name);

  const bool may_be_attribute = name.parts == 1 && name.label.empty();
  const bool lacks_assign = name.parts == 1 && token_.kind == TokenKind::terminator;
  report(fmt::format("expected {}, got {}",
                     may_be_attribute ? "attribute assignment or block body" : "block body",
                     name_of(token_.kind)),
         lacks_assign ? "an attribute has a = between its name and its value" : "");
  skip_to({TokenKind::identifier});
  return nullptr;
}

// Name = identifier { "." identifier } [ string ]; false if there is no identifier.
bool Parser::parse_statement_name(StatementName& name) {
  if (token_.kind != TokenKind::identifier) {
    report(fmt::format("expected identifier, got {}", name_of(token_.kind)));
    return false;
  }
  name.position = token_.position;
  name.name = parse_dotted_name(name);
  if (token_.kind != TokenKind::assign && token_.kind != TokenKind::left_curly) {
    parse_label(name);
  }
  return true;
}

std::string_view Parser::parse_dotted_name(StatementName& name) {
  joined_name_ = token_.text;
  const uint32_t start = token_.position.offset;
  uint32_t end = start + static_cast<uint32_t>(token_.text.size());
  name.parts = 1;
  for (next(); token_.kind == TokenKind::dot; next()) {
    next();
    if (token_.kind != TokenKind::identifier) {
      report(fmt::format("expected identifier, got {}", name_of(token_.kind)));
    }
    ++name.parts;
    joined_name_ += '.';
    joined_name_ += token_.text;
    end = token_.position.offset + static_cast<uint32_t>(token_.text.size());
  }
  const auto written = std::string_view(file_.source()->text).substr(start, end - start);
  if (written == joined_name_) return written;
  auto* copy = static_cast<char*>(arena_.allocate(joined_name_.size(), 1));
  joined_name_.copy(copy, joined_name_.size());
  return {copy, joined_name_.size()};
}

void Parser::parse_label(StatementName& name) {
  if (token_.kind != TokenKind::string) {
    report(fmt::format("expected block label, got {}", name_of(token_.kind)),
           hint_at_label(token_.kind));
    return next();
  }
  const std::string_view text = token_.text;
  if (text.front() != '"') {
    report(
        fmt::format("expected block label to be a double quoted string, but got {}", quote(text)));
  }
  if (text.size() > 2) {
    name.label = text.substr(1, text.size() - 2);
    if (!is_identifier(name.label)) {
      report(fmt::format("expected block label to be a valid identifier, but got {}",
                         quote(name.label)));
    }
  }
  name.label_position = token_.position;
  next();
}

// The place so many bytes further in the text.
Position Parser::behind(Position start, uint32_t bytes) const {
  Position place = start;
  for (const char c : std::string_view(file_.source()->text).substr(start.offset, bytes)) {
    place = c == '\n' ? Position{place.offset + 1, place.line + 1, 1} : place.plus(1);
  }
  return place;
}

const Statement* Parser::parse_attribute(const StatementName& name) {
  next();
  const auto name_size = static_cast<uint32_t>(name.name.size());
  const auto label_size = static_cast<uint32_t>(name.label.size());
  if (name.parts != 1) {
    // The name may be spread over several lines; its length is then counted from its start all the
    // same.
    diagnostics_.add_error({file_.name(), name.position, behind(name.position, name_size - 1)},
                           "attribute names may only consist of a single identifier with no \".\"");
  } else if (name.label_position.valid()) {
    diagnostics_.add_error(
        {file_.name(), name.label_position, name.label_position.plus(label_size + 1)},
        "attribute names may not have labels");
  }
  const Expression* value = parse_expression();
  return make(AttributeStatement{
      {StatementKind::attribute, name.position, value->end}, {name.name, name.position}, value});
}

const Statement* Parser::parse_block(const StatementName& name) {
  const Position left_curly = expect(TokenKind::left_curly);
  const Body body = parse_body(TokenKind::right_curly);
  const Position right_curly = expect(TokenKind::right_curly);
  return make(BlockStatement{{StatementKind::block, name.position, right_curly},
                             name.name,
                             name.label,
                             name.label_position,
                             left_curly,
                             body});
}

namespace {

template <class Parse>
Diagnosed<FilePointer> parse(SourcePointer source, Parse parse_root, Span part = {}) {
  auto file = std::make_shared<File>(std::move(source));
  Diagnostics diagnostics;
  if (file->source()->text.size() > source_bytes_max) {
    diagnostics.add_error({file->name(), {}, {}}, "the file is too large");
    return std::unexpected(std::move(diagnostics));
  }
  Parser parser(*file, diagnostics, part);
  parse_root(parser);
  if (!diagnostics.empty()) return std::unexpected(std::move(diagnostics));
  return file;
}

}  // namespace

Diagnosed<FilePointer> parse_file(SourcePointer source) {
  return parse(std::move(source), [](Parser& parser) { parser.parse_file(); });
}

Diagnosed<FilePointer> parse_file(std::string name, std::string text) {
  return parse_file(make_source(std::move(name), std::move(text)));
}

Diagnosed<FilePointer> parse_block(SourcePointer source, Span span) {
  return parse(std::move(source), [](Parser& parser) { parser.parse_file(); }, span);
}

Diagnosed<FilePointer> parse_expression(SourcePointer source) {
  return parse(std::move(source), [](Parser& parser) { parser.parse_single_expression(); });
}

}  // namespace alloy::syntax
