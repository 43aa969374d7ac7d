// A node of the graph: a block of the configuration that is evaluated, and what came out of it.
//
// A node lives as long as reloads keep a block of its name and kind; what changes with each load
// (its text, its references) is its Binding.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "base/metrics.h"
#include "component/directory.h"
#include "component/health.h"
#include "runtime/declares.h"
#include "runtime/knowing_scope.h"
#include "runtime/outcome.h"
#include "syntax/ast.h"
#include "values/value.h"

namespace alloy::runtime {

class Module;
class Node;
using NodePointer = std::shared_ptr<Node>;

// The module a node is in, as the node sees it. From any thread.
class NodeOwner {
 public:
  virtual ~NodeOwner() = default;
  // What expressions see of the node, or which components can be declared with it, has changed.
  virtual void node_changed(Node& node) = 0;
};

// What an evaluation gets to see.
struct BlockContext {
  const syntax::BlockStatement* block;  // Null: the configuration has none, defaults apply.
  syntax::FilePointer file;
  std::shared_ptr<const KnowingScope> scope;
  DeclareScopePointer declares;
  ObjectPointer arguments;  // What the user of the module gives it; null at the root.
};

// A running node.
struct NodeTask {
  StopSource stop;
  std::atomic<bool> is_done = false;
  Event done;
};

// What the module notes about a node; guarded by the module's mutex.
struct NodeSchedule {
  uint64_t changed_at = 0;    // When value() last changed, in the module's own time.
  uint64_t evaluated_at = 0;  // When the last evaluation began.
  SteadyTime requested_at{};  // When a change of a dependency last asked for one.
  bool is_busy = false;       // An evaluation outside of a load is under way,
  bool is_pending = false;    // and another one is needed after it.
  Duration retry_delay{};     // Until a failed evaluation that may pass is tried again.
  bool is_retrying = false;
  std::shared_ptr<NodeTask> task;  // Null: not started.
};

class Node : public std::enable_shared_from_this<Node> {
 public:
  // Which words a failure is reported with.
  enum class Kind : unsigned char { component, config_block, service };

  Node(Kind kind, std::string name, std::string label, std::weak_ptr<NodeOwner> owner);
  virtual ~Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  Kind kind() const { return kind_; }
  const std::string& name() const { return name_; }    // "prometheus.scrape"
  const std::string& label() const { return label_; }  // "a"
  const std::string& id() const { return id_; }        // "prometheus.scrape.a"
  // The names of the id, by which expressions find it.
  const std::vector<std::string_view>& path() const { return path_; }

  // Brings the node up to date with its block. Never side by side with itself.
  virtual Task<Outcome> evaluate(BlockContext context) = 0;
  // What expressions see; nothing: not even its name. From any thread.
  virtual std::optional<Value> value() const { return std::nullopt; }

  // Whether expressions can refer to it.
  virtual bool is_visible() const { return false; }
  // Whether the API lists it.
  virtual bool is_component() const { return false; }
  // Whether it is started and stopped, and counted by
  // alloy_component_controller_running_components.
  virtual bool is_started() const { return false; }
  // Whether it only stands for what it depends on, so that their changes are its own.
  virtual bool is_transparent() const { return false; }

  // Whether there is anything to start: evaluating it has succeeded at least once.
  virtual bool is_ready() const { return true; }
  // Works until asked to stop. Only called if is_started(), after the first load has succeeded.
  virtual Task<> run(StopToken stop);
  // Whether run() has anything to do.
  virtual bool has_task() const { return false; }
  // Ends what evaluations have left behind; called once, after run() has ended if it began.
  virtual Task<> close();
  // Where run() is started; an executor on which nothing runs side by side.
  virtual AnyExecutor strand() const = 0;

  // The worst of what is known. From any thread, as everything below.
  virtual Health health() const { return {}; }
  virtual void evaluated(const Outcome&, WallTime) {}
  virtual void started(WallTime) {}
  // `error` is empty if it ended on its own accord or was asked to.
  virtual void ended(std::string_view, WallTime) {}
  virtual void describe(ComponentInfo&) const {}
  virtual void collect_metrics(MetricSink&) const {}
  // Where the content of an import is found; null for all other nodes.
  virtual std::shared_ptr<ImportSlot> import_slot() const { return nullptr; }
  // The modules it contains.
  virtual std::vector<std::shared_ptr<Module>> modules() const { return {}; }

  NodeSchedule schedule;

 protected:
  // Tells the module that value() or the declares behind it have changed.
  void notify_changed();

 private:
  Kind kind_;
  std::string name_;
  std::string label_;
  std::string id_;
  std::vector<std::string_view> path_;
  std::weak_ptr<NodeOwner> owner_;
};

}  // namespace alloy::runtime
