// How a module's nodes are started and stopped.
#include "runtime/module.h"

namespace alloy::runtime {
namespace {

constexpr Duration slow_stop_notice = 1min;

}  // namespace

Task<> Module::start() {
  const auto hold = co_await lock_.lock(AsyncLock::Mode::exclusive);
  {
    std::lock_guard lock(mutex_);
    if (is_stopping_ || is_running_) co_return;
    is_running_ = true;
  }
  logger_.info("scheduling loaded components and services");
  if (const auto present = structure()) start_nodes(*present);
}

// Starts what is not running, dependencies first.
void Module::start_nodes(const Structure& structure) {
  {
    std::lock_guard lock(mutex_);
    if (!is_running_ || is_stopping_) return;
  }
  for (const uint32_t index : structure.order) {
    const NodePointer& node = structure.members[index].node;
    if (!node->is_started()) continue;
    {
      std::lock_guard lock(mutex_);
      // One that has ended by itself begins anew.
      const auto& task = node->schedule.task;
      if (task != nullptr && !task->is_done) continue;
    }
    start_node(node);
  }
}

void Module::start_node(const NodePointer& node) {
  if (!node->is_ready()) {
    logger_.error("node exited with error",
                  {{"node", node->id()}, {"err", "managed component not built"}});
    return;
  }
  // What has nothing to run shares the sign that it was started.
  static const auto started = std::make_shared<NodeTask>();
  const auto task = node->has_task() ? std::make_shared<NodeTask>() : started;
  {
    std::lock_guard lock(mutex_);
    if (is_stopping_) return;
    node->schedule.task = task;
  }
  node->started(environment_.options.clock.wall());
  if (!node->has_task()) return;
  boost::asio::co_spawn(node->strand(), run_node(shared_from_this(), node, task),
                        [task](const std::exception_ptr& thrown) {
                          ASSERT(thrown == nullptr);
                          task->is_done = true;
                          task->done.notify();
                        });
}

Task<> Module::run_node(std::shared_ptr<Module> self, NodePointer node,
                        std::shared_ptr<NodeTask> task) {
  std::string error;
  try {
    co_await node->run(task->stop.get_token());
  } catch (const std::exception& thrown) {
    error = thrown.what();
  }
  node->ended(error, self->environment_.options.clock.wall());
  if (error.empty())
    self->logger_.info("node exited without error", {{"node", node->id()}});
  else
    self->logger_.error("node exited with error", {{"node", node->id()}, {"err", error}});
}

// Those that nothing uses first, each group at once; so a source has stopped before the writer
// behind it is asked to.
Task<> Module::stop_nodes(StructurePointer structure, std::vector<uint32_t> indices) {
  if (indices.empty()) co_return;
  const auto heights = structure->graph.heights(structure->order);
  std::ranges::sort(indices, {}, [&](uint32_t index) { return std::pair(heights[index], index); });
  const Duration limit = environment_.options.shutdown_deadline;
  const SteadyTime deadline =
      limit == Duration::zero() ? SteadyTime::max() : environment_.options.clock.steady() + limit;
  for (size_t begin = 0; begin < indices.size();) {
    size_t end = begin;
    std::vector<std::pair<NodePointer, std::shared_ptr<NodeTask>>> group;
    for (; end < indices.size() && heights[indices[end]] == heights[indices[begin]]; ++end) {
      const NodePointer& node = structure->members[indices[end]].node;
      std::lock_guard lock(mutex_);
      group.emplace_back(node, node->schedule.task);
    }
    for (const auto& [node, task] : group)
      if (task != nullptr && node->has_task()) task->stop.request_stop();
    for (const auto& [node, task] : group) {
      if (task != nullptr && node->has_task()) co_await wait_for(node, task, deadline);
      if (task == nullptr || task->is_done || !node->has_task()) co_await node->close();
      if (task != nullptr && !node->has_task())
        logger_.info("node exited without error", {{"node", node->id()}});
    }
    begin = end;
  }
}

Task<> Module::wait_for(NodePointer node, std::shared_ptr<NodeTask> task, SteadyTime deadline) {
  Clock& clock = environment_.options.clock;
  while (!task->is_done) {
    if (clock.steady() >= deadline) {
      logger_.error("task did not stop in time, it is left behind", {{"node", node->id()}});
      co_return;
    }
    const Duration left =
        deadline == SteadyTime::max() ? slow_stop_notice : deadline - clock.steady();
    if (co_await task->done.wait(StopToken{}, std::min(left, slow_stop_notice)) == Wake::elapsed)
      logger_.warn("task shutdown is taking longer than expected", {{"node", node->id()}});
  }
}

Task<> Module::stop() {
  {
    std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  stop_.request_stop();
  {
    const auto hold = co_await lock_.lock(AsyncLock::Mode::exclusive);
    if (const auto present = structure()) {
      std::vector<uint32_t> all(present->members.size());
      for (uint32_t i = 0; i < all.size(); ++i) all[i] = i;
      co_await stop_nodes(present, std::move(all));
    }
  }
  // Some of them may have been waiting for the lock.
  co_await tasks_.join();
}

}  // namespace alloy::runtime
