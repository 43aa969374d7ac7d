#include "runtime/validate_strict.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "base/closest_name.h"
#include "schema/check_strictly.h"
#include "values/references.h"
#include "values/stdlib.h"

namespace alloy::runtime {
namespace {

// Standard names whose values are those of the machine that a configuration runs on.
bool depends_on_machine(std::string_view name) {
  return name == "sys" || name == "env" || name == "file";
}

// Whether a component of the user's hides the standard name.
bool is_node(const ValidatedModule& module, const Reference& reference) {
  std::string id;
  for (const syntax::Identifier& name : reference.names) {
    if (!id.empty()) id += '.';
    id += name.name;
    if (module.find_node(id)) return true;
  }
  return false;
}

class StrictValidator {
 public:
  StrictValidator(const ValidateOptions& options, const VariableNames& variables,
                  syntax::Diagnostics& found)
      : options_(options), variables_(variables), found_(found) {}

  void check(const ValidatedModule& module);
  void mark_used(const ValidatedModule& module);
  void warn_of_unused(const ValidatedModule& module);

 private:
  void check_node(const ValidatedModule& module, const ValidatedNode& node);
  void mark_used(const ValidatedModule& module, const ValidatedNode& from,
                 const Reference& reference);
  const MemberType* export_type(const ValidatedModule& module, const Reference& reference) const;
  void check_export(const ValidatedModule& module, const ValidatedNode& target,
                    const ValidatedNode& from, const Reference& reference, size_t names);
  void check_standard(const ValidatedNode& from, const Reference& reference);
  void add_error(const ValidatedNode& node, syntax::Span span, std::string message,
                 std::string note);
  const ComponentType* find_type(const ValidatedModule& module, const ValidatedNode& node) const;

