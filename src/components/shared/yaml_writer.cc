#include "components/shared/yaml_writer.h"

#include <algorithm>

#include "base/text.h"
#include "values/stdlib/json_encode.h"
#include "values/stdlib/yaml_scalar.h"

namespace alloy {
namespace {

bool is_plain(const std::string& text) {
  constexpr std::string_view indicators = "-?:,[]{}#&*!|>'\"%@`";
  if (text.empty() || text.front() == ' ' || text.back() == ' ') return false;
  // "-x", "?x" and ":x" are plain, and so is "- x" not.
  const bool begins_plain =
      !indicators.contains(text.front()) ||
      (std::string_view("-?:").contains(text.front()) && text.size() > 1 && text[1] != ' ');
  return begins_plain && !text.contains(": ") && !text.contains(" #") && !text.ends_with(':') &&
         text != "---" && text != "...";
}

bool is_printable(const std::string& text) {
  return is_utf8(text) && std::ranges::all_of(text, [](char c) {
           return static_cast<unsigned char>(c) >= ' ' && c != '\x7f';
         });
}

// What YAML 1.1 takes for a boolean, which older readers of it do.
bool is_old_boolean(std::string_view text) {
  constexpr std::string_view words[] = {"y", "Y", "yes", "Yes", "YES", "on",  "On",  "ON",
                                        "n", "N", "no",  "No",  "NO",  "off", "Off", "OFF"};
  return std::ranges::find(words, text) != std::end(words);
}

// On the line of its name or dash. Empty lists and mappings stand there too, and so do lists of
// lists: JSON is YAML.
std::string on_one_line(const Value& value) {
  if (value.is_string()) return yaml_scalar(value.as_string());
  return stdlib::encode_json(value).value_or("null");
}

bool has_members(const Value& value) { return value.is_object() && value.as_object()->size() > 0; }

void write(YamlWriter& out, const Object& object);

void write_item(YamlWriter& out, const Value& value) {
  if (!has_members(value)) return out.line("- " + on_one_line(value));
  out.item([&] { write(out, *value.as_object()); });
}

void write(YamlWriter& out, const Object& object) {
  for (const Object::Member& member : object.members()) {
    const std::string name = yaml_scalar(member.key);
    const Value& value = member.value;
    if (has_members(value)) {
      out.below(name, [&] { write(out, *value.as_object()); });
    } else if (value.is_array() && value.as_array()->size() > 0) {
      out.line(name + ":");
      for (size_t i = 0; i < value.as_array()->size(); ++i)
        write_item(out, value.as_array()->at(i));
    } else if (value.is_string()) {
      out.text(name, value.as_string());
    } else {
      out.raw(name, on_one_line(value));
    }
  }
}

}  // namespace

std::string yaml_scalar(const std::string& text) {
  if (text.empty()) return "\"\"";
  if (!is_printable(text)) return quote(text);
  const auto value = stdlib::resolve_yaml_scalar("", text);
  if (!value || !value->is_string() || is_old_boolean(text)) return quote(text);
  if (is_plain(text)) return text;
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + "'";
}

void YamlWriter::text(std::string_view name, const std::string& value) {
  // Texts of several lines stand as they are, unless the blanks at an end would get lost.
  const bool is_block = value.contains('\n') && value.front() != ' ' && value.front() != '\n' &&
                        !value.contains(" \n") && !value.ends_with("\n\n") && is_utf8(value) &&
                        std::ranges::all_of(value, [](char c) {
                          return c == '\n' || static_cast<unsigned char>(c) >= ' ';
                        });
  if (!is_block) return raw(name, yaml_scalar(value));
  raw(name, value.ends_with('\n') ? "|" : "|-");
  for (const std::string_view part : split(trim(value, "\n"), '\n')) {
    if (!part.empty()) out_.append(indent_ + 2, ' ');
    out_ += part;
    out_ += '\n';
  }
}

std::string to_yaml(const Object& object) {
  std::string text;
  YamlWriter out(text);
  write(out, object);
  return text;
}

}  // namespace alloy
