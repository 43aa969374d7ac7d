// The `remotecfg` block: asks a server for a configuration, runs it in a controller of its own and
// keeps it up to date. What was last loaded is kept on disk, for starts without the server.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "app/remotecfg/client.h"
#include "base/log.h"
#include "components/shared/http_client_arguments.h"
#include "runtime/controller.h"
#include "services/identity.h"

namespace alloy::app::remotecfg {

struct Arguments {
  std::string url;
  std::string id;
  std::string name;
  std::map<std::string, std::string> attributes;
  Duration poll_frequency = 1min;
  HttpClientArguments http;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(optional<&T::url>("url", "The server to ask; without one nothing is asked."),
                  optional<&T::id>("id", "The collector's id; default: that of the installation."),
                  optional<&T::name>("name", "A name for people to read."),
                  optional<&T::attributes>("attributes", "What the server may decide by."),
                  optional<&T::poll_frequency>("poll_frequency", "How often to ask."),
                  inlined<&T::http>());
  }
  Result<void> validate();
};

struct ServiceOptions {
  Executor& executor;
  Logger logger;
  MetricRegistry& metrics;
  runtime::Controller& controller;
  const Identity& identity;
  std::string storage_path;
};

class Service final : public runtime::ConfiguredService {
 public:
  explicit Service(ServiceOptions options);

  std::string_view block_name() const override { return "remotecfg"; }
  const Schema* arguments() const override { return &schema_of<Arguments>; }
  // Registers with the server. Fails if that fails, unless a configuration is kept on disk.
  Task<Result<>> configure(std::shared_ptr<const void> arguments) override;

  // Asks again and again until told to stop, then says goodbye to the server.
  Task<> run(StopToken stop);

 private:
  struct Metrics {
    explicit Metrics(MetricRegistry& registry);

    MetricRegistry& registry;
    std::string hash;  // The label of remotecfg_hash.
    Gauge& successful;
    Gauge& not_modified;
    Gauge& success_time;
    Counter& failures;
    Counter& attempts;
    Histogram& request_seconds;

    void set_hash(const std::string& content);
  };
  // What one configuration of this service talks with.
  struct Connection {
    Connection(Collector c, Client h) : collector(std::move(c)), client(std::move(h)) {}

    Collector collector;
    Client client;
    Duration poll_frequency{};
    std::string cache_path;
    std::string hash;  // As the server calls what it sent last.
    std::optional<StatusReport> sent_status;
    std::string sent_config;
    StatusReport status;
    std::string received;  // SHA-256 of what came last, good or bad.
    bool is_registered = false;
  };

  Result<std::shared_ptr<Connection>> connect(const Arguments& arguments);
  Task<> follow(std::shared_ptr<Connection> connection, StopToken stop);
  Task<> begin(std::shared_ptr<Connection> connection, StopToken stop);
  Task<> poll(std::shared_ptr<Connection> connection, StopToken stop);
  Task<Result<ConfigAnswer>> ask(std::shared_ptr<Connection> connection, StopToken stop);
  Task<> use_answer(std::shared_ptr<Connection> connection, ConfigAnswer answer);
  void confirm(Connection& connection);
  Task<> restore(std::shared_ptr<Connection> connection);
  Task<> register_again(std::shared_ptr<Connection> connection, StopToken stop);
  Task<> use_cache(std::shared_ptr<Connection> connection);
  Task<Result<>> load(std::string content);
  std::shared_ptr<Connection> current();

  ServiceOptions options_;
  Metrics metrics_;
  Event changed_;
  // The content that runs, and whether there is any. Only while polling.
  std::string loaded_;
  bool is_loaded_ = false;
  std::mutex mutex_;  // Guards everything below.
  std::shared_ptr<Connection> connection_;
};

}  // namespace alloy::app::remotecfg
