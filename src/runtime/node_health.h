// The health of a node: the worst of how it runs, how its last evaluation went, and what it says
// about itself.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "component/health.h"
#include "runtime/outcome.h"

namespace alloy::runtime {

// The words of a kind of node.
struct HealthWords {
  std::string_view created;
  std::string_view evaluated;
  std::string_view evaluation_failed;
  std::string_view started;
  std::string_view ended;
  std::string_view ended_with_error;
};

inline constexpr HealthWords component_words = {
    "component created", "component evaluated",         "component evaluation failed",
    "started component", "component shut down cleanly", "component shut down with error"};
inline constexpr HealthWords custom_component_words = {
    "node custom component created",      "component evaluated",
    "component evaluation failed",        "started custom component",
    "custom component shut down cleanly", "custom component shut down with error"};
inline constexpr HealthWords foreach_words = {"foreach created",
                                              "foreach evaluated",
                                              "foreach evaluation failed",
                                              "started foreach",
                                              "foreach node shut down cleanly",
                                              "foreach node shut down with error"};
inline constexpr HealthWords import_words = {
    "import created", "source evaluated",         "source evaluation failed",
    "started import", "import shut down cleanly", "import shut down with error"};

// From any thread.
class NodeHealth {
 public:
  NodeHealth(const HealthWords& words, WallTime now);

  void evaluated(const Outcome& outcome, WallTime now);
  void started(WallTime now);
  void ended(std::string_view error, WallTime now);
  // What the node says about itself.
  void report(HealthState state, std::string message, WallTime now);
  // Forgets what the node said: it is being built anew.
  void forget_report();

  Health get() const;

 private:
  // A state with its words, most of which are the same everywhere.
  struct Report {
    HealthState state = HealthState::unknown;
    WallTime updated{};
    std::string_view words;
    std::unique_ptr<const std::string> error = nullptr;  // Behind the words.

    Health health() const;
  };

  const HealthWords& words_;
  mutable std::mutex mutex_;  // Guards everything below.
  Report run_;
  Report evaluation_;
  std::unique_ptr<const Health> reported_;
};

}  // namespace alloy::runtime
