// What one configuration of a module consists of: its nodes, what their blocks mean, and who
// depends on whom. Built aside from a text, checked, and never changed afterwards.
#pragma once

#include <expected>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/declares.h"
#include "runtime/environment.h"
#include "runtime/graph.h"
#include "runtime/node.h"
#include "runtime/node_scope.h"
#include "syntax/ast.h"
#include "syntax/diagnostics.h"

namespace alloy::runtime {

enum class ModuleKind : unsigned char {
  root,      // The program's own configuration: services and logging belong here.
  isolated,  // A whole configuration without services: remotecfg's.
  custom,    // The inside of a custom component.
  foreach,   // One child of a foreach.
  imported,  // The content of an import: only declares and further imports.
};

struct SourcedStatement {
  const syntax::Statement* statement;
  syntax::FilePointer file;
};

// A text for a module, and what it can see of its surroundings.
struct ModuleContent {
  std::vector<SourcedStatement> statements;  // Empty once the structure is built.
  DeclareScopePointer outer_declares;
  std::string module_path;
  std::shared_ptr<const KnowingScope> variables;
  ObjectPointer arguments;  // Null where there can't be any.
};

// The statements of a body.
std::vector<SourcedStatement> statements_of(syntax::Body body, const syntax::FilePointer& file);

struct Member {
  NodePointer node;
  std::shared_ptr<const Binding> binding;
};

// What works, but is worth a line in the log.
struct StructureWarning {
  using Fields = std::vector<std::pair<std::string_view, std::string>>;

  std::string_view message;
  Fields fields;
};

struct Structure {
  explicit Structure(size_t size) : graph(size) {}

  std::vector<Member> members;  // In the order of the text, services first.
  Graph graph;
  std::vector<uint32_t> order;  // Of evaluation.
  std::unordered_map<std::string_view, uint32_t> by_id;
  DeclareScopePointer declares;
  ModuleContent content;
  std::vector<StructureWarning> warnings;

  // The member that is this very node; null if it is no longer one.
  const uint32_t* find(const Node& node) const {
    const auto found = by_id.find(node.id());
    if (found == by_id.end() || members[found->second].node.get() != &node) return nullptr;
    return &found->second;
  }
};

using StructurePointer = std::shared_ptr<const Structure>;

// Makes the nodes of one module.
class NodeFactory {
 public:
  NodeFactory(Environment& environment, std::string module_id, std::weak_ptr<NodeOwner> owner)
      : environment_(environment), module_id_(std::move(module_id)), owner_(std::move(owner)) {}

  Environment& environment() const { return environment_; }
  // The same node as before if `previous` has one of this kind and id, else a new one.
  NodePointer component(const Structure* previous, const ComponentType& type,
                        const std::string& label) const;
  NodePointer custom_component(const Structure* previous, const std::string& name,
                               const std::string& label) const;
  NodePointer foreach (const Structure* previous, const std::string& label) const;
  NodePointer declare(const Structure* previous, const std::string& label) const;
  NodePointer argument(const Structure* previous, const std::string& label) const;
  NodePointer export_(const Structure* previous, const std::string& label) const;
  NodePointer logging(const Structure* previous) const;
  NodePointer tracing(const Structure* previous) const;
  NodePointer service(const Structure* previous, ConfiguredService& service) const;
  // Null if there is no such kind of import.
  NodePointer import(const Structure* previous, const std::string& name,
                     const std::string& label) const;

 private:
  Environment& environment_;
  std::string module_id_;
  std::weak_ptr<NodeOwner> owner_;
};

// Builds and checks; nothing but the result is touched.
std::expected<StructurePointer, syntax::Diagnostics> build_structure(const NodeFactory& factory,
                                                                     ModuleKind kind,
                                                                     const Structure* previous,
                                                                     ModuleContent content);

}  // namespace alloy::runtime
