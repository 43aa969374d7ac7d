#include "runtime/module.h"

#include <random>

#include "runtime/value_nodes.h"

namespace alloy::runtime {
namespace {

// How long an evaluation that failed for a reason that may pass waits for its next try.
constexpr Duration retry_delay_min = 1s;
constexpr Duration retry_delay_max = 1min;
constexpr Duration slow_evaluation = 1min;

std::string random_trace_id() {
  static std::atomic<uint64_t> counter = std::random_device{}();
  std::mt19937_64 random(counter.fetch_add(0x9e3779b97f4a7c15));
  return fmt::format("{:016x}{:016x}", random(), random());
}

std::string_view failure_prefix(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::component:
      return "Failed to build component";
    case Node::Kind::config_block:
      return "Failed to evaluate node for config block";
    case Node::Kind::service:
      return "Failed to evaluate service";
  }
  return "";
}

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// The ids of modules that lead to this one, as the logs and metrics have it.
std::string controller_path(std::string_view module_id) {
  const size_t slash = module_id.rfind('/');
  return fmt::format("/{}", slash == std::string_view::npos ? "" : module_id.substr(0, slash));
}
// The last part of a module's id; the path holds the others.
std::string controller_id(const std::string& module_id) {
  return module_id.substr(module_id.rfind('/') + 1);
}

}  // namespace

std::shared_ptr<Module> Module::create(Environment& environment, ModuleOptions options) {
  std::shared_ptr<Module> module(new Module(environment, std::move(options)));
  module->factory_.emplace(environment, module->options_.id, module);
  return module;
}

Module::Module(Environment& environment, ModuleOptions options)
    : environment_(environment),
      options_(std::move(options)),
      logger_(Logger(environment.options.log_sink)
                  .with({{"controller_path", controller_path(options_.id)},
                         {"controller_id", controller_id(options_.id)}})),
      metrics_(options_.id),
      tasks_(environment.options.executor.any()) {}

Module::~Module() = default;

StructurePointer Module::structure() const {
  std::lock_guard lock(mutex_);
  return structure_;
}

Task<std::expected<void, ModuleFailure>> Module::load(ModuleContent content) {
  const auto hold = co_await lock_.lock(AsyncLock::Mode::exclusive);
  const StructurePointer previous = structure();
  auto trees = content.statements;  // Kept for the evaluations that follow.
  auto built = build_structure(*factory_, options_.kind, previous.get(), std::move(content));
  if (!built)
    co_return std::unexpected(
        ModuleFailure{.is_structure = true, .diagnostics = std::move(built).error()});
  const StructurePointer next = *std::move(built);
  log_warnings(*next);

  bool may_pass = false;
  syntax::Diagnostics diagnostics = co_await evaluate_all(next, &may_pass);
  trees = {};
  replace_structure(next);
  publish_exports();

  std::vector<uint32_t> removed;
  if (previous != nullptr)
    for (uint32_t i = 0; i < previous->members.size(); ++i)
      if (next->find(*previous->members[i].node) == nullptr) removed.push_back(i);
  co_await stop_nodes(previous, std::move(removed));
  start_nodes(*next);

  if (diagnostics.empty()) co_return std::expected<void, ModuleFailure>();
  co_return std::unexpected(
      ModuleFailure{.diagnostics = std::move(diagnostics), .may_pass = may_pass});
}

void Module::log_warnings(const Structure& structure) const {
  for (const auto& [message, fields] : structure.warnings) {
    Logger logger = logger_;
    for (const auto& [key, value] : fields) logger = logger.with({{std::string(key), value}});
    logger.warn(message);
  }
}

void Module::replace_structure(StructurePointer next) {
  std::lock_guard lock(mutex_);
  structure_ = std::move(next);
}

