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

struct Filter {
  std::string pattern;
  int64_t size = 1;
  static constexpr auto schema() {
    return fields(optional<&Filter::pattern>("pattern", "What to look for."),
                  optional<&Filter::size>("size", "How much of it."));
  }
  Result<void> validate() const {
    if (size > 0) return {};
    return fail("size must be positive");
  }
  std::vector<FieldMistake> check_strictly() const {
    if (pattern != "(") return {};
    return {{"pattern", "missing closing )"}};
  }
};

struct Arguments {
  std::vector<Value> forward_to;
  int64_t limit = 0;
  std::optional<Endpoint> endpoint;
  std::vector<Filter> filters;
  static constexpr auto schema() {
    return fields(required<&Arguments::forward_to>("forward_to", "Receivers."),
                  optional<&Arguments::limit>("limit", "How many."),
                  block<&Arguments::endpoint>("endpoint", "The other side."),
                  blocks<&Arguments::filters>("filter", "What to keep."));
  }
};

struct Sink {
  std::string_view capsule_display() const { return "sink"; }
};

}  // namespace
}  // namespace alloy::runtime

template <>
struct alloy::CapsuleTraits<alloy::runtime::Sink> {
  static constexpr std::string_view name = "test.Sink";
};

namespace alloy::runtime {
namespace {

struct Exports {
  std::shared_ptr<Sink> receiver;
  static constexpr auto schema() {
    return fields(optional<&Exports::receiver>("receiver", "Takes samples."));
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
constexpr ComponentType giving = {.name = "test.giving",
                                  .doc = "For tests.",
                                  .stability = Stability::generally_available,
                                  .arguments = &schema_of<Endpoint>,
                                  .exports = &schema_of<Exports>};

syntax::Diagnostics check(std::string text, Stability stability = Stability::generally_available,
                          bool is_strict = false) {
  static constexpr std::array<const ComponentType*, 4> types = {&community, &fresh, &giving,
                                                                &stable};
  return validate(config_from_text("f", std::move(text)),
                  {.components = types,
                   .services = {{"http", &schema_of<Endpoint>}, {"ui", nullptr}},
                   .stability_min = stability,
                   .is_strict = is_strict});
}

std::string mistakes(std::string text, Stability stability = Stability::generally_available) {
  const auto found = check(std::move(text), stability);
  return found.empty() ? "" : found.to_string();
}

std::string strict_mistakes(std::string text) {
  const auto found = check(std::move(text), Stability::experimental, /*is_strict=*/true);
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

TEST_CASE("strictly, what is known is evaluated") {
  const std::string text = R"(test.stable "a" {
  forward_to = [test.giving.g.receiver, [1 / 0]]
  limit      = string.to_upper("x")
  filter { size = 1 - 1 }
  filter { pattern = string.trim("( ", " ") }
}
test.stable "b" { forward_to = [string.to_upper([1])] }
test.giving "g" { url = "x" }
)";
  CHECK(mistakes(text) == "");
  CHECK(strict_mistakes(text) ==
        "f:2:46: 0 divide by zero error; "
        "f:3:16: string.to_upper(\"x\") should be number, got string; "
        "f:4:3: size must be positive; "
        "f:5:22: missing closing ); "
        "f:7:49: [1] should be string, got array");
}

TEST_CASE("strictly, what is only known later is left alone") {
  CHECK(strict_mistakes(R"(
    test.stable "a" {
      forward_to = [sys.env("NOT_SET") / 1, constants.hostname]
      limit      = file.path_join(1)
      filter { size = json_path(test.giving.g.receiver, "x")[0] }
    }
    declare "m" {
      argument "n" { }
      test.stable "c" { forward_to = [1 / argument.n.value] }
    }
    test.giving "g" { url = "x" }
    foreach "f" {
      collection = [0]
      var        = "string"
      template {
        test.stable "d" { forward_to = [string + 1] }
      }
    }
  )") == "");
}

TEST_CASE("strictly, a mistake is reported once") {
  CHECK(strict_mistakes("test.stable \"a\" { forward_to = [1 / \"x\"]\n limit = \"x\" }\n") ==
        "f:1:33: should be one of [number] for binop /, got string; "
        "f:2:10: expected number, got string");
}

TEST_CASE("strictly, receivers stand where receivers are taken") {
  const std::string give = "test.giving \"g\" { url = \"x\" }\n";
  CHECK(strict_mistakes(give + "test.stable \"a\" { forward_to = test.giving.g.receiver }\n") ==
        "f:2:32: expected array, got test.Sink");
  CHECK(strict_mistakes(give + "test.stable \"a\" {\n forward_to = []\n"
                               " limit = test.giving.g.receiver\n}\n") ==
        "f:4:10: expected number, got test.Sink");
  CHECK(strict_mistakes(give + "test.stable \"a\" { forward_to = [test.giving.g.receiver] }\n") ==
        "");
}

TEST_CASE("strictly, exports and standard functions exist") {
  const auto found = check(
      "test.giving \"g\" { url = string.formt(1) }\n"
      "test.stable \"a\" { forward_to = [test.giving.g.reciever, sys.envv(\"X\")] }\n",
      Stability::experimental, /*is_strict=*/true);
  CHECK(found.to_string() ==
        "f:1:32: there is no string.formt in the standard library; "
        "f:2:47: test.giving.g has no export named \"reciever\"; "
        "f:2:61: there is no sys.envv in the standard library");
  REQUIRE(found.size() == 3);
  CHECK(found[0].notes == std::vector<std::string>{"did you mean \"format\"?"});
  CHECK(found[1].notes == std::vector<std::string>{"did you mean \"receiver\"?"});
}

TEST_CASE("strictly, somebody uses what components export") {
  const std::string give = "test.giving \"g\" { url = \"x\" }\n";
  CHECK(mistakes(give) == "");
  CHECK(strict_mistakes(give) == "f:1:1: nothing uses what test.giving.g exports: receiver");
  CHECK(check(give, Stability::experimental, true)[0].severity == syntax::Severity::warning);
  CHECK(strict_mistakes(give + "test.stable \"a\" { forward_to = [test.giving.g.receiver] }\n") ==
        "");
  CHECK(strict_mistakes(give + R"(
    foreach "f" {
      collection = [0]
      var        = "v"
      template {
        test.stable "d" { forward_to = [test.giving.g.receiver] }
      }
    }
  )") == "");
}

}  // namespace
}  // namespace alloy::runtime
