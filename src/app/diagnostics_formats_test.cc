#include "app/diagnostics_formats.h"

#include <doctest/doctest.h>

namespace alloy::app {
namespace {

syntax::Diagnostics sample() {
  syntax::Diagnostics diagnostics;
  diagnostics.add({.range = {"a,b.alloy", {0, 2, 3}, {0, 2, 5}},
                   .message = "100% \"wrong\"",
                   .notes = {"did you mean right?"}});
  diagnostics.add_warning({}, "odd");
  return diagnostics;
}

TEST_CASE("diagnostics as JSON have their place and their notes") {
  CHECK(format_diagnostics(sample(), DiagnosticsFormat::json) ==
        R"({"diagnostics":[{"severity":"error","message":"100% \"wrong\"","file":"a,b.alloy",)"
        R"("start":{"line":2,"column":3},"end":{"line":2,"column":5},)"
        R"("notes":["did you mean right?"]},{"severity":"warning","message":"odd","notes":[]}]})"
        "\n");
  CHECK(format_diagnostics({}, DiagnosticsFormat::json) == "{\"diagnostics\":[]}\n");
}

TEST_CASE("diagnostics as SARIF have regions that end behind the last character") {
  const std::string text = format_diagnostics(sample(), DiagnosticsFormat::sarif);
  CHECK(text.contains(R"("version":"2.1.0")"));
  CHECK(text.contains(R"("startLine":2,"startColumn":3,"endLine":2,"endColumn":6)"));
  CHECK(text.contains(R"({"level":"warning","message":{"text":"odd"}})"));
}

TEST_CASE("diagnostics as workflow commands escape what commands mean") {
  CHECK(format_diagnostics(sample(), DiagnosticsFormat::github) ==
        "::error file=a%2Cb.alloy,line=2,endLine=2,col=3,endColumn=6::"
        "100%25 \"wrong\"; did you mean right?\n"
        "::warning file=::odd\n");
}

TEST_CASE("formats have names") {
  CHECK(parse_diagnostics_format("sarif") == DiagnosticsFormat::sarif);
  CHECK(!parse_diagnostics_format("xml").has_value());
}

}  // namespace
}  // namespace alloy::app
