#include "syntax/diagnostics.h"

#include <doctest/doctest.h>

namespace alloy::syntax {
namespace {

const SourcePointer source = make_source("f.alloy", "one\n\ttwo = 2\nthree\nfour\n");

std::string rendered(Range range, Severity severity = Severity::error) {
  const Diagnostics diagnostics(Diagnostic{severity, std::move(range), "no"});
  return render(diagnostics, std::span(&source, 1), Colour::off);
}

TEST_CASE("a diagnostic shows its line between two others, with carets below the range") {
  CHECK(rendered({"f.alloy", {5, 2, 2}, {7, 2, 4}}) ==
        "Error: f.alloy:2:2: no\n\n"
        "1 | one\n"
        "2 |     two = 2\n"
        "  |     ^^^\n"
        "3 | three\n");
}

TEST_CASE("without an end one character is meant; the file's edges cut the context") {
  CHECK(rendered({"f.alloy", {0, 1, 2}, {}}) ==
        "Error: f.alloy:1:2: no\n\n"
        "1 | one\n"
        "  |  ^\n"
        "2 |     two = 2\n");
}

TEST_CASE("a range of several lines is bracketed") {
  CHECK(rendered({"f.alloy", {5, 2, 2}, {17, 3, 3}}, Severity::warning) ==
        "Warning: f.alloy:2:2: no\n\n"
        "1 |   one\n"
        "2 |       two = 2\n"
        "  |  _____^^^^^^^\n"
        "3 | | three\n"
        "  | |_^^^\n"
        "4 |   four\n");
}

TEST_CASE("behind the last line there is nothing to point at") {
  CHECK(rendered({"f.alloy", {24, 5, 1}, {}}) ==
        "Error: f.alloy:5:1: no\n\n"
        "4 | four\n"
        "5 | \n"
        "  | \n");
}

TEST_CASE("without a known text or place only the header is shown") {
  CHECK(rendered({"other", {0, 3, 4}, {}}) == "Error: other:3:4: no\n");
  CHECK(rendered({}) == "Error: -: no\n");
}

TEST_CASE("notes stand below what they are about") {
  const Diagnostics diagnostics(Diagnostic{.message = "no", .notes = {"did you mean yes?"}});
  CHECK(render(diagnostics, {}, Colour::off) == "Error: -: no\nnote: did you mean yes?\n");
}

TEST_CASE("several diagnostics are set apart, and colours are for terminals") {
  Diagnostics diagnostics;
  diagnostics.add_error({"a", {0, 1, 1}, {}}, "x");
  diagnostics.add_warning({"b", {}, {}}, "y");
  CHECK(render(diagnostics, {}, Colour::off) == "Error: a:1:1: x\n\nWarning: b: y\n");
  CHECK(render(diagnostics, {}, Colour::on) ==
        "\x1b[31;1mError: \x1b[0m\x1b[1ma:1:1: x\n\x1b[0m\n"
        "\x1b[33;1mWarning: \x1b[0m\x1b[1mb: y\n\x1b[0m");
  CHECK(diagnostics.summary() == "a:1:1: x (and 1 more diagnostics)");
  CHECK(diagnostics.to_string() == "a:1:1: x; b: y");
  CHECK(diagnostics.has_errors());
}

}  // namespace
}  // namespace alloy::syntax