Task<syntax::Diagnostics> Module::evaluate_all(StructurePointer structure, bool* may_pass) {
  const SteadyTime began = environment_.options.clock.steady();
  const std::string trace_id = random_trace_id();
  const Logger logger = logger_.with({{"trace_id", trace_id}});
  metrics_.evaluating.set(1);
  logger.info("starting complete graph evaluation");
  syntax::Diagnostics diagnostics;
  for (const uint32_t index : structure->order) {
    const Member& member = structure->members[index];
    const SteadyTime node_began = environment_.options.clock.steady();
    const Outcome outcome = co_await evaluate(structure, index);
    if (!outcome) {
      report(member, outcome.error(), diagnostics);
      *may_pass = *may_pass || outcome.error().may_pass;
      logger.error("failed to evaluate config",
                   {{"node", member.node->id()}, {"err", outcome.error().message}});
      if (outcome.error().may_pass) retry_later(member.node);
    }
    logger.info("finished node evaluation",
                {{"node_id", member.node->id()},
                 {"duration", environment_.options.clock.steady() - node_began}});
  }
  logger.info("finished complete graph evaluation",
              {{"duration", environment_.options.clock.steady() - began}});
  metrics_.evaluating.set(0);
  co_return diagnostics;
}

// Evaluates one node. Never twice at a time for the same one.
Task<Outcome> Module::evaluate(StructurePointer structure, uint32_t index) {
  const Member& member = structure->members[index];
  {
    std::lock_guard lock(mutex_);
    member.node->schedule.evaluated_at = ++time_;
  }
  auto [file, block] = member.binding->text.tree();
  BlockContext context{
      .block = block,
      .file = std::move(file),
      .scope = std::make_shared<NodeScope>(member.binding, structure->content.variables),
      .declares = structure->declares,
      .arguments = structure->content.arguments};
  Outcome outcome = co_await member.node->evaluate(std::move(context));
  member.node->evaluated(outcome, environment_.options.clock.wall());
  co_return outcome;
}

// Components and services show the place of a mistake, config blocks put it into their own message.
void Module::report(const Member& member, const Failure& failure, syntax::Diagnostics& into) const {
  const bool shows_place =
      member.node->kind() == Node::Kind::component || member.node->kind() == Node::Kind::service;
  if (shows_place && !failure.diagnostics.empty()) {
    into.merge(failure.diagnostics);
    return;
  }
  into.add_error(member.binding->text.range(),
                 fmt::format("{}: {}", failure_prefix(member.node->kind()), failure.message));
}

void Module::publish_exports() {
  if (!options_.on_exports) return;
  const StructurePointer present = structure();
  std::vector<Object::Member> values;
  for (const auto& member : present->members) {
    const auto* node = dynamic_cast<const ExportNode*>(member.node.get());
    if (node == nullptr) continue;
    if (auto value = node->value()) values.push_back({node->label(), *std::move(value)});
  }
  const ObjectPointer exports = Object::sorted(std::move(values));
  {
    std::lock_guard lock(mutex_);
    if (exports_ != nullptr && equal(Value::object(exports_), Value::object(exports))) return;
    exports_ = exports;
  }
  options_.on_exports(exports);
}

void Module::node_changed(Node& node) {
  std::lock_guard lock(mutex_);
  node.schedule.changed_at = ++time_;
  changed_.push_back(node.shared_from_this());
  wake_propagation();
}

// With the mutex held.
void Module::wake_propagation() {
  if (is_propagating_ || is_stopping_) return;
  is_propagating_ = true;
  tasks_.spawn(propagate(shared_from_this()));
}

Task<> Module::propagate(std::shared_ptr<Module> self) {
  while (true) {
    const auto hold = co_await self->lock_.lock(AsyncLock::Mode::shared);
    std::vector<NodePointer> changed;
    std::vector<NodePointer> overdue;
    StructurePointer structure;
    {
      std::lock_guard lock(self->mutex_);
      changed = std::move(self->changed_);
      overdue = std::move(self->overdue_);
      self->changed_.clear();
      self->overdue_.clear();
      structure = self->structure_;
      if ((changed.empty() && overdue.empty()) || structure == nullptr || self->is_stopping_) {
        self->is_propagating_ = false;
        co_return;
      }
    }
    bool exports_changed = false;
    for (const auto& node : changed) {
      exports_changed = exports_changed || dynamic_cast<const ExportNode*>(node.get()) != nullptr;
      self->request_evaluations(structure, node, hold);
    }
    for (const auto& node : overdue)
      if (const uint32_t* index = structure->find(*node))
        self->request_evaluation(structure, *index, hold);
    if (exports_changed) self->publish_exports();
  }
}

