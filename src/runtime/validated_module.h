// A module as `validate` sees it: its blocks, sorted into kinds, and what is known of each.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/validate.h"
#include "syntax/ast.h"

namespace alloy::runtime {

// Names that stand for a value somewhere: arguments, the items of a foreach.
using VariableNames = std::set<std::string, std::less<>>;

struct FileBlock {
  const syntax::BlockStatement* statement;
  syntax::FilePointer file;
};

// An argument that a custom component takes.
struct CustomArgument {
  std::string_view name;
  bool is_optional = false;
};

// What a name stands for besides built-in components: a declare with its arguments, or an import,
// of which nothing more is known.
struct CustomComponent {
  std::optional<std::vector<CustomArgument>> arguments;
};

struct ValidatedModule;

struct ValidatedNode {
  std::string id;
  FileBlock block;
  // What of the block's body is its own (not the inside of a module or a template).
  std::vector<const syntax::Statement*> body;
  const Schema* schema = nullptr;  // Null: nothing to check, or a component.
  bool is_component = false;
  syntax::Diagnostics diagnostics;  // What was found before its arguments are looked at.
  std::unique_ptr<ValidatedModule> module;
};

struct ValidatedModule {
  enum class Kind : unsigned char { root, declare, foreach };

  ValidatedModule(Kind k, const ValidatedModule* o) : kind(k), outer(o) {}

  // Whether this is the root, or within a foreach of the root.
  bool is_of_root() const {
    return kind == Kind::root || (kind == Kind::foreach && outer->is_of_root());
  }
  // A custom component of this module or one around it.
  const CustomComponent* find_custom(std::string_view name) const;
  // The node of this id here, or, from within a template, around it; and whether it is here.
  struct Found {
    size_t index = 0;
    bool is_here = false;
  };
  std::optional<Found> find_node(std::string_view id) const;

  Kind kind;
  const ValidatedModule* outer;
  std::vector<ValidatedNode> nodes;
  std::unordered_map<std::string, size_t> by_id;
  std::map<std::string_view, CustomComponent> custom;
  std::vector<CustomArgument> arguments;
};

// Sorts the blocks of a configuration and all modules in it, and makes the checks that need no
// more than a block and its place.
class ModuleBuilder {
 public:
  // Names of variables that exist somewhere are added to `variables`.
  ModuleBuilder(const ValidateOptions& options, VariableNames& variables)
      : options_(options), variables_(variables) {}

  std::unique_ptr<ValidatedModule> build_root(const std::vector<FileBlock>& blocks);

 private:
  struct Blocks {
    std::vector<FileBlock> declares;
    std::vector<FileBlock> configs;
    std::vector<FileBlock> components;
    std::vector<FileBlock> services;
  };

  void sort(const FileBlock& block, Blocks& into) const;
  // The blocks of a body; attributes there are reported to `node`.
  Blocks blocks_of(const syntax::BlockStatement& block, ValidatedNode& node) const;
  void fill(ValidatedModule& module, const Blocks& blocks);
  void add_declare(ValidatedModule& module, const FileBlock& block);
  void add_config(ValidatedModule& module, const FileBlock& block);
  void add_argument_or_export(ValidatedModule& module, ValidatedNode& node, bool is_first);
  void add_import(ValidatedModule& module, ValidatedNode& node, bool is_first);
  void add_foreach(ValidatedModule& module, ValidatedNode& node);
  void add_component(ValidatedModule& module, const FileBlock& block);
  void add_service(ValidatedModule& module, const FileBlock& block);

  ValidatedNode make_node(const FileBlock& block) const;
  // Makes the id of a repeated block its own, and reports it. False if it was repeated.
  bool check_unique(ValidatedModule& module, ValidatedNode& node) const;
  bool check_label(ValidatedNode& node) const;
  void check_place(const ValidatedModule& module, ValidatedNode& node) const;
  void add(ValidatedModule& module, ValidatedNode node) const;

  const ValidateOptions& options_;
  VariableNames& variables_;
};

}  // namespace alloy::runtime
