// A built-in component in the graph: builds it, updates it when its arguments change, and keeps
// what it exports and says about its health.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "component/component.h"
#include "runtime/environment.h"
#include "runtime/node.h"
#include "runtime/node_health.h"

namespace alloy::runtime {

class ComponentNode final : public Node, private ComponentHost {
 public:
  ComponentNode(Environment& environment, const ComponentType& type, std::string label,
                std::string module_id, std::weak_ptr<NodeOwner> owner);
  ~ComponentNode() override;

  const ComponentType& type() const { return type_; }

  Task<Outcome> evaluate(BlockContext context) override;
  std::optional<Value> value() const override;
  bool is_visible() const override { return true; }
  bool is_started() const override { return true; }
  bool is_component() const override { return true; }
  bool is_ready() const override { return instance() != nullptr; }
  bool has_task() const override;
  Task<> run(StopToken stop) override;
  AnyExecutor strand() const override { return strand_; }

  Health health() const override { return health_.get(); }
  void evaluated(const Outcome& outcome, WallTime now) override { health_.evaluated(outcome, now); }
  void started(WallTime now) override;
  void ended(std::string_view error, WallTime now) override;
  void describe(ComponentInfo& info) const override;
  void collect_metrics(MetricSink& out) const override;

 private:
  // A built component with its metrics, which it may refer to until its end.
  struct Instance {
    explicit Instance(MetricLabels labels) : metrics(std::move(labels)) {}
    MetricRegistry metrics;
    std::unique_ptr<Component> component;
  };
  using Arguments = std::shared_ptr<const void>;

  Task<Outcome> build(Arguments arguments);
  Task<Outcome> update(std::shared_ptr<Instance> instance, Arguments arguments);
  Options make_options(Instance& instance);
  std::shared_ptr<Instance> instance() const;
  void set_exports(std::shared_ptr<const void> exports) override;
  void set_health(HealthState state, std::string message) override;

  Environment& environment_;
  const ComponentType& type_;
  std::string module_id_;
  AnyExecutor strand_;
  NodeHealth health_;
  std::atomic<bool> is_running_ = false;

  mutable std::mutex mutex_;  // Guards everything below.
  std::shared_ptr<Instance> instance_;
  Arguments arguments_;  // The last ones that were applied.
  bool update_failed_ = false;
  std::shared_ptr<const void> exports_;
  mutable std::optional<Value> exports_value_;
};

}  // namespace alloy::runtime
