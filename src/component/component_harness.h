// What the test of a component needs: builds it from configuration text, with a clock that stands
// still, and watches what it exports and says about itself.
//
//   ComponentHarness file(local_file);
//   REQUIRE(file.update(R"(filename = "/tmp/x")"));
//   file.start();
//   CHECK(file.wait_until([&] { return file.health().state == HealthState::unhealthy; }));
#pragma once

#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "component/component.h"
#include "values/scope.h"

namespace alloy {

class ComponentHarness final : private ComponentHost {
 public:
  explicit ComponentHarness(const ComponentType& type);
  // Stops the component and removes its data directory.
  ~ComponentHarness() override;

  // What expressions in the text of update() can use.
  Variables& variables() { return variables_; }
  Services& services() { return services_; }
  ManualClock& clock() { return clock_; }
  Executor& executor() { return executor_; }

  // Passes the statements of a block to the component, which the first call builds. Errors are
  // those of the configuration, or the component's own.
  Result<> update(std::string_view body);
  // Runs the component, whose first update has succeeded, until stop().
  void start();
  void stop();

  Health health() const;
  // The last exports; null if there are none yet.
  template <class Exports>
  std::shared_ptr<const Exports> exports() const {
    return std::static_pointer_cast<const Exports>(exports_pointer());
  }
  // The same, as expressions see them.
  Value exports_value() const;
  // How often exports were set.
  size_t exports_count() const;
  // The value of one of its metrics' samples, without labels; 0 if there is none.
  double metric(std::string_view name) const;

  // Waits a while (real time) until the condition holds; false if it never does.
  bool wait_until(const std::function<bool()>& condition);

 private:
  std::shared_ptr<const void> exports_pointer() const;
  void set_exports(std::shared_ptr<const void> exports) override;
  void set_health(HealthState state, std::string message) override;
  Options make_options();
  static Task<> apply(ComponentHarness* self, std::shared_ptr<const void> arguments,
                      Result<>* result);

  const ComponentType& type_;
  std::filesystem::path folder_;
  ManualClock clock_;
  Services services_;
  Variables variables_;
  Executor executor_{2};
  AnyExecutor strand_ = executor_.strand();
  MetricRegistry metrics_;
  StopSource stop_;
  std::optional<std::promise<void>> ended_;  // Set while the component runs.

  mutable std::mutex mutex_;  // Guards everything below.
  std::shared_ptr<const void> exports_;
  size_t exports_count_ = 0;
  Health health_;

  std::unique_ptr<Component> component_;  // Last: goes first.
};

}  // namespace alloy
