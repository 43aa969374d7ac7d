// The contract between a component and the program. To write a component:
//
// - describe what it takes and gives as structs with a schema() (see schema/fields.h);
// - derive from ComponentWith<Arguments> or ComponentWith<Arguments, Exports>: update() takes each
//   new set of arguments, run() works until asked to stop, and set_exports(), report_healthy() and
//   report_unhealthy() tell the program what came out of it;
// - define its ComponentType in src/components/<family>/<name>/<name>.cc.
//
// The program calls update() once before anything else, and destroys the component if that fails:
// "building component: <error>". Afterwards update() and run() share the component's strand, so
// what only they touch needs no lock. Whatever other components hold (receivers) is called from any
// thread. Exports and health may be set from any thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/executor.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/stability.h"
#include "base/task.h"
#include "component/health.h"
#include "component/services.h"
#include "schema/fields.h"

namespace alloy {

// Who listens to a component: the runtime, or the harness of a test. Outlives the component, and
// may be called from any thread.
class ComponentHost {
 public:
  virtual ~ComponentHost() = default;
  // New exports, a struct of the type that the component's ComponentType names.
  virtual void set_exports(std::shared_ptr<const void> exports) = 0;
  virtual void set_health(HealthState state, std::string message) = 0;
};

// What a component is born with.
struct Options {
  std::string id;           // "prometheus.scrape.a": unique inside its module.
  std::string label;        // "a"
  std::string module_path;  // Ids of the modules around it, joined by "/"; empty at the root.
  std::string data_path;    // A directory of its own; it makes it when it needs one.
  Logger logger;            // Carries component_path and component_id.
  MetricRegistry& metrics;  // Its own, with component_path and component_id; vanishes with it.
  Executor& executor;
  AnyExecutor strand;  // Where update() and run() are called.
  Clock& clock;
  const Services& services;
  Stability stability_min;  // What the user allows; for arguments that are not settled yet.
  ComponentHost& host;

  // Unique in the program: "mod.a/prometheus.scrape.a".
  std::string global_id() const { return module_path.empty() ? id : module_path + "/" + id; }
};

// A struct together with its schema: what debug_info() answers.
struct Described {
  const Schema* schema = nullptr;
  std::shared_ptr<const void> value;
};

template <class T>
Described described(T value) {
  return {&schema_of<T>, std::make_shared<const T>(std::move(value))};
}

class Component {
 public:
  explicit Component(Options options) : options_(std::move(options)) {}
  virtual ~Component() = default;
  Component(const Component&) = delete;
  Component& operator=(const Component&) = delete;

  // Works until asked to stop; whoever returns earlier has exited and is started again by the next
  // reload. One that does not override it has nothing to run and costs nothing.
  virtual Task<> run(StopToken stop);

  // What the API shows as debugInfo. From any thread.
  virtual std::optional<Described> debug_info() const { return std::nullopt; }

  // For the runtime: what the API shows of arguments that were applied.
  virtual std::shared_ptr<const void> shown(std::shared_ptr<const void> applied) const = 0;
  // For the runtime: passes a struct of the type that ComponentType::arguments describes.
  virtual Task<Result<>> apply(std::shared_ptr<const void> arguments) = 0;
  // For the runtime: whether run() does anything.
  bool is_running_kind() const { return overrides_run_; }

 protected:
  const Options& options() const { return options_; }
  const Logger& logger() const { return options_.logger; }
  Clock& clock() const { return options_.clock; }

  void report_healthy(std::string message) {
    options_.host.set_health(HealthState::healthy, std::move(message));
  }
  void report_unhealthy(std::string message) {
    options_.host.set_health(HealthState::unhealthy, std::move(message));
  }

 private:
  template <class T>
  friend std::unique_ptr<Component> create(Options options);

  Options options_;
  bool overrides_run_ = false;
};

// For components that export nothing.
struct NoExports {};

template <class Exports>
class Exporting : public Component {
 protected:
  using Component::Component;
  // Publishes new exports; users of equal ones are not bothered.
  void set_exports(Exports exports) {
    options().host.set_exports(std::make_shared<const Exports>(std::move(exports)));
  }
};

template <>
class Exporting<NoExports> : public Component {
 protected:
  using Component::Component;
};

// What components have in common whose arguments are an Arguments.
template <class Arguments, class Exports>
class TakingArguments : public Exporting<Exports> {
 public:
  std::shared_ptr<const void> shown(std::shared_ptr<const void> applied) const final {
    auto arguments = std::make_shared<Arguments>(*static_cast<const Arguments*>(applied.get()));
    fill_in(*arguments);
    return arguments;
  }

 protected:
  using Exporting<Exports>::Exporting;

  // What the component adds to its arguments by itself, and the API is to show: a header that goes
  // with every request. From any thread.
  virtual void fill_in(Arguments&) const {}
};

// The base of nearly every component.
template <class Arguments, class Exports = NoExports>
class ComponentWith : public TakingArguments<Arguments, Exports> {
 public:
  explicit ComponentWith(Options options)
      : TakingArguments<Arguments, Exports>(std::move(options)) {}

  // Takes new arguments, which differ from the last ones. After an error the component goes on with
  // what it had.
  virtual Result<> update(Arguments arguments) = 0;

  Task<Result<>> apply(std::shared_ptr<const void> arguments) final {
    co_return update(*static_cast<const Arguments*>(arguments.get()));
  }
};

// The base of the few whose arguments can only be judged by talking to the network or waiting.
template <class Arguments, class Exports = NoExports>
class AwaitingComponentWith : public TakingArguments<Arguments, Exports> {
 public:
  explicit AwaitingComponentWith(Options options)
      : TakingArguments<Arguments, Exports>(std::move(options)) {}

  virtual Task<Result<>> update(Arguments arguments) = 0;

  Task<Result<>> apply(std::shared_ptr<const void> arguments) final {
    co_return co_await update(*static_cast<const Arguments*>(arguments.get()));
  }
};

// Everything the program knows about a kind of component; one constant in each component's folder:
//   extern const ComponentType local_file = {.name = "local.file", ...};
struct ComponentType {
  std::string_view name;
  std::string_view doc;  // One sentence.
  Stability stability = Stability::generally_available;
  bool is_community = false;
  bool supports_live_debugging = false;  // Can show the data that passes through it.
  const Schema* arguments = nullptr;
  const Schema* exports = nullptr;  // Null: exports nothing.
  std::unique_ptr<Component> (*create)(Options options) = nullptr;
};

// ComponentType::create for the class T.
template <class T>
std::unique_ptr<Component> create(Options options) {
  std::unique_ptr<Component> component = std::make_unique<T>(std::move(options));
  component->overrides_run_ = !std::is_same_v<decltype(&T::run), decltype(&Component::run)>;
  return component;
}

}  // namespace alloy
