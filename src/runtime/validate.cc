#include "runtime/validate.h"

#include <algorithm>
#include <ranges>
#include <set>

#include <fmt/ranges.h>

#include "base/closest_name.h"
#include "base/text.h"
#include "runtime/blocks.h"
#include "runtime/graph.h"
#include "runtime/validate_strict.h"
#include "runtime/validated_module.h"
#include "schema/check.h"
#include "schema/check_expression.h"
#include "schema/describe.h"
#include "syntax/parser.h"
#include "values/references.h"
#include "values/stdlib.h"

namespace alloy::runtime {
namespace {

using syntax::BlockStatement;
using syntax::Diagnostics;

// The blocks of all files, or what can't be read as a configuration.
std::expected<std::vector<FileBlock>, Diagnostics> parse(const ConfigSource& source) {
  std::vector<FileBlock> blocks;
  Diagnostics found;
  for (const syntax::SourcePointer& text : source.files) {
    auto file = syntax::parse_file(text);
    if (!file) {
      found.merge(std::move(file).error());
      continue;
    }
    for (const auto* statement : (*file)->body()) {
      if (const auto* block = syntax::as<BlockStatement>(*statement)) {
        blocks.push_back({block, *file});
        continue;
      }
      // One is enough: whoever writes attributes here has something else in mind.
      const auto& name = static_cast<const syntax::AttributeStatement&>(*statement).name;
      found.add_error({text->name, name.position, name.end()},
                      fmt::format("unrecognized attribute {}", name.name));
      break;
    }
  }
  if (!found.empty()) return std::unexpected(std::move(found));
  return blocks;
}

// The reference with the id of a component that there is in place of the one there isn't.
std::string did_you_mean_node(const ValidatedModule& module, const std::string& reference) {
  std::vector<std::string_view> ids;
  for (const ValidatedModule* m = &module; m != nullptr;
       m = m->kind == ValidatedModule::Kind::foreach ? m->outer : nullptr) {
    for (const ValidatedNode& node : m->nodes) ids.push_back(node.id);
  }
  // The reference goes on behind the id: try as many of its names as make an id.
  for (size_t end = reference.size(); end != std::string::npos && end > 0;
       end = reference.rfind('.', end - 1)) {
    const std::string_view found = closest_name(reference.substr(0, end), ids);
    if (!found.empty())
      return fmt::format("did you mean {}?", quote(std::string(found) + reference.substr(end)));
  }
  return "";
}

class Validator {
 public:
  explicit Validator(const ValidateOptions& options) : options_(options) {}

  Diagnostics run(const std::vector<FileBlock>& blocks) {
    const auto root = ModuleBuilder(options_, variables_).build_root(blocks);
    check(*root);
    if (options_.is_strict) validate_strictly(*root, options_, variables_, found_);
    return std::move(found_);
  }

 private:
  void check(ValidatedModule& module);
  void check_component_block(const ValidatedModule& module, ValidatedNode& node);
  void check_schema(const Schema& schema, const ValidatedNode& node);
  void check_custom(const std::vector<CustomArgument>& arguments, const ValidatedNode& node);
  void check_reference(const ValidatedModule& module, size_t from, const Reference& reference,
                       Graph& graph);
  void check_standard(const ValidatedNode& node, const Reference& reference);
  void check_cycles(const ValidatedModule& module, const Graph& graph);
  std::vector<std::string_view> names_of_components(const ValidatedModule& module) const;
  void error(const ValidatedNode& node, syntax::Span span, std::string message,
             std::string note = "") {
    syntax::Diagnostic diagnostic{.range = {node.block.file->name(), span.start, span.end},
                                  .message = std::move(message)};
    if (!note.empty()) diagnostic.notes.push_back(std::move(note));
    found_.add(std::move(diagnostic));
  }
  void warning(const ValidatedNode& node, syntax::Span span, std::string message) {
    found_.add_warning({node.block.file->name(), span.start, span.end}, std::move(message));
  }

