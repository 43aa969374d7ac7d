// Target groups in JSON and YAML.
#include "components/shared/target_group_text.h"

#include <algorithm>
#include <map>

#include <yaml-cpp/yaml.h>

#include "base/text.h"
#include "components/shared/json.h"
#include "net/http_message.h"

namespace alloy::discovery {
namespace {

// One group, still as text.
struct GroupText {
  std::vector<std::string> targets;
  std::map<std::string, std::string> labels;
};

Result<> put_label(GroupText& group, std::string name, std::string value) {
  if (name.empty() || !is_utf8(name))
    return fail(fmt::format("{} is not a valid label name", quote(name)));
  group.labels[std::move(name)] = std::move(value);
  return {};
}

TargetGroup build(const GroupText& text, GroupOrigin origin, size_t index, TargetBuilder& builder) {
  std::vector<Label> common;
  for (const auto& [name, value] : text.labels)
    if (name != origin.label) common.push_back({name, value});
  common.push_back({origin.label, origin.value});
  TargetGroup group{.source = fmt::format("{}:{}", origin.value, index), .targets = {}};
  group.targets.reserve(text.targets.size());
  for (const std::string& address : text.targets) {
    builder.reset(common);
    builder.put("__address__", address);
    group.targets.push_back(builder.build());
  }
  return group;
}

// Builds each group as soon as it is read, so that only one is there as text at a time.
class GroupsBuilder {
 public:
  explicit GroupsBuilder(GroupOrigin origin) : origin_(origin) {}

  void add(const GroupText& text) {
    const size_t index = next_++;
    if (!text.targets.empty()) groups_.push_back(build(text, origin_, index, builder_));
  }
  std::vector<TargetGroup> take() { return std::move(groups_); }

 private:
  GroupOrigin origin_;
  size_t next_ = 0;
  TargetBuilder builder_;
  std::vector<TargetGroup> groups_;
};

Result<GroupText> read_json_group(JsonNode node) {
  if (!node) return fail("nil target group item found");
  GroupText group;
  for (const auto& [name, member] : node.members()) {
    if (net::equals_ignoring_case(name, "targets")) {
      group.targets.clear();
      for (const std::string_view target : member.texts()) group.targets.emplace_back(target);
    } else if (net::equals_ignoring_case(name, "labels")) {
      group.labels.clear();
      for (const auto& [label, value] : member.members())
        TRY(put_label(group, std::string(label), std::string(value.text())));
    } else {
      return fail(fmt::format("unknown field {}", quote(name)));
    }
  }
  return group;
}

Result<std::string> yaml_text(const YAML::Node& node) {
  if (node.IsNull()) return std::string();
  if (!node.IsScalar())
    return fail(fmt::format("line {}: cannot read a {} as text", node.Mark().line + 1,
                            node.IsMap() ? "map" : "list"));
  return node.Scalar();
}

// The members of a map, those it merges ("<<") before its own.
Result<> visit_yaml_map(const YAML::Node& map,
                        const std::function<Result<>(std::string name, const YAML::Node&)>& visit,
                        int depth = 0) {
  constexpr int depth_max = 8;
  if (!map.IsMap() || depth > depth_max)
    return fail(fmt::format("line {}: a map is expected", map.Mark().line + 1));
  for (const auto& entry : map) {
    if (!entry.first.IsScalar() || entry.first.Scalar() != "<<") continue;
    if (!entry.second.IsSequence()) {
      TRY(visit_yaml_map(entry.second, visit, depth + 1));
      continue;
    }
    for (size_t i = entry.second.size(); i > 0; --i)
      TRY(visit_yaml_map(entry.second[i - 1], visit, depth + 1));
  }
  std::vector<std::string> seen;
  for (const auto& entry : map) {
    TRY(auto name, yaml_text(entry.first));
    if (name == "<<") continue;
    if (std::ranges::find(seen, name) != seen.end())
      return fail(fmt::format("line {}: key {} already set in map", entry.first.Mark().line + 1,
                              quote(name)));
    seen.push_back(name);
    TRY(visit(std::move(name), entry.second));
  }
  return {};
}

Result<GroupText> read_yaml_group(const YAML::Node& node) {
  if (node.IsNull()) return fail("nil target group item found");
  GroupText group;
  TRY(visit_yaml_map(node, [&](std::string name, const YAML::Node& member) -> Result<> {
    if (name == "targets") {
      group.targets.clear();
      if (member.IsNull()) return {};
      if (!member.IsSequence())
        return fail(fmt::format("line {}: a list of targets is expected", member.Mark().line + 1));
      for (const auto& target : member) {
        TRY(auto text, yaml_text(target));
        group.targets.push_back(std::move(text));
      }
      return {};
    }
    if (name != "labels")
      return fail(fmt::format("line {}: field {} not found", member.Mark().line + 1, name));
    group.labels.clear();
    if (member.IsNull()) return {};
    return visit_yaml_map(member, [&](std::string label, const YAML::Node& value) -> Result<> {
      TRY(auto text, yaml_text(value));
      return put_label(group, std::move(label), std::move(text));
    });
  }));
  return group;
}

}  // namespace

Result<std::vector<TargetGroup>> read_json_groups(std::string_view text, GroupOrigin origin) {
  TRY(const auto document, JsonDocument::parse(text));
  GroupsBuilder groups(origin);
  for (const JsonNode& node : document.root().elements()) {
    TRY(const auto group, read_json_group(node));
    groups.add(group);
  }
  TRY(document.check());
  return groups.take();
}

Result<std::vector<TargetGroup>> read_yaml_groups(const std::string& text, GroupOrigin origin) {
  GroupsBuilder groups(origin);
  try {
    const YAML::Node root = YAML::Load(text);
    if (!root.IsNull() && !root.IsSequence()) return fail("a list of target groups is expected");
    for (const auto& node : root) {
      TRY(const auto group, read_yaml_group(node));
      groups.add(group);
    }
  } catch (const YAML::Exception& exception) {
    return fail(fmt::format("yaml: {}", exception.what()), ErrorKind::invalid);
  }
  return groups.take();
}

}  // namespace alloy::discovery
