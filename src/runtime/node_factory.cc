// Which kind of node each part of a configuration becomes.
#include "runtime/component_node.h"
#include "runtime/config_nodes.h"
#include "runtime/custom_node.h"
#include "runtime/foreach_node.h"
#include "runtime/import_node.h"
#include "runtime/structure.h"
#include "runtime/value_nodes.h"

namespace alloy::runtime {
namespace {

// The node of this id in the previous structure, if it is of the class Kind.
template <class Kind>
NodePointer find_previous(const Structure* previous, std::string_view name,
                          std::string_view label) {
  if (previous == nullptr) return nullptr;
  const auto found =
      previous->by_id.find(label.empty() ? std::string(name) : fmt::format("{}.{}", name, label));
  if (found == previous->by_id.end()) return nullptr;
  const NodePointer& node = previous->members[found->second].node;
  const bool is_same = node->name() == name && dynamic_cast<Kind*>(node.get()) != nullptr;
  return is_same ? node : nullptr;
}

}  // namespace

NodePointer NodeFactory::component(const Structure* previous, const ComponentType& type,
                                   const std::string& label) const {
  if (auto node = find_previous<ComponentNode>(previous, type.name, label)) return node;
  return std::make_shared<ComponentNode>(environment_, type, label, module_id_, owner_);
}

NodePointer NodeFactory::custom_component(const Structure* previous, const std::string& name,
                                          const std::string& label) const {
  if (auto node = find_previous<CustomNode>(previous, name, label)) return node;
  return std::make_shared<CustomNode>(environment_, name, label, module_id_, owner_);
}

NodePointer NodeFactory::foreach (const Structure* previous, const std::string& label) const {
  if (auto node = find_previous<ForeachNode>(previous, "foreach", label)) return node;
  return std::make_shared<ForeachNode>(environment_, label, module_id_, owner_);
}

NodePointer NodeFactory::declare(const Structure* previous, const std::string& label) const {
  if (auto node = find_previous<DeclareNode>(previous, "declare", label)) return node;
  return std::make_shared<DeclareNode>(environment_, "declare", label, owner_);
}

NodePointer NodeFactory::argument(const Structure* previous, const std::string& label) const {
  if (auto node = find_previous<ArgumentNode>(previous, "argument", label)) return node;
  return std::make_shared<ArgumentNode>(environment_, "argument", label, owner_);
}

NodePointer NodeFactory::export_(const Structure* previous, const std::string& label) const {
  if (auto node = find_previous<ExportNode>(previous, "export", label)) return node;
  return std::make_shared<ExportNode>(environment_, "export", label, owner_);
}

NodePointer NodeFactory::logging(const Structure* previous) const {
  if (auto node = find_previous<LoggingNode>(previous, "logging", "")) return node;
  return std::make_shared<LoggingNode>(environment_, owner_);
}

NodePointer NodeFactory::tracing(const Structure* previous) const {
  if (auto node = find_previous<TracingNode>(previous, "tracing", "")) return node;
  return std::make_shared<TracingNode>(environment_, owner_);
}

NodePointer NodeFactory::service(const Structure* previous, ConfiguredService& service) const {
  if (auto node = find_previous<ServiceNode>(previous, service.block_name(), "")) return node;
  return std::make_shared<ServiceNode>(environment_, service, owner_);
}

NodePointer NodeFactory::import(const Structure* previous, const std::string& name,
                                const std::string& label) const {
  if (auto node = find_previous<ImportNode>(previous, name, label)) return node;
  const std::string id = join_path(module_id_, fmt::format("{}.{}", name, label));
  auto source = make_import_source(name, id, environment_);
  if (source == nullptr) return nullptr;
  return std::make_shared<ImportNode>(environment_, name, label, module_id_, std::move(source),
                                      owner_);
}

}  // namespace alloy::runtime
