// The nodes through which a module is given values and gives them: argument and export blocks; and
// declare blocks, which only stand for the imports and declares they use.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "runtime/environment.h"
#include "runtime/node.h"

namespace alloy::runtime {

// A node that has no task of its own.
class PassiveNode : public Node {
 public:
  PassiveNode(Environment& environment, std::string name, std::string label,
              std::weak_ptr<NodeOwner> owner)
      : Node(Kind::config_block, std::move(name), std::move(label), std::move(owner)),
        executor_(environment.options.executor) {}
  AnyExecutor strand() const override { return executor_.any(); }

 private:
  Executor& executor_;
};

// argument "name" { optional = true  default = 1 }: argument.name.value to expressions.
class ArgumentNode final : public PassiveNode {
 public:
  using PassiveNode::PassiveNode;
  Task<Outcome> evaluate(BlockContext context) override;
  std::optional<Value> value() const override;
  bool is_visible() const override { return true; }

 private:
  mutable std::mutex mutex_;  // Guards everything below.
  std::optional<Value> value_;
};

// export "name" { value = ... }
class ExportNode final : public PassiveNode {
 public:
  using PassiveNode::PassiveNode;
  Task<Outcome> evaluate(BlockContext context) override;
  std::optional<Value> value() const override;

 private:
  mutable std::mutex mutex_;  // Guards everything below.
  std::optional<Value> value_;
};

class DeclareNode final : public PassiveNode {
 public:
  using PassiveNode::PassiveNode;
  Task<Outcome> evaluate(BlockContext) override { co_return Outcome(); }
  bool is_transparent() const override { return true; }
};

}  // namespace alloy::runtime
