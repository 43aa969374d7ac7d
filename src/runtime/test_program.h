// A controller with a few components made for tests, and a log of what happens to them.
#pragma once

#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "base/executor.h"
#include "runtime/controller.h"

namespace alloy::runtime::test {

// What the test components have done, in order: "update test.value.a", "start ...", "stop ...".
class Journal {
 public:
  void add(std::string entry) {
    std::lock_guard lock(mutex_);
    entries_.push_back(std::move(entry));
  }
  std::vector<std::string> take() {
    std::lock_guard lock(mutex_);
    return std::exchange(entries_, {});
  }
  size_t count(std::string_view entry) const {
    std::lock_guard lock(mutex_);
    return static_cast<size_t>(std::ranges::count(entries_, entry));
  }

 private:
  mutable std::mutex mutex_;  // Guards everything below.
  std::vector<std::string> entries_;
};

struct ValueArguments {
  Value value;
  bool fail = false;          // update() fails.
  bool exit = false;          // run() returns at once.
  bool throw_in_run = false;  // run() throws.

  static constexpr auto schema() {
    return fields(optional<&ValueArguments::value>("value", "What to export."),
                  optional<&ValueArguments::fail>("fail", "Refuses the arguments."),
                  optional<&ValueArguments::exit>("exit", "Ends at once."),
                  optional<&ValueArguments::throw_in_run>("throw_in_run", "Has a bug."));
  }
};

struct ValueExports {
  Value value;

  static constexpr auto schema() {
    return fields(required<&ValueExports::value>("value", "What it was given."));
  }
};

// test.value exports what it is given, and keeps a journal.
class ValueComponent final : public ComponentWith<ValueArguments, ValueExports> {
 public:
  explicit ValueComponent(Options options)
      : ComponentWith(std::move(options)), journal_(this->options().services.find<Journal>()) {}
  ~ValueComponent() override { note("destroy"); }

  Result<> update(ValueArguments arguments) override {
    note("update");
    if (arguments.fail) return fail("told to fail");
    arguments_ = std::move(arguments);
    set_exports({.value = arguments_.value});
    return {};
  }
  Task<> run(StopToken stop) override {
    note("start");
    if (arguments_.throw_in_run) throw std::runtime_error("a bug");
    if (arguments_.exit) co_return;
    co_await clock().sleep(Duration::max(), std::move(stop));
    note("stop");
  }

 private:
  void note(std::string_view what) {
    if (journal_ != nullptr) journal_->add(fmt::format("{} {}", what, options().global_id()));
  }
  Journal* journal_;
  ValueArguments arguments_;
};

inline constexpr ComponentType value_type = {.name = "test.value",
                                             .doc = "Exports what it is given.",
                                             .arguments = &schema_of<ValueArguments>,
                                             .exports = &schema_of<ValueExports>,
                                             .create = create<ValueComponent>};
inline constexpr ComponentType experimental_type = {.name = "test.experimental",
                                                    .doc = "As test.value, but not settled.",
                                                    .stability = Stability::experimental,
                                                    .arguments = &schema_of<ValueArguments>,
                                                    .exports = &schema_of<ValueExports>,
                                                    .create = create<ValueComponent>};
inline constexpr const ComponentType* types[] = {&experimental_type, &value_type};

// A program around a controller.
class Program {
 public:
  explicit Program(Stability stability = Stability::generally_available, unsigned threads = 2)
      : executor_(threads) {
    services_.add(journal);
    log_sink_->configure(LogLevel::error, LogFormat::logfmt);
    controller_ = Controller::create({.components = types,
                                      .executor = executor_,
                                      .clock = clock,
                                      .log_sink = log_sink_,
                                      .services = services_,
                                      .storage_path = "/tmp/never-written",
                                      .stability_min = stability});
  }
  ~Program() { shutdown(); }

  // "" if all is well, else all diagnostics.
  std::string load(std::string text) {
    LoadResult result;
    executor_.run(load_into(this, std::move(text), &result));
    if (result) return "";
    return result.error().diagnostics.empty() ? result.error().message
                                              : result.error().diagnostics.to_string();
  }
  void shutdown() {
    if (!std::exchange(is_shut_down_, true)) executor_.run(controller_->shutdown());
  }

  Controller& controller() { return *controller_; }
  ComponentInfo info(std::string_view id) {
    return controller_->find_component(id).value_or(ComponentInfo{});
  }
  bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }

  ManualClock clock;
  Journal journal;

 private:
  static Task<> load_into(Program* self, std::string text, LoadResult* result) {
    *result = co_await self->controller_->load(config_from_text("config.alloy", std::move(text)));
  }

  Services services_;
  std::shared_ptr<LogSink> log_sink_ = std::make_shared<LogSink>([](std::string_view) {});
  Executor executor_;
  std::unique_ptr<Controller> controller_;
  bool is_shut_down_ = false;
};

}  // namespace alloy::runtime::test
