// Writing YAML with the layout and the quotes of Go's library.
//
//   YamlWriter out(text);
//   out.text("name", group.name);
//   out.line("rules:");
//   for (const Rule& rule : rules) out.item([&] { out.text("expr", rule.expr); });
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "values/value.h"

namespace alloy {

// A text as a value: quoted where YAML would take it for something else.
std::string yaml_scalar(const std::string& text);

// An object as a document, a member a line. Values that YAML knows only: no functions, capsules.
std::string to_yaml(const Object& object);

// Writes members, one a line.
class YamlWriter {
 public:
  explicit YamlWriter(std::string& out) : out_(out) {}

  void line(std::string_view text) {
    out_.append(indent_, ' ');
    if (begins_item_) {
      out_.replace(out_.size() - 2, 2, "- ");
      begins_item_ = false;
    }
    out_ += text;
    out_ += '\n';
  }
  void raw(std::string_view name, std::string_view value) {
    line(fmt::format("{}: {}", name, value));
  }
  void text(std::string_view name, const std::string& value);
  void text_unless_empty(std::string_view name, const std::string& value) {
    if (!value.empty()) text(name, value);
  }
  void flag(std::string_view name, bool value) { raw(name, value ? "true" : "false"); }
  void number_unless_zero(std::string_view name, uint64_t value) {
    if (value != 0) raw(name, std::to_string(value));
  }
  void list(std::string_view name, const std::vector<std::string>& values) {
    if (values.empty()) return;
    line(fmt::format("{}:", name));
    for (const std::string& value : values) line("- " + yaml_scalar(value));
  }
  // What `body` writes stands below the name, or is an item of the list before.
  template <class Body>
  void below(std::string_view name, Body body) {
    line(fmt::format("{}:", name));
    indent_ += 2;
    body();
    indent_ -= 2;
  }
  template <class Body>
  void item(Body body) {
    begins_item_ = true;
    indent_ += 2;
    body();
    indent_ -= 2;
  }

 private:
  std::string& out_;
  size_t indent_ = 0;
  bool begins_item_ = false;
};

}  // namespace alloy