  const ValidateOptions& options_;
  const VariableNames& variables_;
  syntax::Diagnostics& found_;
  std::set<const ValidatedNode*> used_;
};

// The node's own type; null for custom components, and those that don't exist.
const ComponentType* StrictValidator::find_type(const ValidatedModule& module,
                                                const ValidatedNode& node) const {
  const std::string_view name = node.block.statement->name;
  if (!node.is_component || module.find_custom(name.substr(0, name.find('.')))) return nullptr;
  const auto type = std::ranges::find_if(
      options_.components, [&](const ComponentType* known) { return known->name == name; });
  return type == options_.components.end() ? nullptr : *type;
}

// The type of the export that the reference names, if it names no more than that.
const MemberType* StrictValidator::export_type(const ValidatedModule& module,
                                               const Reference& reference) const {
  std::string id;
  for (size_t names = 1; names < reference.names.size(); ++names) {
    if (!id.empty()) id += '.';
    id += reference.names[names - 1].name;
    const auto target = module.find_node(id);
    if (!target) continue;
    if (!target->is_here || names + 1 != reference.names.size()) return nullptr;
    const ComponentType* type = find_type(module, module.nodes[target->index]);
    if (type == nullptr || type->exports == nullptr) return nullptr;
    const FoundField found = find_field(*type->exports, nullptr, reference.names[names].name);
    return found ? found.field->type : nullptr;
  }
  return nullptr;
}

void StrictValidator::check_node(const ValidatedModule& module, const ValidatedNode& node) {
  const auto is_known = [&](const Reference& reference) {
    const std::string_view first = reference.names.front().name;
    if (variables_.contains(first) || depends_on_machine(first)) return false;
    return find_standard(first) != nullptr && !is_node(module, reference);
  };
  const auto type_of = [&](const Reference& reference) { return export_type(module, reference); };
  StrictChecker checker(node.block.file->name(), is_known, type_of, found_);
  syntax::BlockStatement block = *node.block.statement;
  block.body = node.body;
  const ComponentType* type = find_type(module, node);
  if (const Schema* schema = type != nullptr ? type->arguments : node.schema) {
    return checker.check(*schema, block);
  }
  for (const syntax::Statement* statement : node.body) {
    const auto* attribute = syntax::as<syntax::AttributeStatement>(*statement);
    if (attribute != nullptr) checker.check(*attribute->value);
  }
}

void StrictValidator::check(const ValidatedModule& module) {
  for (const ValidatedNode& node : module.nodes) {
    check_node(module, node);
    if (node.module != nullptr) check(*node.module);
  }
}

void StrictValidator::add_error(const ValidatedNode& node, syntax::Span span, std::string message,
                                std::string note) {
  syntax::Diagnostic diagnostic{.range = {node.block.file->name(), span.start, span.end},
                                .message = std::move(message)};
  if (!note.empty()) diagnostic.notes.push_back(std::move(note));
  found_.add(std::move(diagnostic));
}

// Whether the target exports the name behind the first ones, which are its id.
void StrictValidator::check_export(const ValidatedModule& module, const ValidatedNode& target,
                                   const ValidatedNode& from, const Reference& reference,
                                   size_t names) {
  const ComponentType* type = find_type(module, target);
  if (type == nullptr || reference.names.size() == names) return;
  const syntax::Identifier& name = reference.names[names];
  std::vector<std::string_view> known;
  if (type->exports != nullptr) {
    for (const Field& field : type->exports->fields) known.push_back(field.name);
  }
  if (std::ranges::find(known, name.name) != known.end()) return;
  add_error(from, {name.position, name.end()},
            fmt::format("{} has no export named \"{}\"", target.id, name.name),
            did_you_mean(name.name, known));
}

// Whether the namespace has a member of the name.
void StrictValidator::check_standard(const ValidatedNode& from, const Reference& reference) {
  const std::string_view space = reference.names.front().name;
  const Value* standard = find_standard(space);
  if (standard == nullptr || !standard->is_object() || reference.names.size() < 2) return;
  if (variables_.contains(space)) return;
  const syntax::Identifier& name = reference.names[1];
  std::vector<std::string_view> known;
  for (const auto& member : standard->as_object()->members()) known.push_back(member.key);
  if (std::ranges::find(known, name.name) != known.end()) return;
  add_error(from, {name.position, name.end()},
            fmt::format("there is no {}.{} in the standard library", space, name.name),
            did_you_mean(name.name, known));
}

// From within a template, nodes around it can be meant.
void StrictValidator::mark_used(const ValidatedModule& module, const ValidatedNode& from,
                                const Reference& reference) {
  std::string id;
  for (size_t names = 1; names <= reference.names.size(); ++names) {
    if (!id.empty()) id += '.';
    id += reference.names[names - 1].name;
    for (const ValidatedModule* m = &module; m->find_node(id); m = m->outer) {
      const auto target = m->find_node(id);
      if (!target->is_here) continue;
      const ValidatedNode& node = m->nodes[target->index];
      used_.insert(&node);
      return check_export(*m, node, from, reference, names);
    }
  }
  check_standard(from, reference);
}

void StrictValidator::mark_used(const ValidatedModule& module) {
  for (const ValidatedNode& node : module.nodes) {
    for (const Reference& reference : references(syntax::Body(node.body))) {
      mark_used(module, node, reference);
    }
    if (node.module != nullptr) mark_used(*node.module);
  }
}

void StrictValidator::warn_of_unused(const ValidatedModule& module) {
  for (const ValidatedNode& node : module.nodes) {
    if (node.module != nullptr) warn_of_unused(*node.module);
    const ComponentType* type = find_type(module, node);
    if (type == nullptr || type->exports == nullptr || used_.contains(&node)) continue;
    std::vector<std::string_view> names;
    for (const Field& field : type->exports->fields) names.push_back(field.name);
    if (names.empty()) continue;
    const syntax::Span header = node.block.statement->header_span();
    found_.add_warning(
        {node.block.file->name(), header.start, header.end},
        fmt::format("nothing uses what {} exports: {}", node.id, fmt::join(names, ", ")));
  }
}

}  // namespace

void validate_strictly(const ValidatedModule& root, const ValidateOptions& options,
                       const VariableNames& variables, syntax::Diagnostics& found) {
  StrictValidator validator(options, variables, found);
  validator.mark_used(root);
  validator.check(root);
  validator.warn_of_unused(root);
}

}  // namespace alloy::runtime
