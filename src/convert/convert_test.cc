// The parts of conversions that no component is needed for.
#include "convert/convert.h"

#include <doctest/doctest.h>

#include "convert/source_fields.h"
#include "convert/yaml_node.h"
#include "schema/fields.h"

namespace alloy::convert {
namespace {

struct Inner {
  std::string text;
  static constexpr auto schema() { return fields(optional<&Inner::text>("text", "A text.")); }
};

struct Outer {
  std::string name;
  Duration wait = 5s;
  std::vector<std::string> list;
  std::map<std::string, std::string> map;
  Secret password;
  Inner by_value;
  std::optional<Inner> by_choice;
  std::vector<Inner> many;

  static constexpr auto schema() {
    return fields(required<&Outer::name>("name", "A name."),
                  optional<&Outer::wait>("wait", "How long."),
                  optional<&Outer::list>("list", "Texts."), optional<&Outer::map>("map", "More."),
                  optional<&Outer::password>("password", "A secret."),
                  block<&Outer::by_value>("by_value", "Always there."),
                  block<&Outer::by_choice>("by_choice", "Maybe there."),
                  blocks<&Outer::many>("many", "Any number."));
  }
};

constexpr ComponentType outer_type = {
    .name = "test.outer", .doc = "A test.", .arguments = &schema_of<Outer>};
const ComponentType* const types[] = {&outer_type};

// What is written for the YAML, or the mistakes in it.
std::string converted(const std::string& yaml, std::span<const Rename> renames = {}) {
  auto node = read_yaml(yaml);
  if (!node) return node.error().message();
  SourceReader reader;
  Component component{"test.outer", {}};
  component.arguments.label = "a";
  reader.read(*node, {"test.plain", &schema_of<Outer>, renames}, component.arguments);
  if (auto right = reader.result(); !right) return right.error().message();
  auto text = write({component}, types);
  return text ? *text : text.error().message();
}

}  // namespace

TEST_CASE("fields keep the order of our schema, and defaults are left out") {
  CHECK(converted("wait: 5s\nlist: [b, a]\nname: x\n") == R"(test.outer "a" {
	name = "x"
	list = ["b", "a"]
}
)");
}

TEST_CASE("durations of Prometheus and maps take our spelling") {
  CHECK(converted("name: 12\nwait: 1d30m\nmap: {z: 1, 'a.b': c}\npassword: secret\n") ==
        R"(test.outer "a" {
	name = "12"
	wait = "24h30m0s"
	map  = {
		"a.b" = "c",
		z     = "1",
	}
	password = "secret"
}
)");
}

TEST_CASE("blocks that may be missing are written even if they are empty") {
  CHECK(converted("name: x\nby_value: {}\nby_choice: {}\nmany: [{text: one}, {}]\n") ==
        R"(test.outer "a" {
	name = "x"

	by_choice { }

	many {
		text = "one"
	}

	many { }
}
)");
}

TEST_CASE("mistakes in the source come with their lines, all at once") {
  CHECK(converted("name: x\nwhat: 1\nlist: text\nby_choice: {other: 2}\n") ==
        "yaml: unmarshal errors:\n"
        "  line 2: field what not found in type test.plain\n"
        "  line 3: cannot unmarshal !!str `text` into []string\n"
        "  line 4: field other not found in type config.plain");
  CHECK(converted("wait: soon") == "not a valid duration string: \"soon\"");
  CHECK(converted("a: 1\na: 2") ==
        "yaml: unmarshal errors:\n  line 2: key \"a\" already set in map");
  CHECK(converted("a: [").starts_with("yaml: line "));
}

TEST_CASE("fields with other names are found by renaming, and those of others left alone") {
  constexpr Rename renames[] = {{"title", "name"}, {"elsewhere", ""}};
  CHECK(converted("title: x\nelsewhere: {deep: [1]}\n", renames) ==
        "test.outer \"a\" {\n\tname = \"x\"\n}\n");
}

TEST_CASE("a document that aliases blow up is refused") {
  std::string yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    yaml += fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n", i,
                        i - 1);
  }
  CHECK(converted(yaml) == "yaml: document contains excessive aliasing");
}

TEST_CASE("reports end with what became of the conversion") {
  Diagnostics diagnostics;
  diagnostics.add(Severity::info, "made", "\ta thing");
  CHECK(diagnostics.report(false) ==
        "(Info) made\n\ta thing\n\nA configuration file was generated successfully.");
  diagnostics.add_unsupported("thing config");
  CHECK(diagnostics.forbid_output(false));
  CHECK_FALSE(diagnostics.forbid_output(true));
  CHECK(diagnostics.report(false).starts_with(
      "(Error) The converter does not support converting the provided thing config.\n\nA "));
  diagnostics.add(Severity::critical, "broken");
  CHECK(diagnostics.forbid_output(true));
  CHECK(diagnostics.report(true).starts_with("(Critical) broken\n\nA configuration file was not"));
}

TEST_CASE("formats that nobody knows are refused") {
  CHECK(convert("yaml", {}).diagnostics.text() ==
        "(Critical) unrecognized kind \"yaml\" given to the config converter");
}

}  // namespace alloy::convert
