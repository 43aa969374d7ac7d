// One graph of nodes and what keeps it going: the root, and everything that is built like it (the
// inside of a custom component, a child of a foreach, the content of an import).
//
// Two things happen to a module. A load replaces its structure: it is built and checked aside, its
// nodes are evaluated in order, and it takes over. A change of a node's value makes those that
// directly depend on it be evaluated again, each with at most one evaluation running and one
// waiting. A load waits for such evaluations and keeps them waiting meanwhile.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "component/directory.h"
#include "runtime/async_lock.h"
#include "runtime/environment.h"
#include "runtime/module_metrics.h"
#include "runtime/structure.h"

namespace alloy::runtime {

struct ModuleOptions {
  std::string id;  // Joined by "/" from those of the modules around it; empty at the root.
  ModuleKind kind = ModuleKind::root;
  // The values of the export blocks, whenever they change.
  std::function<void(ObjectPointer)> on_exports = {};
  // What can be declared has changed other than by a load.
  std::function<void()> on_declares = {};
  bool has_metrics = true;
};

struct ModuleFailure {
  bool is_structure = false;  // Nothing was changed. Otherwise some of the nodes have failed.
  syntax::Diagnostics diagnostics;
  bool may_pass = false;
};

class Module final : public NodeOwner, public std::enable_shared_from_this<Module> {
 public:
  static std::shared_ptr<Module> create(Environment& environment, ModuleOptions options);
  ~Module() override;

  const std::string& id() const { return options_.id; }

  // Applies a text. What is running and has not changed is left alone.
  Task<std::expected<void, ModuleFailure>> load(ModuleContent content);
  // Runs the nodes from now on, also those of later loads. Again: no effect.
  Task<> start();
  // Stops whatever runs, those that use others first, and ends everything else. Final.
  Task<> stop();

  // The present structure; null before the first load. From any thread, as everything below.
  StructurePointer structure() const;
  std::vector<ComponentInfo> components() const;
  std::optional<ComponentInfo> component(std::string_view local_id) const;
  bool has_component(std::string_view local_id) const;
  // This module or one inside it; null if there is none of that id.
  std::shared_ptr<const Module> find(std::string_view module_id) const;
  void collect_metrics(MetricSink& out) const;

 private:
  Module(Environment& environment, ModuleOptions options);

  // Loading.
  Task<syntax::Diagnostics> evaluate_all(StructurePointer structure, bool* may_pass);
  Task<Outcome> evaluate(StructurePointer structure, uint32_t index);
  void report(const Member& member, const Failure& failure, syntax::Diagnostics& into) const;
  void log_warnings(const Structure& structure) const;
  void replace_structure(StructurePointer next);
  void publish_exports();

  // Propagating changes.
  void node_changed(Node& node) override;
  static Task<> propagate(std::shared_ptr<Module> self);
  void request_evaluations(const StructurePointer& structure, const NodePointer& changed,
                           const AsyncLock::Hold& hold);
  void request_evaluation(const StructurePointer& structure, uint32_t index,
                          const AsyncLock::Hold& hold);
  static Task<> evaluate_again(std::shared_ptr<Module> self, StructurePointer structure,
                               uint32_t index, AsyncLock::Hold hold);
  SteadyTime requested_at(const Node& node) const;
  bool finish_evaluation(const StructurePointer& structure, uint32_t index, const Outcome& outcome);
  void retry_later(const NodePointer& node);
  static Task<> retry(std::shared_ptr<Module> self, NodePointer node, Duration delay);
  void wake_propagation();

  // Running.
  void start_nodes(const Structure& structure);
  void start_node(const NodePointer& node);
  static Task<> run_node(std::shared_ptr<Module> self, NodePointer node,
                         std::shared_ptr<NodeTask> task);
  Task<> stop_nodes(StructurePointer structure, std::vector<uint32_t> indices);
  Task<> wait_for(NodePointer node, std::shared_ptr<NodeTask> task, SteadyTime deadline);

  void describe_edges(const Structure& structure, uint32_t index, ComponentInfo& info) const;

  Environment& environment_;
  ModuleOptions options_;
  std::optional<NodeFactory> factory_;  // Set once the module can be pointed to.
  Logger logger_;
  ModuleMetrics metrics_;
  TaskGroup tasks_;
  StopSource stop_;
  AsyncLock lock_;  // A load holds it exclusively, evaluations outside of loads share it.

  mutable std::mutex mutex_;  // Guards everything below, and the schedules of the nodes.
  StructurePointer structure_;
  uint64_t time_ = 0;  // Counts changes; see NodeSchedule.
  std::vector<NodePointer> changed_;
  std::vector<NodePointer> overdue_;  // To be evaluated themselves.
  bool is_propagating_ = false;
  bool is_running_ = false;
  bool is_stopping_ = false;
  ObjectPointer exports_;
};

}  // namespace alloy::runtime
