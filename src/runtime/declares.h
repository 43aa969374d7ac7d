// The custom components that a module can use: its own declares, those around it, and imports.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "runtime/block_text.h"
#include "syntax/ast.h"

namespace alloy::runtime {

class DeclareScope;
using DeclareScopePointer = std::shared_ptr<const DeclareScope>;

// What an import has found so far; its content may change at any time.
class ImportSlot {
 public:
  DeclareScopePointer get() const {
    std::lock_guard lock(mutex_);
    return content_;
  }
  void set(DeclareScopePointer content) {
    std::lock_guard lock(mutex_);
    content_ = std::move(content);
  }

 private:
  mutable std::mutex mutex_;  // Guards everything below.
  DeclareScopePointer content_;
};

// A `declare` block and where it can look for others.
struct Template {
  const syntax::BlockStatement* block = nullptr;
  syntax::FilePointer file;
  DeclareScopePointer scope;
};

class DeclareScope : public std::enable_shared_from_this<DeclareScope> {
 public:
  DeclareScope(DeclareScopePointer outer, std::string module_path)
      : outer_(std::move(outer)), module_path_(std::move(module_path)) {}

  // False if there is one of that name.
  bool add_declare(const syntax::BlockStatement& block, const syntax::FilePointer& file);
  void add_import(std::string label, std::shared_ptr<ImportSlot> slot);

  // Whether components called "<name>" or "<name>.…" are custom ones.
  bool is_custom_prefix(std::string_view name) const;
  // The template of a component name: "greet", or "namespace.greet" for imported ones; its block
  // is null if there is none (yet).
  Template find(std::string_view component_name) const;

  // The value of the variable `module_path` for what is declared here.
  const std::string& module_path() const { return module_path_; }

 private:
  using Declare = BlockText::Tree;
  Template find_declare(std::string_view name) const;

  DeclareScopePointer outer_;
  std::string module_path_;
  std::map<std::string, Declare, std::less<>> declares_;
  std::map<std::string, std::shared_ptr<ImportSlot>, std::less<>> imports_;
};

// "m" and "greet" of "m.greet"; "" and "greet" of "greet".
std::pair<std::string_view, std::string_view> split_namespace(std::string_view component_name);

}  // namespace alloy::runtime
