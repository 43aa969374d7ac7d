#include "app/service_blocks.h"

#include <fmt/format.h>

#include "app/remotecfg/service.h"

namespace alloy::app {
namespace {

struct LiveDebuggingArguments {
  bool enabled = false;

  static constexpr auto schema() {
    return fields(optional<&LiveDebuggingArguments::enabled>(
        "enabled", "Whether data may be looked at while it flows."));
  }
};

class LiveDebuggingBlock final : public runtime::ConfiguredService {
 public:
  explicit LiveDebuggingBlock(LiveDebugging& debugging) : debugging_(debugging) {}
  std::string_view block_name() const override { return "livedebugging"; }
  const Schema* arguments() const override { return &schema_of<LiveDebuggingArguments>; }
  Task<Result<>> configure(std::shared_ptr<const void> arguments) override {
    debugging_.set_enabled(static_cast<const LiveDebuggingArguments*>(arguments.get())->enabled);
    co_return Result<>();
  }

 private:
  LiveDebugging& debugging_;
};

struct NoArguments {
  static constexpr auto schema() { return fields(); }
};

// A service whose block may only be empty.
class EmptyBlock final : public runtime::ConfiguredService {
 public:
  explicit EmptyBlock(std::string_view name) : name_(name) {}
  std::string_view block_name() const override { return name_; }
  const Schema* arguments() const override { return &schema_of<NoArguments>; }
  Task<Result<>> configure(std::shared_ptr<const void>) override { co_return Result<>(); }

 private:
  std::string_view name_;
};

// A service that has a name but no block.
class FixedService final : public runtime::ConfiguredService {
 public:
  explicit FixedService(std::string_view name) : name_(name) {}
  std::string_view block_name() const override { return name_; }
  const Schema* arguments() const override { return nullptr; }
  Task<Result<>> configure(std::shared_ptr<const void>) override { co_return Result<>(); }

 private:
  std::string_view name_;
};

constexpr std::array<std::string_view, 3> fixed_services = {"cluster", "otel", "ui"};

}  // namespace

ServiceBlocks::ServiceBlocks(HttpService& http, LiveDebugging& debugging, const Logger& logger) {
  blocks_.push_back(make_http_block(http, logger));
  blocks_.push_back(std::make_unique<LiveDebuggingBlock>(debugging));
  blocks_.push_back(std::make_unique<EmptyBlock>("labelstore"));
  for (std::string_view name : fixed_services)
    blocks_.push_back(std::make_unique<FixedService>(name));
}

std::vector<runtime::ServiceBlock> describe_service_blocks() {
  std::vector<runtime::ServiceBlock> blocks = {
      {"http", &http_block_schema()},
      {"livedebugging", &schema_of<LiveDebuggingArguments>},
      {"labelstore", &schema_of<NoArguments>},
      {"remotecfg", &schema_of<remotecfg::Arguments>},
  };
  for (std::string_view name : fixed_services) blocks.push_back({name, nullptr});
  return blocks;
}

std::vector<runtime::ConfiguredService*> ServiceBlocks::all() const {
  std::vector<runtime::ConfiguredService*> services;
  for (const auto& block : blocks_) services.push_back(block.get());
  return services;
}

}  // namespace alloy::app
