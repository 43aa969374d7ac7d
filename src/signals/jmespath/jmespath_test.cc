#include "signals/jmespath/jmespath.h"

#include <doctest/doctest.h>

#include "signals/json/json_parser.h"

namespace alloy {
namespace {

constexpr std::string_view document = R"({
  "http": {"request": {"method": "POST", "path": "/x"}},
  "items": [{"name": "b", "n": 1}, {"name": "c", "n": 3}, {"name": "a", "n": 2}],
  "deep": [[1, 2], [3, [4]], 5], "text": "Ünder", "user-agent": "curl"})";

std::string found(std::string_view expression) {
  const auto path = JmesPath::compile(expression);
  if (!path) return path.error().message();
  Scratch scratch;
  const auto result = path->search(*parse_json(document, scratch), scratch);
  return result ? to_json(*result) : "error: " + result.error().message();
}

TEST_CASE("paths, indexes, slices and projections") {
  CHECK(found("http.request.method") == R"("POST")");
  CHECK(found("http.nothing.method") == "null");
  CHECK(found("items[-1].name") == R"("a")");
  CHECK(found("items[0:2].name") == R"(["b","c"])");
  CHECK(found("items[::-1].n") == "[2,3,1]");
  CHECK(found("deep[]") == "[1,2,3,[4],5]");
  CHECK(found("http.request.*") == R"(["POST","/x"])");
  CHECK(found("\"user-agent\"") == R"("curl")");
  CHECK(found("text[0:1]") == R"("Ü")");
  CHECK(found("items[0].[name, n]") == R"(["b",1])");
  CHECK(found("items[*].{x: name} | [0]") == R"({"x":"b"})");
}

TEST_CASE("filters, logic and arithmetic") {
  CHECK(found("items[?n > `1`].name") == R"(["c","a"])");
  CHECK(found("items[?name == 'a' && n == `2`].n") == "[2]");
  CHECK(found("missing || text") == R"("Ünder")");
  CHECK(found("!missing") == "true");
  CHECK(found("items[0].n + items[1].n * `2`") == "7");
  CHECK(found("let $x = items[1].n in items[?n < $x].n") == "[1,2]");
  CHECK(found("items[*].[n, length($.items)] | [0]") == "[1,3]");
}

TEST_CASE("functions check number and types of their arguments") {
  CHECK(found("sort_by(items, &name)[*].n") == "[2,1,3]");
  CHECK(found("max_by(items, &n).name") == R"("c")");
  CHECK(found("join('-', items[*].name)") == R"("b-c-a")");
  CHECK(found("upper(text)") == R"("ÜNDER")");
  CHECK(found("to_string(items[0])") == R"("{\"n\":1,\"name\":\"b\"}")");
  CHECK(found("to_number('7.5')") == "7.5");
  CHECK(found("abs(text)") == "error: invalid type for argument 1 of abs");
  CHECK(found("abs()") ==
        "error: invalid arity, the function 'abs' expects 1 argument but none were supplied");
  CHECK(found("nope(@)") == "error: unknown function: nope");
}

TEST_CASE("mistakes are refused in the words of the real program") {
  CHECK(found("b[") == "SyntaxError: Expected TOKStar, received: TOKEOF");
  CHECK(found("") == "SyntaxError: Incomplete expression");
  CHECK(found("`x`") == "invalid character 'x' looking for beginning of value");
  CHECK(found("a b") ==
        "SyntaxError: Unexpected token at the end of the expression: TOKUnquotedIdentifier");
  CHECK(found("#") == "SyntaxError: Unknown char: '#'");
  CHECK(found("'open") == "SyntaxError: Unclosed delimiter: '");
  CHECK(found(std::string(10'000, '(')).starts_with("SyntaxError"));
}

TEST_CASE("only plain names are a path") {
  CHECK(JmesPath::compile("a.b.\"c d\"")->as_path() == std::vector<std::string>{"a", "b", "c d"});
  CHECK(!JmesPath::compile("a[0]")->as_path());
  CHECK(!JmesPath::compile("a || b")->as_path());
}

}  // namespace
}  // namespace alloy
