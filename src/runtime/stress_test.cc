// Many random reloads, valid and not, with changes of exports in between: nothing crashes, nothing
// is restarted that did not change, and in the end everything is what the last text says.
#include <map>
#include <random>

#include "runtime/test_program.h"

namespace alloy::runtime {
namespace {

using test::Program;

constexpr int reloads = 150;
constexpr int components_max = 12;

// A configuration of components whose values are sums along random references.
struct RandomConfig {
  std::string text;
  bool is_valid = true;
  std::map<std::string, int> expected;  // By id.
};

RandomConfig make_config(std::mt19937& random) {
  const auto roll = [&](int below) {
    return static_cast<int>(random() % static_cast<unsigned>(below));
  };
  RandomConfig config;
  config.text = R"(
    declare "add" {
      argument "v" { }
      test.value "in" { value = argument.v.value + 1 }
      export "out" { value = test.value.in.value }
    }
  )";
  const int count = 1 + roll(components_max);
  std::vector<std::pair<std::string, int>> made;  // The expression of an export, and its value.
  for (int i = 0; i < count; ++i) {
    std::string expression = std::to_string(roll(3));
    int value = std::stoi(expression);
    if (!made.empty() && roll(2) == 0) {
      const auto& [other, other_value] =
          made[static_cast<size_t>(roll(static_cast<int>(made.size())))];
      expression += " + " + other;
      value += other_value;
    }
    if (roll(3) == 0) {
      config.text += fmt::format("add \"c{}\" {{ v = {} }}\n", i, expression);
      made.emplace_back(fmt::format("add.c{}.out", i), value + 1);
      config.expected[fmt::format("add.c{}/test.value.in", i)] = value + 1;
    } else {
      config.text += fmt::format("test.value \"c{}\" {{ value = {} }}\n", i, expression);
      made.emplace_back(fmt::format("test.value.c{}.value", i), value);
      config.expected[fmt::format("test.value.c{}", i)] = value;
    }
  }
  switch (roll(5)) {
    case 0:
      config.text += "test.value \"bad\" { value = test.value.none.value }\n";
      config.is_valid = false;
      break;
    case 1:
      config.text += "test.value \"bad\" {\n";
      config.is_valid = false;
      break;
    default:
      break;
  }
  return config;
}

bool has_value(Program& program, const std::string& id, int value) {
  return program.info(id).exports.find(fmt::format("\"value\":{}}}", value)) != std::string::npos;
}

}  // namespace

TEST_CASE("random reloads leave what the last valid configuration says, and restart nothing else") {
  std::mt19937 random(20261124);
  Program program(Stability::generally_available, 3);
  std::map<std::string, int> present;
  for (int i = 0; i < reloads; ++i) {
    const RandomConfig config = make_config(random);
    program.journal.take();
    const std::string error = program.load(config.text);
    CHECK(error.empty() == config.is_valid);
    const auto entries = program.journal.take();
    if (!config.is_valid) {
      CHECK(std::ranges::none_of(entries, [](const std::string& entry) {
        return entry.starts_with("update") || entry.starts_with("destroy");
      }));
      continue;
    }
    for (const auto& [id, value] : config.expected) {
      CAPTURE(config.text);
      CHECK(has_value(program, id, value));
      const auto before = present.find(id);
      if (before == present.end()) continue;
      CHECK(std::ranges::count(entries, "destroy " + id) == 0);
      if (before->second == value) CHECK(std::ranges::count(entries, "update " + id) == 0);
    }
    present = config.expected;
  }
  CHECK(program.controller().list_components("")->size() <= components_max);
}

}  // namespace alloy::runtime
