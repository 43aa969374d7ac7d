// An import block: gets content from its source, and offers what is declared in it. Bad content is
// reported and never replaces good content.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "runtime/environment.h"
#include "runtime/import_source.h"
#include "runtime/module.h"
#include "runtime/node.h"
#include "runtime/node_health.h"

namespace alloy::runtime {

class ImportNode final : public Node {
 public:
  ImportNode(Environment& environment, std::string name, std::string label, std::string module_id,
             std::unique_ptr<ImportSource> source, std::weak_ptr<NodeOwner> owner);

  Task<Outcome> evaluate(BlockContext context) override;
  bool is_started() const override { return true; }
  bool has_task() const override { return true; }
  bool is_ready() const override { return is_evaluated_; }
  Task<> run(StopToken stop) override;
  Task<> close() override;
  AnyExecutor strand() const override { return strand_; }

  Health health() const override { return health_.get(); }
  void evaluated(const Outcome& outcome, WallTime now) override { health_.evaluated(outcome, now); }
  void started(WallTime now) override { health_.started(now); }
  void ended(std::string_view error, WallTime now) override { health_.ended(error, now); }
  std::shared_ptr<ImportSlot> import_slot() const override { return slot_; }

  // Why a content is not used, in the words of the log and of the health.
  struct Rejection {
    std::string_view log_message;
    std::string file;  // Empty: no particular one.
    std::string health_message;
    std::string reason;
  };

 private:
  Task<> apply(ConfigSource content);
  Task<std::expected<void, Rejection>> load(ConfigSource content);
  void nested_changed();
  void offer();
  WallTime now() const { return environment_.options.clock.wall(); }

  Environment& environment_;
  std::string module_id_;
  std::unique_ptr<ImportSource> source_;
  AnyExecutor strand_;
  NodeHealth health_;
  Logger logger_;
  std::shared_ptr<ImportSlot> slot_ = std::make_shared<ImportSlot>();

  std::atomic<bool> is_evaluated_ = false;  // Successfully, at least once.
  std::atomic<bool> nested_failed_ = false;
  AsyncLock loading_;  // Evaluations and changes of the content load one after another.
  std::mutex mutex_;   // Guards everything below.
  bool is_running_ = false;
  std::string module_path_;
  std::string seen_;                  // The last content, good or bad,
  bool is_good_ = false;              // and which of them.
  bool source_failed_ = false;        // There may be newer content that can't be got.
  std::shared_ptr<Module> imported_;  // Holds the nested imports; null before the first load.
};

}  // namespace alloy::runtime
