// The owner of everything that a configuration describes: loads it, runs its components and their
// modules, keeps them up to date, and tells what is going on. The program has one; remote
// configurations and tests have more.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/stability.h"
#include "base/task.h"
#include "component/component.h"
#include "component/directory.h"
#include "runtime/config_source.h"
#include "syntax/diagnostics.h"

namespace alloy::runtime {

// A service with a block of its own in the configuration (`http { ... }`).
class ConfiguredService {
 public:
  virtual ~ConfiguredService() = default;
  // The name of its block.
  virtual std::string_view block_name() const = 0;
  virtual Stability stability() const { return Stability::generally_available; }
  // What the block takes; null: the service does not support being configured.
  virtual const Schema* arguments() const = 0;
  // Applies new arguments, which differ from the last ones. Without a block it gets the defaults
  // (first load: always called once).
  virtual Task<Result<>> configure(std::shared_ptr<const void> arguments) = 0;
};

struct ControllerOptions {
  std::string id;  // "" for the root, "remotecfg" for the remote configuration.
  std::span<const ComponentType* const> components;
  Executor& executor;
  Clock& clock = real_clock();
  std::shared_ptr<LogSink> log_sink;  // The `logging` block configures it.
  const Services& services;           // What components may ask for.
  std::vector<ConfiguredService*> configured_services;
  std::string storage_path = "data-alloy/";
  Stability stability_min = Stability::generally_available;
  bool community_enabled = false;
  std::string cluster_name;  // A label of alloy_config_hash.
  Duration shutdown_deadline = 10min;
  // How load_path() reads; on a thread that may block.
  std::function<Result<ConfigSource>(const std::string& path)> read = read_config;
};

// Why a load failed.
struct LoadFailure {
  enum class Stage : unsigned char {
    reading,     // The files could not be read: nothing has changed.
    parsing,     // Syntax errors: nothing has changed.
    structure,   // Unknown names, cycles, duplicates, ...: nothing has changed.
    evaluation,  // The new configuration is in force (except at the first load, where nothing runs
                 // after a failure), but some of its components have errors.
  };
  Stage stage = Stage::reading;
  std::string message;              // Of reading: the reason. Else the summary of the diagnostics.
  syntax::Diagnostics diagnostics;  // Empty for reading.
  std::vector<syntax::SourcePointer> sources;  // For rendering the diagnostics.
};

using LoadResult = std::expected<void, LoadFailure>;

class Controller final : public ComponentDirectory {
 public:
  static std::unique_ptr<Controller> create(ControllerOptions options);
  // Asserts that shutdown() has returned, if anything was ever loaded.
  ~Controller() override;

  // Reads the path and applies what it says; the same path again is a reload. Loads wait for each
  // other. When the first load succeeds, or on any later one that gets as far as evaluation, the
  // components run.
  Task<LoadResult> load_path(std::string path);
  Task<LoadResult> load(ConfigSource source);

  // From now on loads fail, those too that wait for their turn: the end must not wait for them.
  void refuse_loads();

  // Stops everything: whoever makes telemetry first, whoever sends it last. Returns when all tasks
  // have, or after the deadline of the options. Later loads fail.
  Task<> shutdown();

  // ComponentDirectory, for this controller and all modules below. From any thread.
  Result<std::vector<ComponentInfo>> list_components(std::string_view module_id) const override;
  std::optional<ComponentInfo> find_component(std::string_view global_id) const override;
  bool has_component(std::string_view global_id) const override;

  // Adds the metrics of the controllers and of all components. From any thread.
  void collect_metrics(MetricSink& out) const;
  // The texts that are in force.
  std::vector<syntax::SourcePointer> sources() const;

 private:
  struct State;
  explicit Controller(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace alloy::runtime
