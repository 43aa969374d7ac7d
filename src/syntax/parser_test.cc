#include "syntax/parser.h"

#include <doctest/doctest.h>

namespace alloy::syntax {
namespace {

std::string mistakes(std::string text) {
  const auto file = parse_file("f", std::move(text));
  return file ? "" : file.error().to_string();
}

FilePointer parsed(std::string text) {
  auto file = parse_file("f", std::move(text));
  REQUIRE(file.has_value());
  return *file;
}

const Expression& value_of(const Statement& statement) {
  REQUIRE(as<AttributeStatement>(statement) != nullptr);
  return *as<AttributeStatement>(statement)->value;
}

TEST_CASE("blocks have a name, a label and a body, each with its place") {
  const FilePointer file = parsed("a . b \"c\" {\n  d = 1\n}\n");
  REQUIRE(file->body().size() == 1);
  const auto* block = as<BlockStatement>(*file->body()[0]);
  REQUIRE(block != nullptr);
  CHECK(block->name == "a.b");
  CHECK(block->label == "c");
  CHECK(block->label_position == Position{6, 1, 7});
  CHECK(block->left_curly == Position{10, 1, 11});
  CHECK(block->end == Position{20, 3, 1});
  CHECK(block->body.size() == 1);
}

TEST_CASE("expressions reach from their first to their last character") {
  const FilePointer file = parsed("a = x.y[0](1) + `two\nlines`\n");
  const auto* sum = as<BinaryExpression>(value_of(*file->body()[0]));
  REQUIRE(sum != nullptr);
  CHECK(sum->span() == Span{{4, 1, 5}, {26, 2, 6}});
  CHECK(sum->left->span() == Span{{4, 1, 5}, {12, 1, 13}});
  const auto* call = as<CallExpression>(*sum->left);
  REQUIRE(call != nullptr);
  CHECK(call->arguments.size() == 1);
}

TEST_CASE("operators bind as in arithmetic, and powers to the right") {
  const auto root = [](const FilePointer& file) {
    return as<BinaryExpression>(value_of(*file->body()[0]));
  };
  const FilePointer sum = parsed("a = 1 + 2 * 3\n");
  CHECK(root(sum)->operation == TokenKind::plus);
  const FilePointer difference = parsed("a = 1 - 2 - 3\n");
  CHECK(root(difference)->left->kind == ExpressionKind::binary);
  const FilePointer power = parsed("a = 1 ^ 2 ^ 3\n");
  CHECK(root(power)->right->kind == ExpressionKind::binary);
}

TEST_CASE("comments without an empty line between them are one group") {
  const FilePointer file = parsed("// a\n// b\n\n/* c */ x = 1\n");
  REQUIRE(file->comments().size() == 2);
  CHECK(file->comments()[0].size() == 2);
  CHECK(file->comments()[1][0].text == "/* c */");
}

TEST_CASE("columns count bytes, and a byte order mark is three of them") {
  CHECK(mistakes("\xEF\xBB\xBF"
                 "a = )\n") == "f:1:8: expected expression, got )");
  CHECK(mistakes("é = é é\n").starts_with("f:1:9: expected TERMINATOR, got IDENT"));
}

TEST_CASE("a line has at most one syntax error, and later lines are still looked at") {
  CHECK(mistakes("a = = = 1\nb = 2\nc = )\n") ==
        "f:1:5: expected expression, got =; f:3:5: expected expression, got )");
}

TEST_CASE("a block where a value should be is named as such") {
  CHECK(mistakes("a = b \"c\" {\n d = 1\n}\n") == "f:1:5: cannot use a block as an expression");
}

TEST_CASE("labels are identifiers in double quotes") {
  CHECK(mistakes("a `b` {}\n") ==
        "f:1:3: expected block label to be a double quoted string, but got \"`b`\"");
  CHECK(mistakes("a \"b-c\" {}\n") ==
        "f:1:3: expected block label to be a valid identifier, but got \"b-c\"");
  CHECK(mistakes("a \"b\" = 1\n") == "f:1:3: attribute names may not have labels");
}

TEST_CASE("strings end on their line, escapes are checked") {
  CHECK(mistakes("a = \"b\n").starts_with("f:1:5: string literal not terminated"));
  CHECK(mistakes("a = \"\\q\"\n") == "f:1:7: unknown escape sequence");
  CHECK(mistakes("a = \"\\uD800\"\n") == "f:1:7: escape sequence is invalid Unicode code point");
  CHECK(
      mistakes("a = 'b'\n").starts_with("f:1:5: illegal single-quoted string; use double quotes"));
}

TEST_CASE("what no text may contain is reported") {
  CHECK(mistakes("// \xFF\n") == "f:1:4: illegal UTF-8 encoding");
  CHECK(mistakes(std::string("// \0\n", 5)) == "f:1:4: illegal character NUL");
  CHECK(mistakes("a = 1 ~\n").starts_with("f:1:7: illegal character U+007E '~'"));
}

TEST_CASE("nesting without end is refused, as deep as it may be it is not") {
  const std::string deep(100000, '[');
  CHECK(mistakes("a = " + deep) == "f:1:1003: nested more than 1000 levels deep");
  CHECK(mistakes("a = " + std::string(100000, '-') + "1\n").contains("nested more than"));
  std::string sum = "a = 1";
  for (int i = 0; i < 2000; ++i) sum += " + 1";
  CHECK(mistakes(sum + "\n").contains("nested more than"));
  CHECK(mistakes("a = " + std::string(990, '(') + "1" + std::string(990, ')') + "\n").empty());
}

TEST_CASE("a block parsed again on its own has the same places") {
  const FilePointer file =
      parsed("first { }\n/* x */ a . b \"c\" {\n  d = [1,\n    2]\n} // end\ne = 2\n");
  const auto& whole = static_cast<const BlockStatement&>(*file->body()[1]);
  const auto part = parse_block(file->source(), whole.span());
  REQUIRE(part.has_value());
  REQUIRE((*part)->body().size() == 1);
  const auto* block = as<BlockStatement>(*(*part)->body()[0]);
  REQUIRE(block != nullptr);
  CHECK(block->name == "a.b");
  CHECK(block->span() == whole.span());
  CHECK(block->label_position == whole.label_position);
  CHECK(block->left_curly == whole.left_curly);
  REQUIRE(block->body.size() == 1);
  CHECK(value_of(*block->body[0]).span() == value_of(*whole.body[0]).span());
}

TEST_CASE("a single expression must be the whole text") {
  CHECK(parse_expression(make_source("", "1 + 2")).has_value());
  const auto two = parse_expression(make_source("", "1 2"));
  REQUIRE(!two.has_value());
  CHECK(two.error().to_string() == "1:3: expected TERMINATOR, got NUMBER");
}

TEST_CASE("habits from other languages are met with a hint") {
  const auto hint = [](std::string text) {
    const auto file = parse_file("f", std::move(text));
    REQUIRE(!file);
    const auto& notes = (*file.error().begin()).notes;
    return notes.empty() ? std::string() : notes.front();
  };
  CHECK(hint("# comment\n") == "comments start with // or /*");
  CHECK(hint("a {\n  b: 1\n}\n") == "a name and its value are joined by =");
  CHECK(hint("a {\n  b = 1;\n}\n") == "statements end with their line");
  CHECK(hint("a {\n  b = 1,\n}\n") ==
        "attributes and blocks stand on lines of their own, without commas");
  CHECK(hint("a {\n  b = 15s\n}\n") ==
        "every attribute stands on a line of its own; text and durations in double quotes");
  CHECK(hint("a b {\n}\n") == "the label of a block stands in double quotes");
  CHECK(hint("a\n{\n}\n") == "the { of a block stands on the line of its name");
  CHECK(hint("a {\n  b \"c\"\n}\n") == "an attribute has a = between its name and its value");
  CHECK(hint("a {\n  b 5\n}\n") == "an attribute has a = between its name and its value");
  CHECK(hint("a {\n") == "");
}

}  // namespace
}  // namespace alloy::syntax
