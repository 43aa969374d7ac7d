#include "convert/yaml_node.h"

#include <algorithm>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "values/stdlib/yaml_scalar.h"

namespace alloy::convert {
namespace {

// Deeper documents are refused: aliases can make a small text endless.
constexpr int deepest = 100;
constexpr size_t most_nodes = 1'000'000;

class Reader {
 public:
  Result<YamlNode> read(const YAML::Node& node, int depth) {
    if (depth > deepest || ++nodes_ > most_nodes)
      return fail("yaml: document contains excessive aliasing", ErrorKind::invalid);
    YamlNode result;
    result.line = static_cast<size_t>(node.Mark().line + 1);
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        return scalar(node, std::move(result));
      case YAML::NodeType::Sequence:
        result.kind = YamlNode::Kind::list;
        for (const YAML::Node& item : node) {
          TRY(auto read_item, read(item, depth + 1));
          result.items.push_back(std::move(read_item));
        }
        return result;
      case YAML::NodeType::Map:
        return map(node, std::move(result), depth);
      default:
        return result;
    }
  }

 private:
  static YamlNode scalar(const YAML::Node& node, YamlNode result) {
    result.text = node.Scalar();
    result.is_quoted = node.Tag() == "!";
    const bool is_null =
        !result.is_quoted && (result.text.empty() || result.text == "~" || result.text == "null" ||
                              result.text == "Null" || result.text == "NULL");
    result.kind = is_null ? YamlNode::Kind::null : YamlNode::Kind::scalar;
    return result;
  }

  Result<YamlNode> map(const YAML::Node& node, YamlNode result, int depth) {
    result.kind = YamlNode::Kind::map;
    std::vector<YamlNode> merged;
    for (const auto& member : node) {
      const size_t line = static_cast<size_t>(member.first.Mark().line + 1);
      if (!member.first.IsScalar()) {
        return fail(fmt::format("yaml: line {}: keys have to be texts", line), ErrorKind::invalid);
      }
      const std::string& key = member.first.Scalar();
      TRY(auto value, read(member.second, depth + 1));
      if (key == "<<") {
        merged.push_back(std::move(value));
        continue;
      }
      if (result.find(key) != nullptr) {
        return fail(fmt::format("yaml: unmarshal errors:\n  line {}: key \"{}\" already set in map",
                                line, key),
                    ErrorKind::invalid);
      }
      result.members.push_back({key, line, std::move(value)});
    }
    for (YamlNode& from : merged) merge(std::move(from), result);
    return result;
  }

  // What stands in the map itself goes before what is merged into it.
  static void merge(YamlNode from, YamlNode& into) {
    for (YamlNode& item : from.items) merge(std::move(item), into);
    for (YamlMember& member : from.members) {
      if (into.find(member.key) == nullptr) into.members.push_back(std::move(member));
    }
  }

  size_t nodes_ = 0;
};

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  auto found = std::ranges::find(members, key, &YamlMember::key);
  return found == members.end() ? nullptr : &found->value;
}

std::string_view YamlNode::text_of(std::string_view key) const {
  const YamlNode* found = find(key);
  return found == nullptr ? std::string_view() : std::string_view(found->text);
}

std::string YamlNode::describe() const {
  switch (kind) {
    case Kind::list:
      return "!!seq";
    case Kind::map:
      return "!!map";
    case Kind::null:
      return "!!null";
    case Kind::scalar:
      break;
  }
  std::string_view tag = "!!str";
  if (auto value = stdlib::resolve_yaml_scalar(is_quoted ? "!" : "", text)) {
    if (value->is_boolean()) tag = "!!bool";
    if (value->is_number())
      tag = value->as_number().kind() == NumberKind::floating ? "!!float" : "!!int";
  }
  return fmt::format("{} `{}`", tag, text.size() > 10 ? text.substr(0, 7) + "..." : text);
}

Result<YamlNode> read_yaml(const std::string& text) {
  try {
    return Reader().read(YAML::Load(text), 0);
  } catch (const YAML::Exception& problem) {
    return fail(fmt::format("yaml: line {}: {}", problem.mark.line + 1, problem.msg),
                ErrorKind::invalid);
  }
}

}  // namespace alloy::convert
