#include "runtime/module.h"

#include <algorithm>

#include "runtime/test_program.h"

namespace alloy::runtime {
namespace {

using test::Program;

const std::string increment = R"(
  declare "inc" {
    argument "v" { }
    test.value "inner" { value = argument.v.value + 1 }
    export "out" { value = test.value.inner.value }
  }
)";

std::string exported(Program& program, std::string_view id) {
  std::string text = program.info(id).exports;
  const size_t at = text.rfind("\"value\":");
  return at == std::string::npos ? text : text.substr(at + 8, text.find('}', at) - at - 8);
}

}  // namespace

TEST_CASE("a custom component is a module with arguments and exports") {
  Program program;
  CHECK(program.load(increment + R"(
    inc "a" { v = 1 }
    inc "b" { v = inc.a.out }
  )") == "");
  CHECK(exported(program, "inc.b") == "3");
  CHECK(exported(program, "inc.b/test.value.inner") == "3");
  CHECK(program.info("inc.b").created_module_ids == std::vector<std::string>{"inc.b"});
  CHECK(program.info("inc.b").health.state == HealthState::healthy);
  CHECK(program.controller().list_components("inc.a")->size() == 1);
}

TEST_CASE("a change runs through modules to those that use them") {
  Program program;
  REQUIRE(program.load(increment + R"(
    test.value "in" { value = 1 }
    inc "a" { v = test.value.in.value }
    test.value "out" { value = inc.a.out }
  )") == "");
  REQUIRE(program.load(increment + R"(
    test.value "in" { value = 10 }
    inc "a" { v = test.value.in.value }
    test.value "out" { value = inc.a.out }
  )") == "");
  CHECK(exported(program, "test.value.out") == "11");
}

TEST_CASE("an evaluation long after the load names the same places as the load") {
  Program program;
  const std::string rest = R"(
    inc "a" { v = test.value.in.value }
    test.value "last" { value = inc.a.out * 2 }
  )";
  REQUIRE(program.load(increment + "test.value \"in\" { value = 1 }" + rest) == "");
  CHECK(exported(program, "test.value.last") == "4");
  const std::string error =
      program.load(increment + "test.value \"in\" { value = 1 / 0 * [] }" + rest);
  CHECK(error.starts_with("config.alloy:7:"));
  // The failed load has left the others as they were, with trees of their own.
  REQUIRE(program.load(increment + "test.value \"in\" { value = 20 }" + rest) == "");
  CHECK(exported(program, "test.value.last") == "42");
}

TEST_CASE("what is inside a custom component starts and stops with it") {
  Program program;
  REQUIRE(program.load(increment + "inc \"a\" { v = 1 }") == "");
  CHECK(program.eventually(
      [&] { return program.journal.count("start inc.a/test.value.inner") == 1; }));
  REQUIRE(program.load(increment) == "");
  CHECK(program.journal.count("stop inc.a/test.value.inner") == 1);
  CHECK(program.journal.count("destroy inc.a/test.value.inner") == 1);
  CHECK(!program.controller().has_component("inc.a/test.value.inner"));
}

TEST_CASE("missing and unknown arguments of a module are mistakes") {
  Program program;
  CHECK(program.load(increment + "inc \"a\" { }") ==
        "config.alloy:3:5: Failed to evaluate node for config block: missing required argument "
        "\"v\" to module; config.alloy:4:34: identifier \"argument\" does not exist");
  CHECK(program.load(increment + "inc \"a\" { v = 1\n w = 2 }") ==
        "-: Provided argument \"w\" is not defined in the module");
}

TEST_CASE("imported content is used, replaced when it changes, and kept when it is bad") {
  Program program;
  const auto config = [](std::string_view content) {
    return fmt::format("import.string \"m\" {{ content = `{}` }}\nm.inc \"a\" {{ v = 1 }}",
                       content);
  };
  REQUIRE(program.load(config(increment)) == "");
  CHECK(exported(program, "m.inc.a") == "2");
  CHECK(program.load(config("declare \"inc\" {")) == "");
  CHECK(exported(program, "m.inc.a") == "2");
  CHECK(program.load(config(R"(declare "inc" { argument "v" { }
                                              export "out" { value = argument.v.value + 5 } })")) ==
        "");
  CHECK(exported(program, "m.inc.a") == "6");
}

TEST_CASE("foreach makes a module for each item, and only touches those that change") {
  Program program(Stability::experimental);
  const auto config = [](std::string_view items) {
    return fmt::format(R"(
      test.value "outer" {{ value = 10 }}
      foreach "each" {{
        collection = [{}]
        var = "item"
        template {{ test.value "x" {{ value = item + test.value.outer.value }} }}
      }})",
                       items);
  };
  REQUIRE(program.load(config("1, 2, 1")) == "");
  CHECK(program.info("foreach.each").created_module_ids ==
        std::vector<std::string>{"foreach.each/foreach_1_1", "foreach.each/foreach_1_2",
                                 "foreach.each/foreach_2_1"});
  CHECK(exported(program, "foreach.each/foreach_2_1/test.value.x") == "12");
  program.journal.take();
  REQUIRE(program.load(config("2, 3")) == "");
  CHECK(!program.controller().has_component("foreach.each/foreach_1_1/test.value.x"));
  CHECK(exported(program, "foreach.each/foreach_3_1/test.value.x") == "13");
  CHECK(program.journal.count("update foreach.each/foreach_2_1/test.value.x") == 0);
}

TEST_CASE("10,000 components load, and a change reaches all that depend on it, and nothing else") {
  Program program;
  const auto config = [](int value) {
    std::string text = fmt::format(
        "test.value \"root\" {{ value = {} }}\ntest.value \"calm\" {{ value = 7 }}\n", value);
    for (int i = 0; i < 5000; ++i) {
      text += fmt::format("test.value \"n{}\" {{ value = test.value.root.value }}\n", i);
      text += fmt::format("test.value \"m{}\" {{ value = test.value.calm.value }}\n", i);
    }
    return text;
  };
  REQUIRE(program.load(config(1)) == "");
  program.journal.take();
  REQUIRE(program.load(config(2)) == "");
  CHECK(exported(program, "test.value.n4999") == "2");
  const auto entries = program.journal.take();
  CHECK(std::ranges::count(entries, "update test.value.n17") == 1);
  CHECK(std::ranges::count_if(entries, [](const std::string& entry) {
          return entry.starts_with("update test.value.n");
        }) == 5000);
  CHECK(std::ranges::none_of(
      entries, [](const std::string& entry) { return entry.starts_with("update test.value.m"); }));
}

}  // namespace alloy::runtime
