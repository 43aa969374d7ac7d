#include "runtime/declares.h"

namespace alloy::runtime {

bool DeclareScope::add_declare(const syntax::BlockStatement& block,
                               const syntax::FilePointer& file) {
  if (declares_.contains(block.label)) return false;
  // Its users may come much later, when the rest of the file is of no use to anybody.
  declares_.emplace(block.label, BlockText(block, file).own_tree());
  return true;
}

void DeclareScope::add_import(std::string label, std::shared_ptr<ImportSlot> slot) {
  imports_.emplace(std::move(label), std::move(slot));
}

bool DeclareScope::is_custom_prefix(std::string_view name) const {
  if (declares_.contains(name) || imports_.contains(name)) return true;
  return outer_ != nullptr && outer_->is_custom_prefix(name);
}

Template DeclareScope::find_declare(std::string_view name) const {
  if (const auto found = declares_.find(name); found != declares_.end())
    return {found->second.block, found->second.file, shared_from_this()};
  return outer_ != nullptr ? outer_->find_declare(name) : Template{};
}

Template DeclareScope::find(std::string_view component_name) const {
  const auto [space, name] = split_namespace(component_name);
  if (space.empty()) return find_declare(name);
  if (const auto found = imports_.find(space); found != imports_.end()) {
    const DeclareScopePointer content = found->second->get();
    if (content == nullptr) return {};
    const auto declare = content->declares_.find(name);
    if (declare == content->declares_.end()) return {};
    return {declare->second.block, declare->second.file, content};
  }
  return outer_ != nullptr ? outer_->find(component_name) : Template{};
}

std::pair<std::string_view, std::string_view> split_namespace(std::string_view component_name) {
  const size_t dot = component_name.find('.');
  if (dot == std::string_view::npos) return {"", component_name};
  return {component_name.substr(0, dot), component_name.substr(dot + 1)};
}

}  // namespace alloy::runtime
