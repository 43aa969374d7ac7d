#include "convert/pipeline.h"

#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "schema/find_field.h"
#include "syntax/literal.h"

namespace alloy::convert {

std::string numbered_label(std::string_view label, size_t index) {
  return index == 0 ? std::string(label) : fmt::format("{}_{}", label, index + 1);
}

std::vector<std::string> static_targets(const YamlNode* groups, SourceReader& reader,
                                        std::string_view address_otherwise) {
  std::vector<std::string> targets;
  std::map<std::string, std::string> labels;
  const auto add = [&](std::string_view address) {
    labels["__address__"] = address;
    std::string text = "{\n";
    for (const auto& [name, value] : labels) {
      fmt::format_to(std::back_inserter(text), "{} = {},\n",
                     syntax::is_identifier(name) ? name : quote(name), quote(value));
    }
    targets.push_back(text + "}");
  };
  for (const YamlNode& group : reader.items(groups, "*targetgroup.Group")) {
    constexpr std::string_view names[] = {"targets", "labels"};
    reader.check_names(group, "struct { Targets []string; Labels model.LabelSet }", names);
    labels.clear();
    if (const YamlNode* given = group.find("labels")) {
      for (const YamlMember& label : given->members) labels[label.key] = label.value.text;
    }
    const auto addresses = reader.items(group.find("targets"), "string");
    for (const YamlNode& address : addresses) add(address.text);
    if (addresses.empty() && !address_otherwise.empty()) add(address_otherwise);
  }
  return targets;
}

Expression TargetList::expression() const {
  if (parts_.empty()) return {"[]"};
  if (parts_.size() == 1) return {parts_[0]};
  return {fmt::format("array.concat(\n{},\n)", fmt::join(parts_, ",\n"))};
}

void add_relabel_rules(const YamlNode* configs, std::string_view name, const Schema& component,
                       SourceReader& reader, Draft& into) {
  const Schema& rule = find_field(component, nullptr, name).field->type->element->schema();
  for (const YamlNode& config : reader.items(configs, "*relabel.Config")) {
    Draft& block = into.add(name);
    reader.read(config, {"relabel.plain", &rule}, block);
    if (auto right = check(rule, block); !right) reader.refuse(right.error().message());
  }
}

void check_duplicates(const std::vector<Component>& components, Diagnostics& diagnostics) {
  std::set<std::string> known;
  for (const Component& component : components) {
    if (known.insert(component.id()).second) continue;
    diagnostics.add(Severity::critical,
                    fmt::format("duplicate label after conversion {}. this is due to how valid "
                                "Alloy labels are assembled and can be avoided by updating named "
                                "properties in the source config.",
                                quote(component.id())));
  }
}

}  // namespace alloy::convert
