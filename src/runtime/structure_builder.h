// Makes a Structure from the statements of a module, with all checks that need no evaluation.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/environment.h"
#include "runtime/structure.h"
#include "values/references.h"

namespace alloy::runtime {

class StructureBuilder {
 public:
  StructureBuilder(const NodeFactory& factory, ModuleKind kind, const Structure* previous,
                   ModuleContent content);

  std::expected<StructurePointer, syntax::Diagnostics> build();

 private:
  struct Block {
    const syntax::BlockStatement* statement;
    syntax::FilePointer file;
  };
  // A node that is to become a member.
  struct Draft {
    NodePointer node;
    std::shared_ptr<Binding> binding;
    Block block;
  };

  void classify();
  void add_services();
  void add_declares();
  void add_config_blocks();
  void add_config_block(const Block& block);
  void check_arguments();
  void add_components();
  void add_component(const Block& block);
  // False, with a diagnostic, if there is a block of that id already.
  bool is_new(const Block& block, std::string_view id);
  void add(NodePointer node, const Block& block);

  void connect();
  void connect_references(uint32_t from);
  void connect_reference(uint32_t from, const Reference& reference, bool must_exist);
  void connect_declares(uint32_t from, std::string_view component_name);
  void check_standard(const Block& block, const Reference& reference);
  void check_cycles();

  void error(const Block& block, std::string message);
  void warn(std::string_view message, StructureWarning::Fields fields);
  bool in_module() const { return kind_ == ModuleKind::custom || kind_ == ModuleKind::foreach; }
  const ControllerOptions& options() const { return factory_.environment().options; }

  const NodeFactory& factory_;
  ModuleKind kind_;
  const Structure* previous_;
  ModuleContent content_;
  syntax::Diagnostics diagnostics_;
  std::vector<StructureWarning> warnings_;
  std::vector<Block> service_blocks_;
  std::vector<Block> declare_blocks_;
  std::vector<Block> config_blocks_;
  std::vector<Block> component_blocks_;
  std::shared_ptr<DeclareScope> declares_;
  std::vector<Draft> drafts_;
  std::unordered_map<std::string_view, uint32_t> by_id_;
  std::map<std::string_view, uint32_t> declare_nodes_;  // By label.
  std::map<std::string_view, uint32_t> import_nodes_;   // By label.
  std::unique_ptr<Structure> structure_;
};

}  // namespace alloy::runtime
