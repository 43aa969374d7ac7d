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

ImportNode::Rejection unparsable(const std::string& file, std::string reason) {
  return {.log_message = "failed to parse file on update",
          .file = file,
          .health_message =
              fmt::format("imported content from {} cannot be parsed: {}", quote(file), reason),
          .reason = std::move(reason)};
}

ImportNode::Rejection invalid(const std::string& file, std::string reason) {
  return {
      .log_message = "failed to process imported content",
      .file = file,
      .health_message = fmt::format("imported content from {} is invalid: {}", quote(file), reason),
      .reason = std::move(reason)};
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
      logger_(
          Logger(environment.options.log_sink)
              .with({{"config_path", module_id.empty() ? "." : module_id}, {"config_id", id()}})) {}

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
    if (key == seen_) {
      if (is_good_ && std::exchange(source_failed_, false))
        health_.report(HealthState::healthy, "content updated", now());
      co_return;
    }
    seen_ = std::move(key);
    is_good_ = false;
    nested_failed_ = false;
  }
  if (const auto loaded = co_await load(std::move(content)); !loaded) {
    const Rejection& why = loaded.error();
    if (why.file.empty())
      logger_.error(why.log_message, {{"err", why.reason}});
    else
      logger_.error(why.log_message, {{"file", why.file}, {"err", why.reason}});
    health_.report(HealthState::unhealthy, why.health_message, now());
    co_return;
  }
  std::shared_ptr<Module> running;
  {
    std::lock_guard lock(mutex_);
    is_good_ = true;
    source_failed_ = false;
    if (is_running_) running = imported_;
  }
  if (running != nullptr) co_await running->start();
  health_.report(HealthState::healthy, "content updated", now());
  offer();
}

Task<std::expected<void, ImportNode::Rejection>> ImportNode::load(ConfigSource content) {
  ModuleContent module_content{.module_path = content.module_path};
  for (const auto& source : content.files) {
    auto parsed = syntax::parse_file(source);
    if (!parsed) co_return std::unexpected(unparsable(source->name, parsed.error().summary()));
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
        if (const auto self = weak.lock()) static_cast<ImportNode*>(self.get())->nested_changed();
      };
      imported_ = Module::create(
          environment_,
          {.id = module_id_, .kind = ModuleKind::imported, .on_declares = on_declares});
    }
    imported = imported_;
  }
  const auto loaded = co_await imported->load(std::move(module_content));
  if (loaded) co_return std::expected<void, Rejection>();
  std::string reason = loaded.error().diagnostics.summary();
  if (loaded.error().is_structure)
    co_return std::unexpected(
        invalid(content.files.empty() ? "" : content.files.front()->name, std::move(reason)));
  nested_failed_ = true;
  co_return std::unexpected(
      Rejection{.log_message = "failed to evaluate nested import",
                .health_message = "nested import block failed to evaluate: " + reason,
                .reason = std::move(reason)});
}

// An import inside of this one has new content, or has content after all.
void ImportNode::nested_changed() {
  offer();
  if (!nested_failed_) return;
  std::shared_ptr<Module> imported;
  {
    std::lock_guard lock(mutex_);
    imported = imported_;
  }
  for (const auto& member : imported->structure()->members)
    if (member.node->import_slot() != nullptr &&
        member.node->health().state != HealthState::healthy)
      return;
  nested_failed_ = false;
  {
    std::lock_guard lock(mutex_);
    is_good_ = true;
  }
  health_.report(HealthState::healthy, "content updated", now());
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
    std::lock_guard lock(mutex_);
    source_failed_ = true;
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
