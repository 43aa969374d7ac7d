#include "runtime/controller.h"

#include "runtime/test_program.h"

namespace alloy::runtime {
namespace {

using test::Program;
using Entries = std::vector<std::string>;

std::string number(double value) {
  return fmt::format(R"([{{"name":"value","type":"attr","value":{{"type":"number","value":{}}}}}])",
                     value);
}

}  // namespace

TEST_CASE("components are evaluated after what they depend on, started, and stopped before it") {
  Program program;
  CHECK(program.load(R"(
    test.value "b" { value = test.value.a.value + 1 }
    test.value "a" { value = 1 }
  )") == "");
  CHECK(program.info("test.value.b").exports == number(2));
  CHECK(program.eventually([&] { return program.journal.count("start test.value.b") == 1; }));
  CHECK(program.eventually([&] { return program.journal.count("start test.value.a") == 1; }));
  CHECK(program.journal.take() == Entries{"update test.value.a", "update test.value.b",
                                          "start test.value.a", "start test.value.b"});
  program.shutdown();
  const auto ended = program.journal.take();
  REQUIRE(ended.size() >= 2);
  CHECK(ended[0] == "stop test.value.b");
  CHECK(ended[1] == "stop test.value.a");
}

TEST_CASE("a tracing block that has no effect is taken, another one refused") {
  Program program;
  CHECK(program.load("tracing { sampling_fraction = 0.5 }") == "");
  CHECK(program.load("tracing { write_to = [1] }").find("write_to is not supported yet") !=
        std::string::npos);
  CHECK(program.load("tracing { send_traceparent = true }").find("not supported yet") !=
        std::string::npos);
  CHECK(program.load("tracing { sampling = 1 }") != "");
}

TEST_CASE("references, edges and health are told") {
  Program program;
  CHECK(program.load(R"(
    test.value "a" { value = 1 }
    test.value "b" { value = [test.value.a.value, test.value.a.value] }
  )") == "");
  const auto a = program.info("test.value.a");
  const auto b = program.info("test.value.b");
  CHECK(a.referenced_by == Entries{"test.value.b"});
  CHECK(a.data_flow_edges_to == Entries{"test.value.b"});
  CHECK(b.references_to == Entries{"test.value.a"});
  CHECK(b.health.state == HealthState::healthy);
  CHECK(a.arguments == number(1));
  CHECK(program.controller().list_components("")->size() == 2);
  CHECK(program.controller().list_components("nope").error().message() == "module not found");
  CHECK(program.controller().has_component("test.value.a"));
  CHECK(!program.controller().has_component("test.value"));
}

TEST_CASE("a reload leaves what has not changed alone, starts new and stops removed components") {
  Program program;
  REQUIRE(program.load(R"(
    test.value "kept" { value = 1 }
    test.value "changed" { value = 2 }
    test.value "removed" { value = 3 }
  )") == "");
  CHECK(program.eventually([&] { return program.journal.count("start test.value.removed") == 1; }));
  program.journal.take();
  CHECK(program.load(R"(
    test.value "new" { value = 4 }
    test.value "kept" { value = 1 }
    test.value "changed" { value = 5 }
  )") == "");
  CHECK(program.eventually([&] { return program.journal.count("start test.value.new") == 1; }));
  auto entries = program.journal.take();
  CHECK(std::ranges::count(entries, "update test.value.kept") == 0);
  CHECK(std::ranges::count(entries, "update test.value.changed") == 1);
  CHECK(std::ranges::count(entries, "start test.value.changed") == 0);
  CHECK(std::ranges::count(entries, "stop test.value.removed") == 1);
  CHECK(std::ranges::count(entries, "destroy test.value.removed") == 1);
  CHECK(program.info("test.value.changed").exports == number(5));
}

TEST_CASE("a rejected configuration leaves no trace") {
  Program program;
  REQUIRE(program.load(R"(
    test.value "a" { value = 1 }
    test.value "b" { value = test.value.a.value }
  )") == "");
  CHECK(program.eventually([&] { return program.journal.count("start test.value.b") == 1; }));
  program.journal.take();
  const std::string rejected = R"(
    test.value "a" { value = 7 }
    test.value "b" { value = test.value.a.value + 1000 }
    test.value "c" { value = test.value.none.value }
  )";
  CHECK(program.load(rejected) ==
        "config.alloy:4:30: component \"test.value.none.value\" does not "
        "exist or is out of scope");
  CHECK(program.load("test.value \"a\" {") == "config.alloy:1:17: expected }, got EOF");
  CHECK(program.journal.take() == Entries{});
  // What a change of an export causes comes from the accepted text.
  CHECK(program.load(R"(
    test.value "a" { value = 2 }
    test.value "b" { value = test.value.a.value }
  )") == "");
  CHECK(program.info("test.value.b").exports == number(2));
}

TEST_CASE("a program that was told to stop takes no other configuration, and runs until shutdown") {
  Program program;
  REQUIRE(program.load(R"(test.value "a" { value = 1 })") == "");
  program.controller().refuse_loads();
  CHECK(program.load(R"(test.value "a" { value = 2 })") == "the program is shutting down");
  CHECK(program.info("test.value.a").exports == number(1));
}

TEST_CASE("a first load that fails runs nothing") {
  Program program;
  CHECK(program.load(R"(
    test.value "a" { fail = true }
    test.value "b" { value = 1 }
  )") == "config.alloy:2:5: Failed to build component: building component: told to fail");
  CHECK(program.journal.count("start test.value.b") == 0);
}

TEST_CASE("a reload with failing components applies the rest and keeps what they had") {
  Program program;
  REQUIRE(program.load(R"(test.value "a" { value = 1 })") == "");
  CHECK(program.load(R"(
    test.value "a" { fail = true }
    test.value "b" { value = 2 }
  )") == "config.alloy:2:5: Failed to build component: updating component: told to fail");
  const auto a = program.info("test.value.a");
  CHECK(a.health.state == HealthState::unhealthy);
  CHECK(a.health.message == "component evaluation failed: updating component: told to fail");
  CHECK(a.exports == number(1));
  CHECK(a.arguments == number(1));
  CHECK(program.info("test.value.b").exports == number(2));
  CHECK(program.load(R"(test.value "a" { value = 3 })") == "");
  CHECK(program.info("test.value.a").health.state == HealthState::healthy);
}

TEST_CASE("a failed build is tried again until it succeeds") {
  Program program;
  REQUIRE(program.load("") == "");
  CHECK(program.load(R"(test.value "a" { fail = true })") != "");
  for (size_t tries = 2; tries < 5; ++tries) {
    CHECK(program.eventually([&] { return program.clock.sleepers() >= 1; }));
    program.clock.advance(1min);
    CHECK(
        program.eventually([&] { return program.journal.count("update test.value.a") >= tries; }));
  }
}

TEST_CASE("a component that ends or has a bug has exited, and begins anew with the next load") {
  Program program;
  const std::string text = R"(
    test.value "ends" { exit = true }
    test.value "throws" { throw_in_run = true }
  )";
  REQUIRE(program.load(text) == "");
  const auto exited = [&](std::string_view id) {
    return program.eventually([&] { return program.info(id).health.state == HealthState::exited; });
  };
  CHECK(exited("test.value.ends"));
  CHECK(exited("test.value.throws"));
  CHECK(program.info("test.value.ends").health.message == "component shut down cleanly");
  CHECK(program.info("test.value.throws").health.message ==
        "component shut down with error: a bug");
  REQUIRE(program.load(text) == "");
  CHECK(program.eventually([&] { return program.journal.count("start test.value.ends") == 2; }));
}

TEST_CASE("structural mistakes are reported together, each at its place") {
  Program program;
  CHECK(program.load("x = 1\n"
                     "nope.nope \"a\" { }\n"
                     "test.value { }\n"
                     "test.value \"a\" { }\n"
                     "test.value \"a\" { }\n"
                     "test.experimental \"a\" { }\n") ==
        "config.alloy:1:1: unrecognized attribute x; "
        "config.alloy:2:1: cannot find the definition of component name \"nope.nope\"; "
        "config.alloy:3:1: component \"test.value\" must have a label; "
        "config.alloy:5:1: block test.value.a already declared at config.alloy:4:1; "
        "config.alloy:6:1: component \"test.experimental\" is at stability level "
        "\"experimental\", which is below the minimum allowed stability level "
        "\"generally-available\". Use --stability.level command-line flag to enable "
        "\"experimental\" features");
  CHECK(program.load("test.value \"a\" { value = test.value.b.value }\n"
                     "test.value \"b\" { value = test.value.a.value }\n") ==
        "-: cycle: test.value.b, test.value.a");
  CHECK(program.load("test.value \"a\" { value = test.value.a.value }\n") ==
        "-: self reference: test.value.a");
}

TEST_CASE("the configuration's metrics tell what was tried") {
  Program program;
  REQUIRE(program.load("") == "");
  CHECK(program.load("x {") != "");
  MetricFamilies families;
  MetricFamiliesSink sink(families);
  program.controller().collect_metrics(sink);
  const std::string text = write_exposition(families);
  CHECK(text.find("alloy_config_last_load_successful 0") != std::string::npos);
  CHECK(text.find("alloy_config_load_failures_total 1") != std::string::npos);
}

}  // namespace alloy::runtime
