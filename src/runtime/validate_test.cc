#include "runtime/validate.h"

#include <doctest/doctest.h>

namespace alloy::runtime {
namespace {

struct Endpoint {
  std::string url;
  static constexpr auto schema() {
    return fields(required<&Endpoint::url>("url", "Where to send to."));
  }
};

struct Arguments {
  std::vector<Value> forward_to;
  int64_t limit = 0;
  std::optional<Endpoint> endpoint;
  static constexpr auto schema() {
    return fields(required<&Arguments::forward_to>("forward_to", "Receivers."),
                  optional<&Arguments::limit>("limit", "How many."),
                  block<&Arguments::endpoint>("endpoint", "The other side."));
  }
};

constexpr ComponentType stable = {.name = "test.stable",
                                  .doc = "For tests.",
                                  .stability = Stability::generally_available,
                                  .arguments = &schema_of<Arguments>};
constexpr ComponentType fresh = {.name = "test.fresh",
                                 .doc = "For tests.",
                                 .stability = Stability::experimental,
                                 .arguments = &schema_of<Arguments>};
constexpr ComponentType community = {.name = "test.community",
                                     .doc = "For tests.",
                                     .is_community = true,
                                     .arguments = &schema_of<Arguments>};

syntax::Diagnostics check(std::string text, Stability stability = Stability::generally_available) {
  static constexpr std::array<const ComponentType*, 3> types = {&community, &fresh, &stable};
  return validate(config_from_text("f", std::move(text)),
                  {.components = types,
                   .services = {{"http", &schema_of<Endpoint>}, {"ui", nullptr}},
                   .stability_min = stability});
}

std::string mistakes(std::string text, Stability stability = Stability::generally_available) {
  const auto found = check(std::move(text), stability);
  return found.empty() ? "" : found.to_string();
}

TEST_CASE("a sound configuration has no mistakes") {
  CHECK(mistakes(R"(
    logging { level = "debug" }
    declare "m" {
      argument "to" { }
      test.stable "a" { forward_to = argument.to.value }
      export "r" { value = test.stable.a.receiver }
    }
    m "x" { to = [] }
    test.stable "b" { forward_to = [m.x.r]
      endpoint { url = string.to_upper("x") }
    })") == "");
}

TEST_CASE("syntax errors and top-level attributes come alone") {
  CHECK(mistakes("a = \n") == "f:2:1: expected expression, got EOF");
  CHECK(mistakes("a = 1\nno.such \"x\" { }\n") == "f:1:1: unrecognized attribute a");
}

TEST_CASE("arguments are checked against the component's own schema") {
  CHECK(mistakes("test.stable \"a\" {\n  limt = 1\n  limit = \"x\"\n  endpoint { }\n}\n") ==
        "f:2:3: unrecognized attribute name \"limt\"; f:3:11: expected number, got string; "
        "f:4:3: missing required attribute \"url\"; "
        "f:1:1: missing required attribute \"forward_to\"");
}

TEST_CASE("unknown names come with those that were probably meant") {
  const auto of = [](const syntax::Diagnostics& found) {
    REQUIRE(found.size() == 1);
    return found[0].notes.empty() ? "" : found[0].notes[0];
  };
  CHECK(of(check("test.stabel \"a\" { }\n")) == "did you mean \"test.stable\"?");
  CHECK(of(check("test.stable \"a\" {\n forward_to = []\n limt = 1\n}\n")) ==
        "did you mean \"limit\"?");
  CHECK(of(check("test.stable \"abc\" { forward_to = [] }\n"
                 "test.stable \"b\" { forward_to = [test.stable.abd.receiver] }\n")) ==
        "did you mean \"test.stable.abc.receiver\"?");
}

TEST_CASE("blocks are unique and have labels") {
  CHECK(
      mistakes("test.stable \"a\" { forward_to = [] }\ntest.stable \"a\" { forward_to = [] }\n") ==
      "f:2:1: block test.stable.a already declared at f:1:1");
  CHECK(mistakes("test.stable { forward_to = [] }\n") ==
        "f:1:1: component \"test.stable\" must have a label");
  CHECK(mistakes("declare { }\n") == "f:1:1: declare block must have a label");
}

TEST_CASE("references lead somewhere, and not in circles") {
  CHECK(mistakes("test.stable \"a\" { forward_to = [no.such.thing] }\n") ==
        "f:1:33: component \"no.such.thing\" does not exist or is out of scope");
  CHECK(mistakes("test.stable \"a\" { forward_to = [test.stable.b.r] }\n"
                 "test.stable \"b\" { forward_to = [test.stable.a.r] }\n") ==
        "f:1:1: cycle detected: test.stable.a, test.stable.b; "
        "f:2:1: cycle detected: test.stable.a, test.stable.b");
  CHECK(mistakes("test.stable \"a\" { forward_to = [test.stable.a.r] }\n") ==
        "f:1:1: cannot reference self");
}

TEST_CASE("custom components take what their declare asks for") {
  const std::string declare =
      "declare \"m\" {\n  argument \"a\" { }\n"
      "  argument \"b\" { optional = true }\n}\n";
  CHECK(mistakes(declare + "m \"x\" { c = 1 }\n") ==
        "f:5:9: unrecognized attribute name \"c\"; f:5:1: missing required attribute \"a\"");
  CHECK(mistakes("import.file \"i\" { filename = \"x\" }\ni.anything \"x\" { c = 1 }\n") == "");
}

TEST_CASE("modules hold no services, and only modules have arguments") {
  CHECK(mistakes("argument \"a\" { }\n") == "f:1:1: argument blocks only allowed inside a module");
  CHECK(mistakes("declare \"m\" {\n  http { url = \"x\" }\n}\n") ==
        "f:2:3: http not allowed in module");
  CHECK(mistakes("ui { }\n") == "f:1:1: service \"ui\" does not support being configured");
}

TEST_CASE("what the flags do not allow is refused") {
  CHECK(mistakes("test.fresh \"a\" { forward_to = [] }\n").contains("at stability level"));
  CHECK(mistakes("test.fresh \"a\" { forward_to = [] }\n", Stability::experimental) == "");
  CHECK(mistakes("test.community \"a\" { forward_to = [] }\n").contains("community component"));
  CHECK(mistakes("foreach \"a\" {\n collection = []\n var = \"v\"\n template { }\n}\n")
            .starts_with("f:1:1: foreach block \"foreach\" is at stability level"));
}

TEST_CASE("templates see what is around them, but not the other way") {
  const std::string text = R"(test.stable "out" { forward_to = [] }
foreach "f" {
  collection = []
  var        = "each"
  template {
    test.stable "in" { forward_to = [test.stable.out.r, each.r] }
  }
}
test.stable "after" { forward_to = [test.stable.in.r] }
)";
  CHECK(mistakes(text, Stability::experimental) ==
        "f:9:37: component \"test.stable.in.r\" does not exist or is out of scope");
}

}  // namespace
}  // namespace alloy::runtime
