// Holds docs/language.md to what the program does, and formatting to its promise that doing it
// twice changes nothing: over every text of the language's page and, where they are at hand, of the
// recordings of the real program.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <doctest/doctest.h>
#include <simdjson.h>

#include "base/text.h"
#include "syntax/parser.h"
#include "syntax/printer.h"
#include "values/evaluate.h"
#include "values/operators.h"

namespace alloy {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

const std::string& page() {
  static const std::string text = read(fs::path(ALLOY_SOURCE_DIR) / "docs/language.md");
  return text;
}

std::string formatted(std::string text) {
  auto result = syntax::format(syntax::make_source("example", std::move(text)));
  return result ? *result : "! " + result.error().to_string();
}

// What stands between ```alloy and ``` in the page.
std::vector<std::string> examples() {
  std::vector<std::string> found;
  std::string_view rest = page();
  constexpr std::string_view open = "```alloy\n";
  for (size_t at; (at = rest.find(open)) != std::string_view::npos;) {
    rest.remove_prefix(at + open.size());
    const size_t end = rest.find("```\n");
    found.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  return found;
}

// The code in the first two cells of a table's row; empty if that is something else.
std::pair<std::string_view, std::string_view> row(std::string_view line) {
  if (!line.starts_with("| `") || !line.ends_with("` |")) return {};
  line = line.substr(3, line.size() - 6);
  const size_t middle = line.find("` | `");
  if (middle == std::string_view::npos) return {};
  return {line.substr(0, middle), line.substr(middle + 5)};
}

Value value_of(std::string_view text) {
  const auto file = syntax::parse_expression(syntax::make_source("", std::string(text)));
  REQUIRE(file.has_value());
  const Variables scope;
  auto value = evaluate(*(*file)->expression(), {.scope = scope, .file = ""});
  REQUIRE_MESSAGE(value.has_value(), value.error().to_string());
  return *value;
}

TEST_CASE("every example of the language's page is sound and in the standard layout") {
  const auto found = examples();
  CHECK(found.size() >= 4);
  for (const std::string& example : found) CHECK(formatted(example) == example);
}

TEST_CASE("every expression of the language's page has the value that it says") {
  size_t rows = 0;
  for (const std::string_view line : split(page(), '\n')) {
    const auto [expression, value] = row(line);
    if (expression.empty()) continue;
    CAPTURE(expression);
    CHECK(equal(value_of(expression), value_of(value)));
    ++rows;
  }
  CHECK(rows >= 20);
}

// Adds every text below that could be a configuration: strings, and lists of lines.
void collect_texts(const simdjson::dom::element& element, std::set<std::string>& texts) {
  if (element.is_string()) {
    texts.emplace(std::string_view(element));
  } else if (element.is_object()) {
    for (const auto& [key, member] : simdjson::dom::object(element)) collect_texts(member, texts);
  } else if (element.is_array()) {
    std::string joined;
    for (const auto& item : simdjson::dom::array(element)) {
      if (item.is_string()) joined.append(std::string_view(item)).append("\n");
      if (!item.is_string()) collect_texts(item, texts);
    }
    texts.insert(std::move(joined));
  }
}

TEST_CASE("formatting twice changes nothing, over every recorded text") {
  const char* given = std::getenv("ALLOY_CASES");
  const fs::path cases = given != nullptr
                             ? fs::path(given)
                             : fs::path(ALLOY_SOURCE_DIR) / "../shared/conformance/cases";
  std::set<std::string> texts;
  if (!fs::exists(cases)) {
    MESSAGE("there are no recordings at ", cases.string());
    for (std::string& example : examples()) texts.insert(std::move(example));
  } else {
    simdjson::dom::parser parser;
    for (const auto& entry : fs::recursive_directory_iterator(cases)) {
      if (entry.path().extension() != ".json") continue;
      simdjson::dom::element root;
      // Some recordings hold numbers that this parser has no type for.
      if (parser.load(entry.path().string()).get(root) == simdjson::SUCCESS) {
        collect_texts(root, texts);
      }
    }
  }
  size_t formattable = 0;
  for (const std::string& text : texts) {
    const std::string once = formatted(text);
    if (once.starts_with("! ")) continue;
    CAPTURE(text);
    CHECK(formatted(once) == once);
    ++formattable;
  }
  CHECK(formattable >= 4);
  MESSAGE(formattable, " texts of ", texts.size());
}

}  // namespace
}  // namespace alloy
