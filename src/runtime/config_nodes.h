// The nodes of blocks that configure the program itself: logging, tracing, and its services.
#pragma once

#include <memory>
#include <string>

#include "runtime/environment.h"
#include "runtime/value_nodes.h"
#include "services/own_logs.h"

namespace alloy::runtime {

// logging { level = "info"  format = "logfmt" }
class LoggingNode final : public PassiveNode {
 public:
  LoggingNode(Environment& environment, std::weak_ptr<NodeOwner> owner)
      : PassiveNode(environment, "logging", "", std::move(owner)),
        sink_(environment.options.log_sink),
        own_logs_(environment.options.services.find<OwnLogs>()) {}
  Task<Outcome> evaluate(BlockContext context) override;

 private:
  std::shared_ptr<LogSink> sink_;
  OwnLogs* own_logs_;  // Null where the program runs without.
};

// tracing { ... }: what would have an effect is refused until the program has traces.
class TracingNode final : public PassiveNode {
 public:
  TracingNode(Environment& environment, std::weak_ptr<NodeOwner> owner)
      : PassiveNode(environment, "tracing", "", std::move(owner)) {}
  Task<Outcome> evaluate(BlockContext context) override;
};

// The block of a service, such as http.
class ServiceNode final : public Node {
 public:
  ServiceNode(Environment& environment, ConfiguredService& service, std::weak_ptr<NodeOwner> owner)
      : Node(Kind::service, std::string(service.block_name()), "", std::move(owner)),
        executor_(environment.options.executor),
        service_(service) {}
  AnyExecutor strand() const override { return executor_.any(); }
  Task<Outcome> evaluate(BlockContext context) override;

 private:
  Executor& executor_;
  ConfiguredService& service_;
  std::shared_ptr<const void> arguments_;  // The last ones applied.
};

}  // namespace alloy::runtime
