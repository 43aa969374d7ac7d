// Cuts expressions into tokens.
#include "signals/jmespath/token.h"

#include <algorithm>

#include "base/text.h"
#include "signals/json/json_parser.h"

namespace alloy::jmespath {
namespace {

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Spelling {
  std::string_view text;
  TokenKind kind;
};

// Longer ones first.
constexpr Spelling spellings[] = {
    {"[?", TokenKind::filter},
    {"[]", TokenKind::flatten},
    {"//", TokenKind::integer_divide},
    {"||", TokenKind::or_},
    {"&&", TokenKind::and_},
    {"<=", TokenKind::less_equal},
    {">=", TokenKind::greater_equal},
    {"==", TokenKind::equal},
    {"!=", TokenKind::not_equal},
    {".", TokenKind::dot},
    {"*", TokenKind::star},
    {",", TokenKind::comma},
    {":", TokenKind::colon},
    {"{", TokenKind::left_brace},
    {"}", TokenKind::right_brace},
    {"[", TokenKind::left_bracket},
    {"]", TokenKind::right_bracket},
    {"(", TokenKind::left_parenthesis},
    {")", TokenKind::right_parenthesis},
    {"@", TokenKind::current},
    {"+", TokenKind::plus},
    {"-", TokenKind::minus},
    {"%", TokenKind::modulo},
    {"/", TokenKind::divide},
    {"|", TokenKind::pipe},
    {"<", TokenKind::less},
    {">", TokenKind::greater},
    {"!", TokenKind::not_},
    {"=", TokenKind::assign},
    {"&", TokenKind::expression_reference},
    {"\xe2\x88\x92", TokenKind::minus},  // U+2212
    {"\xc3\x97", TokenKind::multiply},   // U+00D7
    {"\xc3\xb7", TokenKind::divide},     // U+00F7
};

// The size of what lies between two delimiters, behind the first; a backslash protects what
// follows.
size_t delimited_size(std::string_view text, char delimiter) {
  size_t size = 0;
  while (size < text.size() && text[size] != delimiter) {
    size += text[size] == '\\' && size + 1 < text.size() ? 2 : 1;
  }
  return size < text.size() ? size : std::string_view::npos;
}

std::unexpected<Error> syntax_error(std::string message) {
  return fail("SyntaxError: " + std::move(message), ErrorKind::invalid);
}

// 'raw' with \' and \\ only, `json` with \`, "name" with the escapes of JSON.
Result<Token> delimited(std::string_view& text) {
  const char delimiter = text[0];
  text.remove_prefix(1);
  const size_t size = delimited_size(text, delimiter);
  if (size == std::string_view::npos) {
    return syntax_error(std::string("Unclosed delimiter: ") + delimiter);
  }
  const std::string_view content = text.substr(0, size);
  text.remove_prefix(size + 1);
  Token token;
  if (delimiter == '"') {
    Scratch scratch;
    const std::string quoted = "\"" + std::string(content) + "\"";
    const auto name = parse_json(quoted, scratch);
    if (!name) return syntax_error("invalid quoted identifier " + quoted);
    return Token{TokenKind::quoted_name, std::string(name->as_text())};
  }
  token.kind = delimiter == '`' ? TokenKind::json_literal : TokenKind::string_literal;
  for (size_t i = 0; i < content.size(); ++i) {
    const bool is_escape =
        content[i] == '\\' && i + 1 < content.size() &&
        (content[i + 1] == delimiter || (delimiter == '\'' && content[i + 1] == '\\'));
    if (is_escape) ++i;
    token.text += content[i];
  }
  return token;
}

size_t run_of(std::string_view text, size_t start, bool (*accepts)(char)) {
  while (start < text.size() && accepts(text[start])) ++start;
  return start;
}

Result<Token> next_token(std::string_view& text) {
  const auto take = [&](TokenKind kind, size_t size) {
    Token token{kind, std::string(text.substr(0, size))};
    text.remove_prefix(size);
    return token;
  };
  const auto is_name = [](char c) { return is_name_start(c) || is_digit(c); };
  const char first = text[0];
  if (is_name_start(first)) return take(TokenKind::name, run_of(text, 1, is_name));
  if (is_digit(first) || (first == '-' && text.size() > 1 && is_digit(text[1]))) {
    return take(TokenKind::number, run_of(text, 1, is_digit));
  }
  if (first == '$') {
    const size_t size = run_of(text, 1, is_name);
    return take(size == 1 ? TokenKind::root : TokenKind::variable, size);
  }
  if (first == '"' || first == '\'' || first == '`') return delimited(text);
  for (const auto& [spelling, kind] : spellings) {
    if (text.starts_with(spelling)) return take(kind, spelling.size());
  }
  std::string_view rest = text;
  next_code_point(rest);
  return syntax_error("Unknown char: '" + std::string(text.substr(0, text.size() - rest.size())) +
                      "'");
}

}  // namespace

std::string_view name_of(TokenKind kind) {
  constexpr std::string_view names[] = {"TOKUnknown",
                                        "TOKStar",
                                        "TOKDot",
                                        "TOKFilter",
                                        "TOKFlatten",
                                        "TOKLparen",
                                        "TOKRparen",
                                        "TOKLbracket",
                                        "TOKRbracket",
                                        "TOKLbrace",
                                        "TOKRbrace",
                                        "TOKOr",
                                        "TOKPipe",
                                        "TOKNumber",
                                        "TOKUnquotedIdentifier",
                                        "TOKQuotedIdentifier",
                                        "TOKComma",
                                        "TOKColon",
                                        "TOKPlus",
                                        "TOKMinus",
                                        "TOKMultiply",
                                        "TOKDivide",
                                        "TOKModulo",
                                        "TOKDiv",
                                        "TOKLT",
                                        "TOKLTE",
                                        "TOKGT",
                                        "TOKGTE",
                                        "TOKEQ",
                                        "TOKNE",
                                        "TOKJSONLiteral",
                                        "TOKStringLiteral",
                                        "TOKCurrent",
                                        "TOKRoot",
                                        "TOKExpref",
                                        "TOKAnd",
                                        "TOKNot",
                                        "TOKVarref",
                                        "TOKAssign",
                                        "TOKEOF"};
  return names[static_cast<size_t>(kind)];
}

Result<std::vector<Token>> tokenize(std::string_view expression) {
  std::vector<Token> tokens;
  while (!expression.empty()) {
    if (std::string_view(" \t\n\r").contains(expression[0])) {
      expression.remove_prefix(1);
      continue;
    }
    TRY(auto token, next_token(expression));
    tokens.push_back(std::move(token));
  }
  tokens.emplace_back();
  return tokens;
}

}  // namespace alloy::jmespath
