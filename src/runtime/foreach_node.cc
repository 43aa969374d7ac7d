#include "runtime/foreach_node.h"

#include "base/text.h"
#include "runtime/blocks.h"
#include "runtime/custom_node.h"
#include "schema/decode.h"
#include "schema/json.h"
#include "syntax/literal.h"

namespace alloy::runtime {

struct ForeachArguments {
  std::vector<Value> collection;
  std::string var;
  std::string id;
  bool hash_string_id = false;
  bool enable_metrics = false;

  static constexpr auto schema() {
    return fields(
        required<&ForeachArguments::collection>("collection", "The items to go through."),
        required<&ForeachArguments::var>("var", "The name of the item inside the template."),
        optional<&ForeachArguments::id>("id", "The field of the items that identifies them."),
        optional<&ForeachArguments::hash_string_id>(
            "hash_string_id", "Whether texts are hashed to make the names of the children."),
        optional<&ForeachArguments::enable_metrics>(
            "enable_metrics", "Whether the children's own metrics are shown."));
  }
};

namespace {

// What identifies an item: itself, or one of its fields.
Value identity_of(const Value& item, std::string_view field, const Logger& logger) {
  if (field.empty()) return item;
  const ObjectPointer object = item.to_object();
  const Value* found = object != nullptr ? object->find(field) : nullptr;
  if (found == nullptr) logger.warn("specified id not found in collection item", {{"id", field}});
  return found != nullptr ? *found : item;
}

}  // namespace

const Schema& foreach_block_schema() { return schema_of<ForeachArguments>; }

ForeachNode::ForeachNode(Environment& environment, std::string label, std::string module_id,
                         std::weak_ptr<NodeOwner> owner)
    : Node(Kind::component, "foreach", std::move(label), std::move(owner)),
      environment_(environment),
      module_id_(join_path(module_id, id())),
      logger_(
          Logger(environment.options.log_sink)
              .with({{"component_path", fmt::format("/{}", module_id)}, {"component_id", id()}})),
      health_(foreach_words, environment.options.clock.wall()) {}

Task<Outcome> ForeachNode::evaluate(BlockContext context) {
  std::vector<const syntax::Statement*> statements;
  const syntax::BlockStatement* block = nullptr;
  for (const auto* statement : context.block->body) {
    const auto* inner = syntax::as<syntax::BlockStatement>(*statement);
    if (inner != nullptr && inner->name == "template" && block == nullptr)
      block = inner;
    else
      statements.push_back(statement);
  }
  if (block == nullptr) co_return failed("the block template is missing in the foreach block");
  auto decoded = decode(schema_of<ForeachArguments>, syntax::Body(statements),
                        Evaluation{.scope = *context.scope, .file = context.file->name()});
  if (!decoded) co_return std::unexpected(Failure::decoding(decoded.error()));
  co_return co_await load_children(
      std::move(context), block,
      std::static_pointer_cast<const ForeachArguments>(*std::move(decoded)));
}

Task<Outcome> ForeachNode::load_children(BlockContext context, const syntax::BlockStatement* block,
                                         std::shared_ptr<const ForeachArguments> arguments) {
  Modules old;
  bool has_metrics = false;
  bool is_running = false;
  {
    std::lock_guard lock(mutex_);
    has_metrics = has_metrics_;
    is_running = is_running_;
    old = children_;
  }
  // Metrics are a matter of how a module is made.
  Modules next;
  Modules previous;
  if (has_metrics == arguments->enable_metrics) previous = std::move(old);

  Outcome outcome;
  std::map<std::string, int> copies;
  std::vector<std::shared_ptr<Module>> added;
  for (const Value& item : arguments->collection) {
    std::string name =
        item_fingerprint(identity_of(item, arguments->id, logger_), arguments->hash_string_id);
    const int copy = ++copies[name];
    name = fmt::format("foreach_{}_{}", name, copy);
    if (!syntax::is_identifier(name)) {
      outcome = failed(fmt::format(
          "creating custom component: customComponent ID \"{}\" is not a valid identifier", name));
      continue;
    }
    const auto found = previous.find(name);
    auto module = found != previous.end()
                      ? found->second
                      : Module::create(environment_, {.id = join_path(module_id_, name),
                                                      .kind = ModuleKind::foreach,
                                                      .has_metrics = arguments->enable_metrics});
    if (found == previous.end()) {
      added.push_back(module);
      logger_.debug("a new foreach pipeline was created", {{"fingerprint", name}});
    }
    next.emplace(name, module);
    const auto variables = std::make_shared<ModuleVariables>(context.scope);
    variables->set(arguments->var, item);
    auto loaded = co_await module->load({.statements = statements_of(block->body, context.file),
                                         .outer_declares = context.declares,
                                         .module_path = context.declares->module_path(),
                                         .variables = variables});
    if (!loaded && outcome)
      outcome = std::unexpected(failure_of(std::move(loaded).error(), "loading foreach children"));
  }

  std::vector<std::shared_ptr<Module>> removed;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [name, module] : children_) {
      const auto kept = next.find(name);
      if (kept == next.end() || kept->second != module) removed.push_back(module);
    }
    children_ = std::move(next);
    has_metrics_ = arguments->enable_metrics;
    arguments_ = std::move(arguments);
    is_running = is_running_ && !is_stopping_;
  }
  co_await stop_all(&environment_.options.executor, std::move(removed));
  if (is_running) {
    for (const auto& module : added) co_await module->start();
    if (outcome)
      health_.report(HealthState::healthy, "foreach children updated successfully",
                     environment_.options.clock.wall());
  }
  co_return outcome;
}

Task<> ForeachNode::stop_all(Executor* executor, std::vector<std::shared_ptr<Module>> modules) {
  TaskGroup group(executor->any());
  for (const auto& module : modules) group.spawn(module->stop());
  co_await group.join();
}

Task<> ForeachNode::run(StopToken stop) {
  std::vector<std::shared_ptr<Module>> children;
  {
    std::lock_guard lock(mutex_);
    is_running_ = true;
    for (const auto& [name, module] : children_) children.push_back(module);
  }
  for (const auto& module : children) co_await module->start();
  Event never;
  while (co_await never.wait(stop) != Wake::stopped) continue;
  co_await close();
}

Task<> ForeachNode::close() {
  {
    std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  co_await stop_all(&environment_.options.executor, modules());
}

void ForeachNode::describe(ComponentInfo& info) const {
  std::lock_guard lock(mutex_);
  std::string json;
  if (arguments_ != nullptr &&
      append_body_json(json, schema_of<ForeachArguments>, arguments_.get()))
    info.arguments = std::move(json);
}

std::vector<std::shared_ptr<Module>> ForeachNode::modules() const {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Module>> list;
  for (const auto& [name, module] : children_) list.push_back(module);
  return list;
}

}  // namespace alloy::runtime