  const ValidateOptions& options_;
  VariableNames variables_ = {"module_path"};
  Diagnostics found_;
};

void Validator::check(ValidatedModule& module) {
  Graph graph(module.nodes.size());
  for (size_t i = 0; i < module.nodes.size(); ++i) {
    ValidatedNode& node = module.nodes[i];
    if (node.is_component) {
      check_component_block(module, node);
    } else {
      found_.merge(std::move(node.diagnostics));
      if (node.schema != nullptr) check_schema(*node.schema, node);
    }
    if (node.module != nullptr) check(*node.module);
    for (const Reference& reference : references(syntax::Body(node.body)))
      check_reference(module, i, reference, graph);
  }
  check_cycles(module, graph);
}

void Validator::check_component_block(const ValidatedModule& module, ValidatedNode& node) {
  const BlockStatement& block = *node.block.statement;
  const std::string_view prefix = block.name.substr(0, block.name.find('.'));
  if (const CustomComponent* custom = module.find_custom(prefix)) {
    found_.merge(std::move(node.diagnostics));
    if (custom->arguments) check_custom(*custom->arguments, node);
    return;
  }
  const auto type = std::ranges::find_if(
      options_.components, [&](const ComponentType* known) { return known->name == block.name; });
  const ComponentType* found = type == options_.components.end() ? nullptr : *type;
  const ComponentGate gate{options_.stability_min, options_.community_enabled};
  const auto allowed = check_component(found, block.name, gate);
  found_.merge(std::move(node.diagnostics));
  if (!allowed) {
    const std::string note =
        found == nullptr ? did_you_mean(block.name, names_of_components(module)) : "";
    return error(node, block.name_span(), allowed.error().message(), note);
  }
  check_schema(*found->arguments, node);
}

std::vector<std::string_view> Validator::names_of_components(const ValidatedModule& module) const {
  std::vector<std::string_view> names;
  for (const ComponentType* type : options_.components) names.push_back(type->name);
  for (const ValidatedModule* m = &module; m != nullptr; m = m->outer) {
    for (const auto& [name, custom] : m->custom) names.push_back(name);
  }
  return names;
}

void Validator::check_schema(const Schema& schema, const ValidatedNode& node) {
  BlockStatement block = *node.block.statement;
  block.body = node.body;
  found_.merge(check_block(schema, block, node.block.file->name()));
}

// What the arguments of the declare say, which no schema describes.
void Validator::check_custom(const std::vector<CustomArgument>& arguments,
                             const ValidatedNode& node) {
  std::set<std::string_view> seen;
  for (const auto* statement : node.body) {
    const bool is_block = statement->kind == syntax::StatementKind::block;
    const std::string_view name =
        is_block ? static_cast<const BlockStatement&>(*statement).name
                 : static_cast<const syntax::AttributeStatement&>(*statement).name.name;
    const bool is_known =
        std::ranges::find(arguments, name, &CustomArgument::name) != arguments.end();
    if (!is_known) {
      error(node, statement->span(),
            fmt::format("unrecognized {} name \"{}\"", is_block ? "block" : "attribute", name));
    } else if (is_block) {
      error(node, statement->span(),
            fmt::format("\"{}\" must be an attribute, but is used as a block", name));
    } else if (!seen.insert(name).second) {
      error(node, statement->span(),
            fmt::format("attribute \"{}\" may only be provided once", name));
    } else {
      check_expression(member_type<Value>,
                       *static_cast<const syntax::AttributeStatement&>(*statement).value,
                       node.block.file->name(), found_);
    }
  }
  for (const CustomArgument& argument : arguments) {
    if (argument.is_optional || seen.contains(argument.name)) continue;
    error(node, node.block.statement->span(),
          fmt::format("missing required attribute \"{}\"", argument.name));
  }
}

void Validator::check_reference(const ValidatedModule& module, size_t from,
                                const Reference& reference, Graph& graph) {
  const ValidatedNode& node = module.nodes[from];
  const syntax::Identifier& first = reference.names.front();
  std::string id;
  for (const syntax::Identifier& name : reference.names) {
    if (!id.empty()) id += '.';
    id += name.name;
    const auto target = module.find_node(id);
    if (!target) continue;
    if (find_standard(first.name) != nullptr && !is_deprecated_standard(first.name)) {
      warning(node, {first.position, first.end()},
              "a component is shadowing an existing stdlib name");
    }
    if (target->is_here) {
      graph.add_edge(static_cast<uint32_t>(from), static_cast<uint32_t>(target->index));
    }
    return;
  }
  if (!variables_.contains(first.name) && find_standard(first.name) == nullptr) {
    const std::string name = reference.to_string();
    return error(node, reference.span(),
                 fmt::format("component {} does not exist or is out of scope", quote(name)),
                 did_you_mean_node(module, name));
  }
  check_standard(node, reference);
}

void Validator::check_standard(const ValidatedNode& node, const Reference& reference) {
  if (is_deprecated_standard(reference.names.front().name)) {
    return warning(node, reference.span(),
                   "this stdlib function is deprecated; please refer to the documentation for "
                   "updated usage and alternatives");
  }
  const std::string name = reference.to_string();
  if (!is_experimental_standard(name)) return;
  const auto allowed = check_stability(name, Stability::experimental, options_.stability_min);
  if (!allowed) error(node, reference.span(), allowed.error().message());
}

void Validator::check_cycles(const ValidatedModule& module, const Graph& graph) {
  std::vector<size_t> selfish;
  for (const auto& cycle : graph.cycles()) {
    if (cycle.size() == 1) {
      selfish.push_back(cycle.front());
      continue;
    }
    std::vector<std::pair<std::string_view, size_t>> members;
    for (const uint32_t index : cycle) members.emplace_back(module.nodes[index].id, index);
    std::ranges::sort(members);
    const std::string message =
        fmt::format("cycle detected: {}", fmt::join(members | std::views::keys, ", "));
    for (const size_t index : members | std::views::values) {
      const ValidatedNode& node = module.nodes[index];
      error(node, node.block.statement->header_span(), message);
    }
  }
  for (const size_t index : selfish) {
    const ValidatedNode& node = module.nodes[index];
    error(node, node.block.statement->header_span(), "cannot reference self");
  }
}

}  // namespace

Diagnostics validate(const ConfigSource& source, const ValidateOptions& options) {
  const auto blocks = parse(source);
  if (!blocks) return blocks.error();
  return Validator(options).run(*blocks);
}

}  // namespace alloy::runtime
