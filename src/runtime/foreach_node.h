// A foreach block: one module for each item of a collection, all made from the same template.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "runtime/environment.h"
#include "runtime/module.h"
#include "runtime/node.h"
#include "runtime/node_health.h"

namespace alloy::runtime {

struct ForeachArguments;

class ForeachNode final : public Node {
 public:
  ForeachNode(Environment& environment, std::string label, std::string module_id,
              std::weak_ptr<NodeOwner> owner);

  Task<Outcome> evaluate(BlockContext context) override;
  bool is_component() const override { return true; }
  bool is_started() const override { return true; }
  bool has_task() const override { return true; }
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
  using Modules = std::map<std::string, std::shared_ptr<Module>, std::less<>>;

  Task<Outcome> load_children(BlockContext context, const syntax::BlockStatement* block,
                              std::shared_ptr<const ForeachArguments> arguments);
  static Task<> stop_all(Executor* executor, std::vector<std::shared_ptr<Module>> modules);

  Environment& environment_;
  std::string module_id_;
  Logger logger_;
  NodeHealth health_;

  mutable std::mutex mutex_;  // Guards everything below.
  Modules children_;          // By the name that makes them differ: "foreach_a_1".
  bool is_running_ = false;
  bool is_stopping_ = false;
  bool has_metrics_ = false;
  std::shared_ptr<const ForeachArguments> arguments_;
};

// The part of a child's name that stands for its item: equal items have equal ones.
std::string item_fingerprint(const Value& item, bool hash_strings);

}  // namespace alloy::runtime
