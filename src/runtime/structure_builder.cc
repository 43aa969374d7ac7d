#include "runtime/structure_builder.h"

#include "base/text.h"
#include "runtime/blocks.h"
#include "values/stdlib.h"

namespace alloy::runtime {
namespace {

using syntax::BlockStatement;

syntax::Range range_of(const syntax::FilePointer& file, syntax::Span span) {
  return {.file = file->name(), .start = span.start, .end = span.end};
}

// The names of all blocks below that may be custom components declared outside of the body.
void collect_component_names(syntax::Body body, std::vector<std::string_view>& names) {
  std::vector<std::string_view> declared;
  std::vector<std::string_view> used;
  for (const auto* statement : body) {
    const auto* block = syntax::as<BlockStatement>(*statement);
    if (block == nullptr) continue;
    if (block->name == "declare") {
      declared.push_back(block->label);
      collect_component_names(block->body, used);
    } else if (block->name == "foreach" || block->name == "template") {
      collect_component_names(block->body, used);
    }
    used.push_back(block->name);
  }
  for (const std::string_view name : used)
    if (std::ranges::find(declared, name) == declared.end()) names.push_back(name);
}

std::vector<std::string_view> path_of(const Reference& reference) {
  std::vector<std::string_view> path;
  path.reserve(reference.names.size());
  for (const auto& name : reference.names) path.push_back(name.name);
  return path;
}

}  // namespace

std::vector<SourcedStatement> statements_of(syntax::Body body, const syntax::FilePointer& file) {
  std::vector<SourcedStatement> statements;
  statements.reserve(body.size());
  for (const auto* statement : body) statements.push_back({statement, file});
  return statements;
}

std::expected<StructurePointer, syntax::Diagnostics> build_structure(const NodeFactory& factory,
                                                                     ModuleKind kind,
                                                                     const Structure* previous,
                                                                     ModuleContent content) {
  return StructureBuilder(factory, kind, previous, std::move(content)).build();
}

StructureBuilder::StructureBuilder(const NodeFactory& factory, ModuleKind kind,
                                   const Structure* previous, ModuleContent content)
    : factory_(factory), kind_(kind), previous_(previous), content_(std::move(content)) {}

std::expected<StructurePointer, syntax::Diagnostics> StructureBuilder::build() {
  declares_ = std::make_shared<DeclareScope>(content_.outer_declares, content_.module_path);
  classify();
  add_services();
  add_declares();
  add_config_blocks();
  add_components();
  connect();
  check_cycles();
  if (diagnostics_.has_errors()) return std::unexpected(std::move(diagnostics_));

  structure_->order = structure_->graph.order();
  structure_->by_id = std::move(by_id_);
  structure_->declares = std::move(declares_);
  structure_->content = std::move(content_);
  structure_->warnings = std::move(warnings_);
  structure_->content.statements = {};  // What is left of them is in the bindings.
  structure_->members.reserve(drafts_.size());
  for (auto& draft : drafts_)
    structure_->members.push_back({std::move(draft.node), std::move(draft.binding)});
  return StructurePointer(std::move(structure_));
}

void StructureBuilder::error(const Block& block, std::string message) {
  diagnostics_.add_error(range_of(block.file, block.statement->span()), std::move(message));
}

void StructureBuilder::warn(std::string_view message, StructureWarning::Fields fields) {
  warnings_.push_back({message, std::move(fields)});
}

void StructureBuilder::classify() {
  for (const auto& [statement, file] : content_.statements) {
    const auto* block = syntax::as<BlockStatement>(*statement);
    if (block == nullptr) {
      const auto& attribute = static_cast<const syntax::AttributeStatement&>(*statement);
      diagnostics_.add_error(range_of(file, {attribute.name.position, attribute.name.end()}),
                             fmt::format("unrecognized attribute {}", attribute.name.name));
      continue;
    }
    const Block entry{block, file};
    const auto is_service = [&](const ConfiguredService* service) {
      return service->block_name() == block_id(*block);
    };
    if (kind_ == ModuleKind::imported && block->name != "declare" &&
        !block->name.starts_with("import.")) {
      error(entry, fmt::format("only declare and import blocks are allowed in a module, got {}",
                               block->name));
    } else if (block->name == "declare") {
      declare_blocks_.push_back(entry);
    } else if (is_config_block(block->name)) {
      config_blocks_.push_back(entry);
    } else if (std::ranges::any_of(options().configured_services, is_service)) {
      service_blocks_.push_back(entry);
    } else {
      component_blocks_.push_back(entry);
    }
  }
}

bool StructureBuilder::is_new(const Block& block, std::string_view id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return true;
  const Block& other = drafts_[found->second].block;
  error(block, fmt::format("block {} already declared at {}", id,
                           other.statement == nullptr
                               ? "-"
                               : syntax::to_string(other.file->name(), other.statement->start)));
  return false;
}

void StructureBuilder::add(NodePointer node, const Block& block) {
  by_id_.emplace(node->id(), static_cast<uint32_t>(drafts_.size()));
  auto binding = std::make_shared<Binding>();
  if (block.statement != nullptr) binding->text = BlockText(*block.statement, block.file);
  drafts_.push_back({std::move(node), std::move(binding), block});
}

// Services and logging come first and are always there, so that whatever follows finds them
// configured, if only with defaults.
void StructureBuilder::add_services() {
  if (kind_ != ModuleKind::root) {
    for (const auto& block : service_blocks_)
      error(block, fmt::format("service blocks not allowed inside a module: \"{}\"",
                               block.statement->name));
    return;
  }
  for (ConfiguredService* service : options().configured_services) {
    Block block{};
    for (const auto& candidate : service_blocks_) {
      if (candidate.statement->name != service->block_name()) continue;
      if (block.statement != nullptr) {
        error(candidate, fmt::format("duplicate definition of \"{}\"", service->block_name()));
        continue;
      }
      block = candidate;
      const auto allowed = check_stability(fmt::format("block \"{}\"", service->block_name()),
                                           service->stability(), options().stability_min);
      if (!allowed) error(candidate, allowed.error().message());
    }
    add(factory_.service(previous_, *service), block);
  }
}

void StructureBuilder::add_declares() {
  for (const auto& block : declare_blocks_) {
    const std::string label(block.statement->label);
    if (label == "declare") {
      error(block, "'declare' is not a valid label for a declare block");
      continue;
    }
    // The first of several wins in an import: its author is not the one who reads this.
    if (kind_ == ModuleKind::imported && by_id_.contains(block_id(*block.statement))) {
      warn("declare block redefined", {{"name", label}});
      continue;
    }
    if (!is_new(block, block_id(*block.statement))) continue;
    declares_->add_declare(*block.statement, block.file);
    add(factory_.declare(previous_, label), block);
    declare_nodes_.emplace(block.statement->label, static_cast<uint32_t>(drafts_.size() - 1));
  }
}

void StructureBuilder::add_config_blocks() {
  for (const auto& block : config_blocks_) {
    const size_t errors = diagnostics_.size();
    add_config_block(block);
    if (diagnostics_.size() > errors) break;
  }
  if (kind_ == ModuleKind::root && !by_id_.contains("logging"))
    add(factory_.logging(previous_), {});
  check_arguments();
}

void StructureBuilder::add_config_block(const Block& block) {
  const BlockStatement& statement = *block.statement;
  const std::string label(statement.label);
  const std::string id = block_id(statement);
  if (statement.name == "logging" || statement.name == "tracing") {
    if (kind_ != ModuleKind::root)
      return error(block, fmt::format("{} block not allowed inside a module", statement.name));
    if (!is_new(block, id)) return;
    const bool is_logging = statement.name == "logging";
    return add(is_logging ? factory_.logging(previous_) : factory_.tracing(previous_), block);
  }
  if (statement.name == "argument" || statement.name == "export") {
    if (!in_module())
      return error(block, fmt::format("{} blocks only allowed inside a module", statement.name));
    if (!is_new(block, id)) return;
    const bool is_argument = statement.name == "argument";
    return add(
        is_argument ? factory_.argument(previous_, label) : factory_.export_(previous_, label),
        block);
  }
  if (statement.name == "foreach") {
    const auto allowed = check_stability("config block \"foreach\"", Stability::experimental,
                                         options().stability_min);
    if (!allowed) return error(block, allowed.error().message());
    if (!is_new(block, id)) return;
    return add(factory_.foreach (previous_, label), block);
  }
  auto node = factory_.import(previous_, std::string(statement.name), label);
  if (node == nullptr)
    return error(block, fmt::format("{} blocks are not supported yet", statement.name));
  if (!is_new(block, id)) return;
  import_nodes_.emplace(statement.label, static_cast<uint32_t>(drafts_.size()));
  declares_->add_import(label, node->import_slot());
  add(std::move(node), block);
}

// What the module is given has to be asked for by an argument block.
void StructureBuilder::check_arguments() {
  if (kind_ != ModuleKind::custom || content_.arguments == nullptr) return;
  for (const auto& member : content_.arguments->members()) {
    if (!by_id_.contains("argument." + member.key))
      diagnostics_.add_error(
          {}, fmt::format("Provided argument \"{}\" is not defined in the module", member.key));
  }
}

void StructureBuilder::add_components() {
  for (const auto& block : component_blocks_) add_component(block);
}

void StructureBuilder::add_component(const Block& block) {
  const std::string name(block.statement->name);
  const std::string label(block.statement->label);
  const std::string id = block_id(*block.statement);
  const auto name_error = [&](std::string message) {
    diagnostics_.add_error(range_of(block.file, block.statement->name_span()), std::move(message));
  };
  const auto [space, rest] = split_namespace(name);
  const bool is_custom = declares_->is_custom_prefix(space.empty() ? rest : space);
  const auto type = factory_.environment().components.find(name);
  if (!is_custom) {
    const auto* found = type == factory_.environment().components.end() ? nullptr : type->second;
    const ComponentGate gate{options().stability_min, options().community_enabled};
    if (const auto allowed = check_component(found, name, gate); !allowed)
      return name_error(allowed.error().message());
  }
  if (label.empty()) return error(block, fmt::format("component \"{}\" must have a label", name));
  if (!is_new(block, id)) return;
  add(is_custom ? factory_.custom_component(previous_, name, label)
                : factory_.component(previous_, *type->second, label),
      block);
}

void StructureBuilder::connect() {
  structure_ = std::make_unique<Structure>(drafts_.size());
  for (uint32_t i = 0; i < drafts_.size(); ++i) {
    const auto* block = drafts_[i].block.statement;
    if (block == nullptr) continue;
    std::vector<std::string_view> names;
    if (block->name == "declare" || block->name == "foreach")
      collect_component_names(block->body, names);
    else if (drafts_[i].node->is_component())
      names.push_back(block->name);
    for (const auto name : names) connect_declares(i, name);
    if (block->name != "declare") connect_references(i);
  }
}

void StructureBuilder::connect_declares(uint32_t from, std::string_view component_name) {
  const auto [space, name] = split_namespace(component_name);
  if (space.empty()) {
    if (const auto found = declare_nodes_.find(name); found != declare_nodes_.end())
      structure_->graph.add_edge(from, found->second);
  } else if (const auto found = import_nodes_.find(space); found != import_nodes_.end()) {
    structure_->graph.add_edge(from, found->second);
  }
}

void StructureBuilder::connect_references(uint32_t from) {
  const auto& block = *drafts_[from].block.statement;
  if (block.name != "foreach") {
    for (const auto& reference : references(block.body)) connect_reference(from, reference, true);
    return;
  }
  // What a template refers to may also be inside of it; each child checks that.
  for (const auto* statement : block.body) {
    if (const auto* attribute = syntax::as<syntax::AttributeStatement>(*statement)) {
      for (const auto& reference : references(*attribute->value))
        connect_reference(from, reference, true);
    } else {
      const auto& inner = static_cast<const BlockStatement&>(*statement);
      for (const auto& reference : references(inner.body))
        connect_reference(from, reference, false);
    }
  }
}

void StructureBuilder::connect_reference(uint32_t from, const Reference& reference,
                                         bool must_exist) {
  Binding& binding = *drafts_[from].binding;
  const auto path = path_of(reference);
  std::string id(path.front());
  const uint32_t* found = nullptr;
  size_t names = 0;
  for (size_t i = 1; i < path.size(); ++i) {
    id += '.';
    id += path[i];
    const auto at = by_id_.find(id);
    if (at == by_id_.end() || !drafts_[at->second].node->is_visible()) continue;
    found = &at->second;
    names = i + 1;
  }
  if (found != nullptr) {
    const auto& node = drafts_[*found].node;
    structure_->graph.add_edge(from, *found);
    if (std::ranges::find(binding.references, node) == binding.references.end())
      binding.references.push_back(node);
    binding.uses.push_back({node.get(), names < path.size() ? path[names] : std::string_view()});
    if (find_standard(path.front()) != nullptr && !is_deprecated_standard(path.front()))
      warn("a component is shadowing an existing stdlib name",
           {{"component", node->id()}, {"stdlib_name", std::string(path.front())}});
    return;
  }
  if (!must_exist) return;
  if (content_.variables != nullptr && content_.variables->knows(path)) return;
  if (find_standard(path.front()) != nullptr) return check_standard(drafts_[from].block, reference);
  diagnostics_.add_error(
      range_of(drafts_[from].block.file, reference.span()),
      fmt::format("component {} does not exist or is out of scope", quote(reference.to_string())));
}

void StructureBuilder::check_standard(const Block& block, const Reference& reference) {
  if (const auto first = reference.names.front().name; is_deprecated_standard(first)) {
    return warn(
        "this stdlib function is deprecated; please refer to the documentation for updated usage "
        "and alternatives",
        {{"function", std::string(first)}});
  }
  const std::string name = reference.to_string();
  if (!is_experimental_standard(name)) return;
  const auto allowed = check_stability(name, Stability::experimental, options().stability_min);
  if (!allowed)
    diagnostics_.add_error(range_of(block.file, reference.span()), allowed.error().message());
}

void StructureBuilder::check_cycles() {
  for (const auto& cycle : structure_->graph.cycles()) {
    std::string message = cycle.size() == 1 ? "self reference: " : "cycle: ";
    for (const uint32_t index : cycle) {
      if (index != cycle.front()) message += ", ";
      message += drafts_[index].node->id();
    }
    diagnostics_.add_error({}, std::move(message));
  }
}

}  // namespace alloy::runtime
