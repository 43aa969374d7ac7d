// The standard library as a whole: its namespaces, and the names that functions had before.
#include "values/stdlib/library.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "values/convert.h"
#include "values/stdlib.h"

namespace alloy {
namespace stdlib {
namespace {

class NativeFunction final : public Function {
 public:
  using Call = CallResult (*)(std::span<const Value> arguments);

  explicit NativeFunction(Call call) : call_(call) {}
  CallResult call(std::span<const Value> arguments) const override { return call_(arguments); }

 private:
  Call call_;
};

class TextFunction final : public Function {
 public:
  using Call = CallResult (*)(std::span<const std::string> arguments);

  TextFunction(std::optional<size_t> count, Call call) : count_(count), call_(call) {}

  CallResult call(std::span<const Value> arguments) const override {
    if (count_ && arguments.size() != *count_) {
      return std::unexpected(wrong_count(*count_, arguments.size()));
    }
    std::vector<std::string> texts;
    texts.reserve(arguments.size());
    for (size_t i = 0; i < arguments.size(); ++i) {
      auto text = to_text(arguments[i]);
      if (!text) return std::unexpected(CallError::in_argument(i, std::move(text).error()));
      texts.push_back(*std::move(text));
    }
    return call_(texts);
  }

 private:
  std::optional<size_t> count_;  // None: any number.
  Call call_;
};

}  // namespace

Value function(NativeFunction::Call call) {
  return Value::function(std::make_shared<const NativeFunction>(call));
}

Value text_function(size_t count, TextFunction::Call call) {
  return Value::function(std::make_shared<const TextFunction>(count, call));
}

Value text_function(TextFunction::Call call) {
  return Value::function(std::make_shared<const TextFunction>(std::nullopt, call));
}

Value make_namespace(std::initializer_list<std::pair<std::string_view, Value>> members) {
  std::vector<Object::Member> list;
  for (const auto& [name, value] : members) list.push_back({std::string(name), value});
  return Value::object(Object::sorted(std::move(list)));
}

CallError wrong_count(size_t expected, size_t actual) {
  return CallError::failed(fmt::format("expected {} args, got {}", expected, actual));
}

CallError too_few(size_t expected, size_t actual) {
  return CallError::failed(fmt::format("expected at least {} args, got {}", expected, actual));
}

CallError wrong_type(size_t argument, const Value& value, ValueType expected) {
  return CallError::in_argument(argument, ValueError::wrong_type(value, expected));
}

}  // namespace stdlib

namespace {

struct OldName {
  std::string_view name;
  std::string_view scope;   // The namespace it moved to,
  std::string_view member;  // and what it is called there.
};

constexpr std::array<OldName, 16> old_names = {{{"env", "sys", "env"},
                                                {"nonsensitive", "convert", "nonsensitive"},
                                                {"concat", "array", "concat"},
                                                {"json_decode", "encoding", "from_json"},
                                                {"yaml_decode", "encoding", "from_yaml"},
                                                {"base64_decode", "encoding", "from_base64"},
                                                {"format", "string", "format"},
                                                {"join", "string", "join"},
                                                {"replace", "string", "replace"},
                                                {"split", "string", "split"},
                                                {"to_lower", "string", "to_lower"},
                                                {"to_upper", "string", "to_upper"},
                                                {"trim", "string", "trim"},
                                                {"trim_prefix", "string", "trim_prefix"},
                                                {"trim_suffix", "string", "trim_suffix"},
                                                {"trim_space", "string", "trim_space"}}};

using Library = std::map<std::string_view, Value>;

Library make_library() {
  Library library = {
      {"array", stdlib::array_namespace()},
      {"coalesce", stdlib::coalesce_function()},
      {"constants", stdlib::constants_namespace()},
      {"convert", stdlib::convert_namespace()},
      {"encoding", stdlib::encoding_namespace()},
      {"file", stdlib::file_namespace()},
      {"json_path", stdlib::json_path_function()},
      {"string", stdlib::string_namespace()},
      {"sys", stdlib::sys_namespace()},
  };
  for (const OldName& old : old_names) {
    library.emplace(old.name, *library.at(old.scope).as_object()->find(old.member));
  }
  return library;
}

}  // namespace

const Value* find_standard(std::string_view name) {
  static const Library library = make_library();
  auto found = library.find(name);
  return found == library.end() ? nullptr : &found->second;
}

bool is_deprecated_standard(std::string_view name) {
  return std::ranges::find(old_names, name, &OldName::name) != old_names.end();
}

bool is_experimental_standard(std::string_view path) {
  return path == "array.combine_maps" || path == "array.group_by";
}

}  // namespace alloy