// Has everything evaluated that depends on the node and has not seen its change yet.
void Module::request_evaluations(const StructurePointer& structure, const NodePointer& changed,
                                 const AsyncLock::Hold& hold) {
  const uint32_t* changed_index = structure->find(*changed);
  if (changed_index == nullptr) return;
  std::vector<uint32_t> open = {*changed_index};
  while (!open.empty()) {
    const uint32_t at = open.back();
    open.pop_back();
    for (const uint32_t index : structure->graph.dependants(at)) {
      const NodePointer& node = structure->members[index].node;
      if (node->is_transparent()) open.push_back(index);
      {
        std::lock_guard lock(mutex_);
        if (node->schedule.evaluated_at >= changed->schedule.changed_at) continue;
      }
      request_evaluation(structure, index, hold);
    }
  }
  if (changed->import_slot() != nullptr && options_.on_declares) options_.on_declares();
}

void Module::request_evaluation(const StructurePointer& structure, uint32_t index,
                                const AsyncLock::Hold& hold) {
  std::lock_guard lock(mutex_);
  NodeSchedule& schedule = structure->members[index].node->schedule;
  if (schedule.is_busy) {
    if (!std::exchange(schedule.is_pending, true))
      schedule.requested_at = environment_.options.clock.steady();
    return;
  }
  schedule.is_busy = true;
  schedule.requested_at = environment_.options.clock.steady();
  metrics_.queue_size.add(1);
  tasks_.spawn(evaluate_again(shared_from_this(), structure, index, hold));
}

Task<> Module::evaluate_again(std::shared_ptr<Module> self, StructurePointer structure,
                              uint32_t index, AsyncLock::Hold hold) {
  Clock& clock = self->environment_.options.clock;
  const NodePointer node = structure->members[index].node;
  self->metrics_.queue_size.add(-1);
  bool again = true;
  while (again) {
    const SteadyTime began = clock.steady();
    self->metrics_.dependencies_wait_seconds.observe(seconds(began - self->requested_at(*node)));
    const Outcome outcome = co_await self->evaluate(structure, index);
    const Duration duration = clock.steady() - began;
    self->metrics_.evaluation_seconds.observe(seconds(duration));
    if (duration >= slow_evaluation) self->metrics_.add_slow(node->id(), seconds(duration));
    if (!outcome)
      self->logger_.error("failed to evaluate config",
                          {{"node", node->id()}, {"err", outcome.error().message}});
    self->logger_.debug("finished node evaluation",
                        {{"node_id", node->id()}, {"duration", duration}});
    again = self->finish_evaluation(structure, index, outcome);
  }
}

SteadyTime Module::requested_at(const Node& node) const {
  std::lock_guard lock(mutex_);
  return node.schedule.requested_at;
}

// Whether the node has to be evaluated once more.
bool Module::finish_evaluation(const StructurePointer& structure, uint32_t index,
                               const Outcome& outcome) {
  const NodePointer& node = structure->members[index].node;
  bool may_start = false;
  bool may_retry = false;
  bool again = false;
  {
    std::lock_guard lock(mutex_);
    NodeSchedule& schedule = node->schedule;
    again = std::exchange(schedule.is_pending, false);
    if (!again) schedule.is_busy = false;
    may_start = outcome.has_value() && is_running_ && !is_stopping_ && schedule.task == nullptr;
    may_retry = !outcome && outcome.error().may_pass;
    if (outcome) schedule.retry_delay = Duration::zero();
  }
  if (may_start && node->is_started()) start_node(node);
  if (may_retry) retry_later(node);
  return again;
}

void Module::retry_later(const NodePointer& node) {
  std::lock_guard lock(mutex_);
  NodeSchedule& schedule = node->schedule;
  if (schedule.is_retrying || is_stopping_ || !is_running_) return;
  schedule.is_retrying = true;
  schedule.retry_delay = std::clamp(schedule.retry_delay * 2, retry_delay_min, retry_delay_max);
  tasks_.spawn(retry(shared_from_this(), node, schedule.retry_delay));
}

Task<> Module::retry(std::shared_ptr<Module> self, NodePointer node, Duration delay) {
  co_await self->environment_.options.clock.sleep(delay, self->stop_.get_token());
  std::lock_guard lock(self->mutex_);
  node->schedule.is_retrying = false;
  if (self->is_stopping_) co_return;
  self->overdue_.push_back(node);
  self->wake_propagation();
}

}  // namespace alloy::runtime
