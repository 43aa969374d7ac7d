#include "runtime/custom_node.h"

#include "base/text.h"
#include "schema/json.h"

namespace alloy::runtime {

CustomNode::CustomNode(Environment& environment, std::string name, std::string label,
                       std::string module_id, std::weak_ptr<NodeOwner> owner)
    : Node(Kind::component, std::move(name), std::move(label), std::move(owner)),
      environment_(environment),
      module_id_(join_path(module_id, id())),
      health_(custom_component_words, environment.options.clock.wall()),
      exports_(Object::sorted({})) {}

Task<Outcome> CustomNode::evaluate(BlockContext context) {
  auto arguments = evaluate_attributes(context);
  if (!arguments) co_return std::unexpected(Failure::decoding(arguments.error()));
  {
    std::lock_guard lock(mutex_);
    arguments_ = *arguments;
  }
  const Template source = context.declares->find(name());
  if (source.block == nullptr || source.block->body.empty()) {
    const auto [space, declared] = split_namespace(name());
    co_return failed(
        fmt::format("loading custom component controller: custom component config not found in "
                    "the registry, namespace: {}, componentName: {}",
                    quote(space), quote(declared)));
  }
  const auto variables = std::make_shared<ModuleVariables>();
  variables->set("module_path", Value::string(source.scope->module_path()));
  const auto inner = find_or_make_module();
  const bool is_first = inner->structure() == nullptr;
  auto loaded = co_await inner->load({.statements = statements_of(source.block->body, source.file),
                                      .outer_declares = source.scope,
                                      .module_path = source.scope->module_path(),
                                      .variables = variables,
                                      .arguments = *std::move(arguments)});
  if (!loaded)
    co_return std::unexpected(
        failure_of(std::move(loaded).error(),
                   is_first ? "loading custom component controller" : "updating custom component"));
  co_return Outcome();
}

std::shared_ptr<Module> CustomNode::module() const {
  std::lock_guard lock(mutex_);
  return module_;
}

std::shared_ptr<Module> CustomNode::find_or_make_module() {
  std::lock_guard lock(mutex_);
  if (module_ != nullptr) return module_;
  std::weak_ptr<Node> weak = weak_from_this();
  const auto on_exports = [weak](ObjectPointer exports) {
    if (const auto self = weak.lock())
      static_cast<CustomNode*>(self.get())->set_exports(std::move(exports));
  };
  module_ = Module::create(
      environment_, {.id = module_id_, .kind = ModuleKind::custom, .on_exports = on_exports});
  return module_;
}

void CustomNode::set_exports(ObjectPointer exports) {
  {
    std::lock_guard lock(mutex_);
    exports_ = std::move(exports);
  }
  notify_changed();
}

std::optional<Value> CustomNode::value() const {
  std::lock_guard lock(mutex_);
  return Value::object(exports_);
}

Task<> CustomNode::run(StopToken stop) {
  const auto inner = module();
  co_await inner->start();
  Event never;
  while (co_await never.wait(stop) != Wake::stopped) continue;
  co_await inner->stop();
}

Task<> CustomNode::close() {
  if (const auto inner = module()) co_await inner->stop();
}

void CustomNode::describe(ComponentInfo& info) const {
  std::lock_guard lock(mutex_);
  if (arguments_ != nullptr) info.arguments = attributes_json(*arguments_);
  info.exports = attributes_json(*exports_);
}

std::vector<std::shared_ptr<Module>> CustomNode::modules() const {
  if (auto inner = module()) return {std::move(inner)};
  return {};
}

Evaluated<ObjectPointer> evaluate_attributes(const BlockContext& context) {
  const Evaluation evaluation{.scope = *context.scope, .file = context.file->name()};
  std::vector<Object::Member> members;
  const auto mistake = [&](const syntax::Statement& statement, std::string message) {
    return std::unexpected(
        EvaluationError::at({.range = {context.file->name(), statement.start, statement.end},
                             .message = std::move(message)}));
  };
  for (const auto* statement : context.block->body) {
    const auto* attribute = syntax::as<syntax::AttributeStatement>(*statement);
    if (attribute == nullptr) {
      const auto& block = static_cast<const syntax::BlockStatement&>(*statement);
      return mistake(block, fmt::format("unrecognized block name \"{}\"", block.name));
    }
    for (const auto& member : members)
      if (member.key == attribute->name.name)
        return mistake(*attribute, fmt::format("attribute \"{}\" may only be provided once",
                                               attribute->name.name));
    auto value = alloy::evaluate(*attribute->value, evaluation);
    if (!value) return std::unexpected(std::move(value).error());
    members.push_back({std::string(attribute->name.name), *std::move(value)});
  }
  return Object::ordered(std::move(members));
}

std::string attributes_json(const Object& object) {
  std::string json = "[";
  for (const auto& member : object.members()) {
    std::string value;
    if (!append_value_json(value, member.value)) continue;
    if (json.size() > 1) json += ',';
    json += R"({"name":)";
    append_json_string(json, member.key);
    json += R"(,"type":"attr","value":)";
    json += value;
    json += '}';
  }
  return json + ']';
}

Failure failure_of(ModuleFailure failure, std::string_view doing) {
  std::string message = fmt::format("{}: {}", doing, failure.diagnostics.summary());
  return {.message = std::move(message),
          .diagnostics = std::move(failure.diagnostics),
          .may_pass = failure.may_pass};
}

}  // namespace alloy::runtime
