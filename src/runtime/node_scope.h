// The names that the expressions of one block can use: the nodes it refers to, the variables of its
// module, and for foreach children what is around them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/block_text.h"
#include "runtime/knowing_scope.h"
#include "runtime/node.h"
#include "values/scope.h"

namespace alloy::runtime {

// The variables of a module: module_path, and a foreach child's item.
class ModuleVariables final : public KnowingScope {
 public:
  explicit ModuleVariables(std::shared_ptr<const KnowingScope> outer = nullptr)
      : outer_(std::move(outer)) {}

  void set(std::string name, Value value);
  Found resolve(Path path) const override;
  bool knows(Path path) const override;

 private:
  std::shared_ptr<const KnowingScope> outer_;
  std::vector<std::pair<std::string, Value>> values_;
};

// What a node's block means in one configuration: its text and the nodes it refers to.
struct Binding {
  // A use of an export: what data flow edges are made from.
  struct Use {
    const Node* node;
    // A part of the text: "receiver" in
    std::string_view field;  // "receiver" in prometheus.remote_write.a.receiver; may be empty.
  };

  BlockText text;
  std::vector<NodePointer> references;  // Each node once.
  std::vector<Use> uses;
};

// The scope of a node's block.
class NodeScope final : public KnowingScope {
 public:
  NodeScope(std::shared_ptr<const Binding> binding, std::shared_ptr<const KnowingScope> outer)
      : binding_(std::move(binding)), outer_(std::move(outer)) {}

  Found resolve(Path path) const override;
  bool knows(Path path) const override;

 private:
  Value siblings(std::string_view first) const;

  std::shared_ptr<const Binding> binding_;
  std::shared_ptr<const KnowingScope> outer_;
};

}  // namespace alloy::runtime
