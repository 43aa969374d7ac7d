#include "runtime/validated_module.h"

#include <algorithm>

#include "runtime/blocks.h"
#include "syntax/literal.h"

namespace alloy::runtime {
namespace {

using syntax::BlockStatement;
using syntax::Span;

void report(ValidatedNode& node, Span span, std::string message) {
  node.diagnostics.add_error({node.block.file->name(), span.start, span.end}, std::move(message));
}

void report_name(ValidatedNode& node, std::string message) {
  report(node, node.block.statement->name_span(), std::move(message));
}

// As many characters from the start of the block as its id has.
Span id_span(const BlockStatement& block) {
  const auto size = static_cast<uint32_t>(block_id(block).size());
  return {block.start, block.start.plus(size - 1)};
}

const syntax::Expression* find_attribute(syntax::Body body, std::string_view name) {
  for (const auto* statement : body) {
    const auto* attribute = syntax::as<syntax::AttributeStatement>(*statement);
    if (attribute != nullptr && attribute->name.name == name) return attribute->value;
  }
  return nullptr;
}

const syntax::LiteralExpression* literal_of(const BlockStatement& block, std::string_view name,
                                            syntax::TokenKind kind) {
  const auto* value = find_attribute(block.body, name);
  if (value == nullptr) return nullptr;
  const auto* literal = syntax::as<syntax::LiteralExpression>(*value);
  return literal != nullptr && literal->literal_kind == kind ? literal : nullptr;
}

}  // namespace

const CustomComponent* ValidatedModule::find_custom(std::string_view name) const {
  if (const auto found = custom.find(name); found != custom.end()) return &found->second;
  return outer != nullptr ? outer->find_custom(name) : nullptr;
}

std::optional<ValidatedModule::Found> ValidatedModule::find_node(std::string_view id) const {
  if (const auto found = by_id.find(std::string(id)); found != by_id.end())
    return Found{found->second, true};
  if (kind != Kind::foreach || !outer->find_node(id)) return std::nullopt;
  return Found{};
}

std::unique_ptr<ValidatedModule> ModuleBuilder::build_root(const std::vector<FileBlock>& blocks) {
  auto module = std::make_unique<ValidatedModule>(ValidatedModule::Kind::root, nullptr);
  Blocks sorted;
  for (const FileBlock& block : blocks) sort(block, sorted);
  fill(*module, sorted);
  return module;
}

void ModuleBuilder::sort(const FileBlock& block, Blocks& into) const {
  const std::string_view name = block.statement->name;
  const bool is_service = std::ranges::any_of(options_.services, [&](const ServiceBlock& service) {
    return service.name == block_id(*block.statement);
  });
  auto& list = name == "declare"       ? into.declares
               : is_config_block(name) ? into.configs
               : is_service            ? into.services
                                       : into.components;
  list.push_back(block);
}

ModuleBuilder::Blocks ModuleBuilder::blocks_of(const BlockStatement& block,
                                               ValidatedNode& node) const {
  Blocks blocks;
  for (const auto* statement : block.body) {
    if (const auto* inner = syntax::as<BlockStatement>(*statement)) {
      sort({inner, node.block.file}, blocks);
    } else {
      const auto& attribute = static_cast<const syntax::AttributeStatement&>(*statement);
      report(node, attribute.span(), fmt::format("unrecognized attribute {}", attribute.name.name));
    }
  }
  return blocks;
}

void ModuleBuilder::fill(ValidatedModule& module, const Blocks& blocks) {
  for (const FileBlock& block : blocks.declares) add_declare(module, block);
  for (const FileBlock& block : blocks.configs) add_config(module, block);
  for (const FileBlock& block : blocks.components) add_component(module, block);
  for (const FileBlock& block : blocks.services) add_service(module, block);
}

ValidatedNode ModuleBuilder::make_node(const FileBlock& block) const {
  ValidatedNode node;
  node.id = block_id(*block.statement);
  node.block = block;
  node.body.assign(block.statement->body.begin(), block.statement->body.end());
  return node;
}

void ModuleBuilder::add(ValidatedModule& module, ValidatedNode node) const {
  module.by_id.emplace(node.id, module.nodes.size());
  module.nodes.push_back(std::move(node));
}

bool ModuleBuilder::check_unique(ValidatedModule& module, ValidatedNode& node) const {
  const auto found = module.by_id.find(node.id);
  if (found == module.by_id.end()) return true;
  const FileBlock& first = module.nodes[found->second].block;
  report(node, id_span(*node.block.statement),
         fmt::format("block {} already declared at {}", node.id,
                     syntax::to_string(first.file->name(), first.statement->start)));
  node.id += fmt::format("-{}", module.nodes.size());
  return false;
}

bool ModuleBuilder::check_label(ValidatedNode& node) const {
  if (!node.block.statement->label.empty()) return true;
  report_name(node, fmt::format("{} block must have a label", node.block.statement->name));
  return false;
}

// For blocks of the program itself, which belong into its own configuration.
void ModuleBuilder::check_place(const ValidatedModule& module, ValidatedNode& node) const {
  const BlockStatement& block = *node.block.statement;
  if (!module.is_of_root()) {
    report(node, id_span(block), fmt::format("{} not allowed in module", block_id(block)));
  } else if (module.kind == ValidatedModule::Kind::foreach) {
    report(node, id_span(block), fmt::format("{} not allowed in foreach", block_id(block)));
  }
}

void ModuleBuilder::add_declare(ValidatedModule& module, const FileBlock& block) {
  ValidatedNode node = make_node(block);
  check_label(node);
  check_unique(module, node);
  const Blocks inside = blocks_of(*block.statement, node);
  node.body.clear();
  node.module = std::make_unique<ValidatedModule>(ValidatedModule::Kind::declare, &module);
  fill(*node.module, inside);
  if (const std::string_view label = block.statement->label; !label.empty()) {
    variables_.insert("argument");
    module.custom.insert_or_assign(label, CustomComponent{node.module->arguments});
  }
  add(module, std::move(node));
}

void ModuleBuilder::add_config(ValidatedModule& module, const FileBlock& block) {
  ValidatedNode node = make_node(block);
  const std::string_view name = block.statement->name;
  node.schema = config_block_schema(name);
  const bool is_first = check_unique(module, node);
  if (name == "logging" || name == "tracing") {
    check_place(module, node);
  } else if (name == "foreach") {
    add_foreach(module, node);
  } else if (name == "argument" || name == "export") {
    add_argument_or_export(module, node, is_first);
  } else {
    add_import(module, node, is_first);
  }
  add(module, std::move(node));
}

void ModuleBuilder::add_argument_or_export(ValidatedModule& module, ValidatedNode& node,
                                           bool is_first) {
  const BlockStatement& block = *node.block.statement;
  if (module.is_of_root()) {
    report(node, block.span(), fmt::format("{} blocks only allowed inside a module", block.name));
  }
  if (!check_label(node) || !is_first || block.name != "argument") return;
  const auto* optional = literal_of(block, "optional", syntax::TokenKind::boolean);
  module.arguments.push_back({block.label, optional != nullptr && optional->text == "true"});
}

void ModuleBuilder::add_import(ValidatedModule& module, ValidatedNode& node, bool is_first) {
  if (!check_label(node) || !is_first) return;
  module.custom.insert_or_assign(node.block.statement->label, CustomComponent{});
}

void ModuleBuilder::add_foreach(ValidatedModule& module, ValidatedNode& node) {
  const BlockStatement& block = *node.block.statement;
  const auto allowed =
      check_stability("foreach block \"foreach\"", Stability::experimental, options_.stability_min);
  if (!allowed) report_name(node, allowed.error().message());
  check_label(node);

  const BlockStatement* body = nullptr;
  std::erase_if(node.body, [&](const syntax::Statement* statement) {
    const auto* inner = syntax::as<BlockStatement>(*statement);
    if (inner == nullptr || inner->name != "template") return false;
    body = inner;
    return true;
  });
  if (body == nullptr) return report(node, block.span(), "missing required block \"template\"");

  const Blocks inside = blocks_of(*body, node);
  node.module = std::make_unique<ValidatedModule>(ValidatedModule::Kind::foreach, &module);
  if (const auto* name = literal_of(block, "var", syntax::TokenKind::string)) {
    if (const auto variable = syntax::unquote(name->text)) variables_.insert(*variable);
  }
  fill(*node.module, inside);
}

void ModuleBuilder::add_component(ValidatedModule& module, const FileBlock& block) {
  ValidatedNode node = make_node(block);
  node.is_component = true;
  if (block.statement->label.empty()) {
    report_name(node, fmt::format("component \"{}\" must have a label", block.statement->name));
  }
  check_unique(module, node);
  add(module, std::move(node));
}

void ModuleBuilder::add_service(ValidatedModule& module, const FileBlock& block) {
  ValidatedNode node = make_node(block);
  check_unique(module, node);
  check_place(module, node);
  const auto service =
      std::ranges::find(options_.services, block.statement->name, &ServiceBlock::name);
  node.schema = service->arguments;
  if (node.schema == nullptr) {
    report(node, block.statement->span(),
           fmt::format("service \"{}\" does not support being configured", service->name));
  }
  add(module, std::move(node));
}

}  // namespace alloy::runtime
