// What the API may know about a module.
#include <array>

#include "runtime/component_node.h"
#include "runtime/module.h"

namespace alloy::runtime {
namespace {

// Types whose exporter is at the end of the data's way, not at its beginning.
constexpr std::array<std::string_view, 4> receiver_types = {
    "storage.Appendable", "loki.LogsReceiver", "otelcol.Consumer", "pyroscope.Appendable"};

const Field* find_export(const Node& node, std::string_view name) {
  const auto* component = dynamic_cast<const ComponentNode*>(&node);
  if (component == nullptr || component->type().exports == nullptr) return nullptr;
  for (const Field& field : component->type().exports->fields)
    if (field.name == name) return &field;
  return nullptr;
}

void add_once(std::vector<std::string>& list, const std::string& id) {
  if (std::ranges::find(list, id) == list.end()) list.push_back(id);
}

// Whether the node is of a kind of component that can show what passes through it.
bool supports_live_debugging(const Node& node) {
  const auto* component = dynamic_cast<const ComponentNode*>(&node);
  return component != nullptr && component->type().supports_live_debugging;
}

}  // namespace

// The edges that this member's own references make: `forward` from it to the node it uses.
template <class Visit>
static void each_data_flow(const Member& member, Visit visit) {
  for (const auto& use : member.binding->uses) {
    const Field* field = find_export(*use.node, use.field);
    if (field == nullptr) continue;
    const bool forward =
        std::ranges::find(receiver_types, field->type->name) != receiver_types.end();
    visit(*use.node, forward);
  }
}

void Module::describe_edges(const Structure& structure, uint32_t index, ComponentInfo& info) const {
  const Member& member = structure.members[index];
  for (const uint32_t other : structure.graph.dependencies(index))
    if (structure.members[other].node->is_component())
      info.references_to.push_back(structure.members[other].node->id());
  each_data_flow(member, [&](const Node& used, bool forward) {
    if (forward) add_once(info.data_flow_edges_to, used.id());
  });
  for (const uint32_t other : structure.graph.dependants(index)) {
    const Member& user = structure.members[other];
    if (!user.node->is_component()) continue;
    info.referenced_by.push_back(user.node->id());
    each_data_flow(user, [&](const Node& used, bool forward) {
      if (!forward && &used == member.node.get())
        add_once(info.data_flow_edges_to, user.node->id());
    });
  }
}

std::vector<ComponentInfo> Module::components() const {
  std::vector<ComponentInfo> list;
  const auto present = structure();
  if (present == nullptr) return list;
  for (uint32_t i = 0; i < present->members.size(); ++i) {
    const Node& node = *present->members[i].node;
    if (!node.is_component()) continue;
    auto& info = list.emplace_back();
    info.name = node.name();
    info.local_id = node.id();
    info.module_id = options_.id;
    info.label = node.label();
    info.health = node.health();
    info.supports_live_debugging = supports_live_debugging(node);
    for (const auto& module : node.modules()) info.created_module_ids.push_back(module->id());
    describe_edges(*present, i, info);
  }
  return list;
}

std::optional<ComponentInfo> Module::component(std::string_view local_id) const {
  const auto present = structure();
  if (present == nullptr) return std::nullopt;
  const auto found = present->by_id.find(local_id);
  if (found == present->by_id.end()) return std::nullopt;
  const Node& node = *present->members[found->second].node;
  if (!node.is_component()) return std::nullopt;
  ComponentInfo info{.name = node.name(),
                     .local_id = node.id(),
                     .module_id = options_.id,
                     .label = node.label(),
                     .health = node.health()};
  info.supports_live_debugging = supports_live_debugging(node);
  for (const auto& module : node.modules()) info.created_module_ids.push_back(module->id());
  describe_edges(*present, found->second, info);
  node.describe(info);
  return info;
}

bool Module::has_component(std::string_view local_id) const {
  const auto present = structure();
  if (present == nullptr) return false;
  const auto found = present->by_id.find(local_id);
  return found != present->by_id.end() && present->members[found->second].node->is_component();
}

std::shared_ptr<const Module> Module::find(std::string_view module_id) const {
  if (module_id == options_.id) return shared_from_this();
  const auto present = structure();
  if (present == nullptr) return nullptr;
  for (const auto& member : present->members) {
    for (const auto& module : member.node->modules()) {
      if (module_id == module->id()) return module;
      if (module_id.starts_with(module->id()) && module_id[module->id().size()] == '/')
        if (auto found = module->find(module_id)) return found;
    }
  }
  return nullptr;
}

void Module::collect_metrics(MetricSink& out) const {
  if (!options_.has_metrics) return;
  const auto present = structure();
  if (present == nullptr) {
    metrics_.collect(Structure(0), out);
    return;
  }
  metrics_.collect(*present, out);
  for (const auto& member : present->members) {
    member.node->collect_metrics(out);
    for (const auto& module : member.node->modules()) module->collect_metrics(out);
  }
}

}  // namespace alloy::runtime
