// Answers the differential test of the language (syntax/differential_test.go) over standard input
// and output: a request is "<operation> <bytes>\n" and that many bytes; an answer is
// "<status> <bytes>\n" and that many bytes.
//
// Operation "format": status "ok" with the text, or "errors" with a line for each diagnostic, or
// "wrong" with what is wrong about the printed text in itself.
//
// Operation "evaluate": status "ok" with a spelling of the expression's value that tells its kinds
// of numbers apart, or "errors".
#include <bit>
#include <cmath>
#include <cstdio>
#include <map>
#include <string>

#include <fmt/format.h>

#include "fuzz/tree_dump.h"
#include "syntax/parser.h"
#include "syntax/printer.h"
#include "values/evaluate.h"

namespace {

using namespace alloy;
using namespace alloy::syntax;

struct Answer {
  std::string status;
  std::string text;
};

std::string describe(const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) {
    const Position end = diagnostic.range.end;
    out += fmt::format("{} to {}:{}\n", diagnostic.to_string(), end.line, end.column);
  }
  return out;
}

Answer format_and_check(std::string text) {
  const auto file = parse_file("test", std::move(text));
  if (!file) return {"errors", describe(file.error())};
  std::string printed = print(**file) + "\n";
  const auto again = parse_file("printed", printed);
  if (!again) return {"wrong", "does not parse: " + describe(again.error()) + printed};
  if (TreeDump().dump(**file) != TreeDump().dump(**again)) {
    return {"wrong", "means something else:\n" + printed};
  }
  const std::string twice = print(**again) + "\n";
  if (twice != printed) return {"wrong", "differs when printed again:\n" + printed + twice};
  return {"ok", printed};
}

std::string spell(const Value& value);

std::string spell(Number number) {
  switch (number.kind()) {
    case NumberKind::integer:
      return fmt::format("int {}", number.as_integer());
    case NumberKind::unsigned_integer:
      // As a value of its own the original makes it signed where it can.
      return fmt::format("{} {}", number.as_unsigned() >> 63 == 0 ? "int" : "uint",
                         number.as_unsigned());
    case NumberKind::floating:
      break;
  }
  if (std::isnan(number.as_floating())) return "float NaN";
  return fmt::format("float {:016x}", std::bit_cast<uint64_t>(number.as_floating()));
}

std::string spell_members(const Object& object) {
  std::map<std::string_view, const Value*> members;
  for (const auto& member : object.members()) members[member.key] = &member.value;
  std::string out = "{";
  for (const auto& [key, member] : members)
    out += fmt::format("{}={},", quote(key), spell(*member));
  return out + "}";
}

std::string spell(const Value& value) {
  if (value.is_null()) return "null";
  if (value.is_boolean()) return value.as_boolean() ? "true" : "false";
  if (value.is_number()) return spell(value.as_number());
  if (value.is_string()) return quote(value.as_string());
  if (value.is_object()) return spell_members(*value.as_object());
  if (value.is_function()) return "function";
  if (value.is_capsule()) return "capsule";
  std::string out = "[";
  for (size_t i = 0; i < value.as_array()->size(); ++i) out += spell(value.as_array()->at(i)) + ",";
  return out + "]";
}

Answer evaluate_and_spell(std::string text) {
  const auto file = parse_expression(make_source("", std::move(text)));
  if (!file) return {"errors", file.error().summary()};
  const Variables scope;
  const auto value = evaluate(*(*file)->expression(), {.scope = scope, .file = ""});
  if (!value) return {"errors", value.error().to_string()};
  return {"ok", spell(*value)};
}

Answer answer_to(std::string_view operation, std::string text) {
  if (operation == "format") return format_and_check(std::move(text));
  if (operation == "evaluate") return evaluate_and_spell(std::move(text));
  return {"wrong", "unknown operation"};
}

bool read_request(std::string& operation, std::string& text) {
  char word[16];
  size_t size = 0;
  if (std::scanf("%15s %zu", word, &size) != 2 || std::getchar() != '\n') return false;
  operation = word;
  text.resize(size);
  return std::fread(text.data(), 1, size, stdin) == size;
}

}  // namespace

int main() {
  std::string operation;
  std::string text;
  while (read_request(operation, text)) {
    const Answer answer = answer_to(operation, std::move(text));
    std::printf("%s %zu\n%s", answer.status.c_str(), answer.text.size(), answer.text.c_str());
    std::fflush(stdout);
  }
  return 0;
}
