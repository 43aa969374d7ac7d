#include "runtime/import_node.h"

#include "base/text.h"
#include "syntax/parser.h"

namespace alloy::runtime {
namespace {

// What makes two contents the same.
std::string fingerprint(const ConfigSource& content, const std::string& module_path) {
  std::string text = module_path;
  for (const auto& file : content.files) text += fmt::format("\n{}\n{}", file->name, file->text);
  return text;
}

}  // namespace

ImportNode::ImportNode(Environment& environment, std::string name, std::string label,
                       std::string module_id, std::unique_ptr<ImportSource> source,
                       std::weak_ptr<NodeOwner> owner)
    : Node(Kind::config_block, std::move(name), std::move(label), std::move(owner)),
      environment_(environment),
      module_id_(join_path(module_id, id())),
      source_(std::move(source)),
      strand_(environment.options.executor.strand()),
      health_(import_words, environment.options.clock.wall()),
      logger_(Logger(environment.options.log_sink)
                  .with({{"config_path", fmt::format("/{}", module_id)}, {"config_id", id()}})) {}

Task<Outcome> ImportNode::evaluate(BlockContext context) {
  const std::string module_path = context.declares->module_path();
  auto content = co_await source_->evaluate(std::move(context));
  if (!content) co_return std::unexpected(std::move(content).error());
  {
    std::lock_guard lock(mutex_);
    module_path_ = module_path;
  }
  co_await apply(*std::move(content));
  is_evaluated_ = true;
  co_return Outcome();
}

// Bad content fails neither the load nor the import: users of what is missing do.
Task<> ImportNode::apply(ConfigSource content) {
  const auto hold = co_await loading_.lock(AsyncLock::Mode::exclusive);
  std::string key;
  {
    std::lock_guard lock(mutex_);
    if (content.module_path.empty()) content.module_path = module_path_;
    key = fingerprint(content, content.module_path);
    if (key == loaded_) co_return;
  }
  if (const auto loaded = co_await load(std::move(content)); !loaded) {
    logger_.error("failed to parse file on update", {{"err", loaded.error()}});
    health_.report(HealthState::unhealthy, loaded.error().message(), now());
    co_return;
  }
  std::shared_ptr<Module> running;
  {
    std::lock_guard lock(mutex_);
    loaded_ = std::move(key);
    if (is_running_) running = imported_;
  }
  if (running != nullptr) co_await running->start();
  health_.report(HealthState::healthy, "content updated", now());
  offer();
}

Task<Result<>> ImportNode::load(ConfigSource content) {
  ModuleContent module_content{.module_path = content.module_path};
  for (const auto& source : content.files) {
    auto parsed = syntax::parse_file(source);
    if (!parsed)
      co_return fail(fmt::format("imported content from {} cannot be parsed: {}",
                                 quote(source->name), parsed.error().summary()));
    for (auto& statement : statements_of((*parsed)->body(), *parsed))
      module_content.statements.push_back(std::move(statement));
  }
  const auto variables = std::make_shared<ModuleVariables>();
  variables->set("module_path", Value::string(content.module_path));
  module_content.variables = variables;

  std::shared_ptr<Module> imported;
  {
    std::lock_guard lock(mutex_);
    if (imported_ == nullptr) {
      std::weak_ptr<Node> weak = weak_from_this();
      const auto on_declares = [weak] {
        if (const auto self = weak.lock()) static_cast<ImportNode*>(self.get())->offer();
      };
      imported_ = Module::create(
          environment_,
          {.id = module_id_, .kind = ModuleKind::imported, .on_declares = on_declares});
    }
    imported = imported_;
  }
  const auto loaded = co_await imported->load(std::move(module_content));
  if (!loaded && loaded.error().is_structure)
    co_return fail(fmt::format("imported content from {} is invalid: {}",
                               content.files.empty() ? "\"\"" : quote(content.files.front()->name),
                               loaded.error().diagnostics.summary()));
  if (!loaded)
    co_return fail(fmt::format("nested import block failed to evaluate: {}",
                               loaded.error().diagnostics.summary()));
  co_return Result<>();
}

// Makes the declares of the present content visible to the users of this import.
void ImportNode::offer() {
  {
    std::lock_guard lock(mutex_);
    slot_->set(imported_->structure()->declares);
  }
  notify_changed();
}

Task<> ImportNode::run(StopToken stop) {
  std::shared_ptr<Module> imported;
  {
    std::lock_guard lock(mutex_);
    is_running_ = true;
    imported = imported_;
  }
  if (imported != nullptr) co_await imported->start();
  const auto on_error = [this](const Error& error) {
    logger_.error("failed to get the imported content", {{"err", error}});
    health_.report(HealthState::unhealthy, error.message(), now());
  };
  co_await source_->run([this](ConfigSource content) { return apply(std::move(content)); },
                        on_error, std::move(stop));
}

Task<> ImportNode::close() {
  std::shared_ptr<Module> imported;
  {
    std::lock_guard lock(mutex_);
    imported = imported_;
  }
  if (imported != nullptr) co_await imported->stop();
}

}  // namespace alloy::runtime
