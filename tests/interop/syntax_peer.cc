// Answers the differential test of the language (syntax/differential_test.go) over standard input
// and output: a request is "<operation> <bytes>\n" and that many bytes; an answer is
// "<status> <bytes>\n" and that many bytes.
//
// Operation "format": status "ok" with the text, or "errors" with a line for each diagnostic, or
// "wrong" with what is wrong about the printed text in itself.
#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "fuzz/tree_dump.h"
#include "syntax/parser.h"
#include "syntax/printer.h"

namespace {

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
    const Answer answer = operation == "format" ? format_and_check(std::move(text))
                                                : Answer{"wrong", "unknown operation"};
    std::printf("%s %zu\n%s", answer.status.c_str(), answer.text.size(), answer.text.c_str());
    std::fflush(stdout);
  }
  return 0;
}
