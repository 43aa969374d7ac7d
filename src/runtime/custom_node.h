// A custom component in the graph: a module made from a declare block, given the attributes of its
// own block as arguments.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "runtime/environment.h"
#include "runtime/module.h"
#include "runtime/node.h"
#include "runtime/node_health.h"

namespace alloy::runtime {

class CustomNode final : public Node {
 public:
  CustomNode(Environment& environment, std::string name, std::string label, std::string module_id,
             std::weak_ptr<NodeOwner> owner);

  Task<Outcome> evaluate(BlockContext context) override;
  std::optional<Value> value() const override;
  bool is_visible() const override { return true; }
  bool is_component() const override { return true; }
  bool is_started() const override { return true; }
  bool has_task() const override { return true; }
  bool is_ready() const override { return module() != nullptr; }
  Task<> run(StopToken stop) override;
  Task<> close() override;
  AnyExecutor strand() const override { return environment_.options.executor.strand(); }

  Health health() const override { return health_.get(); }
  void evaluated(const Outcome& outcome, WallTime now) override { health_.evaluated(outcome, now); }
  void started(WallTime now) override { health_.started(now); }
  void ended(std::string_view error, WallTime now) override { health_.ended(error, now); }
  void describe(ComponentInfo& info) const override;
  std::vector<std::shared_ptr<Module>> modules() const override;

 private:
  std::shared_ptr<Module> module() const;
  std::shared_ptr<Module> find_or_make_module();
  void set_exports(ObjectPointer exports);

  Environment& environment_;
  std::string module_id_;
  NodeHealth health_;

  mutable std::mutex mutex_;  // Guards everything below.
  std::shared_ptr<Module> module_;
  ObjectPointer arguments_;
  ObjectPointer exports_;
};

// The attributes of a body as an object in the order of the text.
Evaluated<ObjectPointer> evaluate_attributes(const BlockContext& context);
// The members as the API shows attributes.
std::string attributes_json(const Object& object);
// What a failed load means to the node that holds the module.
Failure failure_of(ModuleFailure failure, std::string_view doing);

}  // namespace alloy::runtime
