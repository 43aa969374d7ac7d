#include "app/remotecfg/service.h"

#include <fcntl.h>
#include <filesystem>
#include <random>
#include <unistd.h>

#include <fmt/format.h>

#include "base/file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "schema/json.h"

namespace alloy::app::remotecfg {
namespace {

constexpr Duration poll_frequency_min = 10s;
constexpr int64_t jitter_milliseconds = 100;

// FNV-1, 32 bits, as eight digits: what the real program calls contents and cache files by.
std::string short_hash(std::string_view bytes) {
  uint32_t hash = 0x811c9dc5;
  for (const char byte : bytes) {
    hash *= 0x01000193;
    hash ^= static_cast<unsigned char>(byte);
  }
  return fmt::format("{:08x}", hash);
}

// Replaces the file in one step.
Result<> write_cache(const std::string& path, std::string_view content) {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  const std::string draft = path + ".tmp";
  const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0750);
  if (file < 0) return std::unexpected(Error::from_errno("open " + draft));
  const bool is_whole =
      ::write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size());
  if (::close(file) != 0 || !is_whole) return std::unexpected(Error::from_errno("write " + draft));
  if (::rename(draft.c_str(), path.c_str()) != 0)
    return std::unexpected(Error::from_errno("rename " + draft));
  return {};
}

Duration with_jitter(Duration duration) {
  thread_local std::minstd_rand random{std::random_device()()};
  std::uniform_int_distribution<int64_t> distance(-jitter_milliseconds, jitter_milliseconds);
  return duration + std::chrono::milliseconds(distance(random));
}

}  // namespace

Result<void> Arguments::validate() {
  if (poll_frequency < poll_frequency_min)
    return fail(fmt::format("poll_frequency must be at least {}, got {}",
                            quote(format_duration(poll_frequency_min)),
                            quote(format_duration(poll_frequency))),
                ErrorKind::invalid);
  for (const auto& [key, value] : attributes)
    if (key == "collector" || key.starts_with("collector."))
      return fail("\"collector\" is a reserved namespace for remotecfg attribute keys",
                  ErrorKind::invalid);
  return http.validate();
}

Service::Metrics::Metrics(MetricRegistry& r)
    : registry(r),
      successful(r.gauge("remotecfg_last_load_successful", "Whether the last load succeeded.")),
      not_modified(r.gauge("remotecfg_last_load_not_modified",
                           "Whether the server had nothing new at the last load.")),
      success_time(
          r.gauge("remotecfg_last_load_success_timestamp_seconds", "When a load last succeeded.")),
      failures(r.counter("remotecfg_load_failures_total", "Configurations that did not come.")),
      attempts(r.counter("remotecfg_load_attempts_total", "Configurations that were asked for.")),
      request_seconds(r.histogram("remotecfg_request_duration_seconds",
                                  "How long the server takes.", default_buckets())) {}

void Service::Metrics::set_hash(const std::string& content) {
  constexpr std::string_view name = "remotecfg_hash";
  if (!hash.empty()) registry.remove(name, {{"hash", hash}});
  hash = short_hash(content);
  registry.gauge(name, "The configuration that was last loaded.", {{"hash", hash}}).set(1);
}

Service::Service(ServiceOptions options)
    : options_(std::move(options)), metrics_(options_.metrics) {}

Result<std::shared_ptr<Service::Connection>> Service::connect(const Arguments& arguments) {
  Collector collector{.id = arguments.id.empty() ? options_.identity.uid : arguments.id,
                      .name = arguments.name,
                      .attributes = arguments.attributes};
  collector.attributes["collector.os"] = "linux";
  collector.attributes["collector.version"] = options_.identity.version;
  TRY(auto http, net::HttpClient::create(options_.executor.any(),
                                         arguments.http.options(options_.identity.user_agent)));
  auto connection = std::make_shared<Connection>(
      std::move(collector), Client(std::move(http), arguments.url, metrics_.request_seconds));
  connection->poll_frequency = arguments.poll_frequency;
  // Other arguments may mean another configuration: they never share a file.
  TRY(const auto key, body_json(arguments));
  const std::filesystem::path storage = options_.storage_path;
  connection->cache_path = storage / "remotecfg" / short_hash(arguments.id + key);
  return connection;
}

Task<Result<>> Service::configure(std::shared_ptr<const void> given) {
  const auto& arguments = *static_cast<const Arguments*>(given.get());
  std::shared_ptr<Connection> connection;
  if (!arguments.url.empty()) {
    CO_TRY(connection, connect(arguments));
    const auto registered =
        co_await connection->client.register_collector(connection->collector, StopToken());
    std::error_code ignored;
    if (!registered && !std::filesystem::exists(connection->cache_path, ignored))
      co_return std::unexpected(registered.error());
    if (!registered)
      options_.logger.error("failed to register the collector, using the cached configuration",
                            {{"err", registered.error()}});
    connection->is_registered = registered.has_value();
  }
  {
    std::lock_guard lock(mutex_);
    connection_ = std::move(connection);
  }
  changed_.notify();
  co_return Result<>();
}

std::shared_ptr<Service::Connection> Service::current() {
  std::lock_guard lock(mutex_);
  return connection_;
}

Task<> Service::run(StopToken stop) {
  while (!stop.stop_requested()) {
    if (auto connection = current()) {
      co_await follow(connection, stop);
      if (stop.stop_requested())
        (void)co_await connection->client.unregister_collector(connection->collector, StopToken());
    } else {
      co_await changed_.wait(stop);
    }
  }
}

// Talks with the server until there are new arguments.
Task<> Service::follow(std::shared_ptr<Connection> connection, StopToken stop) {
  if (connection != current()) co_return;
  co_await begin(connection, stop);
  while (connection == current() && !stop.stop_requested()) {
    if (co_await changed_.wait(stop, with_jitter(connection->poll_frequency)) == Wake::elapsed)
      co_await poll(connection, stop);
  }
}

Task<> Service::begin(std::shared_ptr<Connection> connection, StopToken stop) {
  metrics_.attempts.add();
  auto answer = co_await ask(connection, stop);
  if (stop.stop_requested()) co_return;
  if (answer) {
    co_await use_answer(connection, *std::move(answer));
  } else {
    metrics_.failures.add();
    metrics_.successful.set(0);
    connection->status = {Status::failed, answer.error().message()};
    options_.logger.error("failed to fetch remote configuration, using the cached one",
                          {{"err", answer.error()}});
    co_await use_cache(connection);
  }
  // Tells the server how it went.
  (void)co_await ask(connection, stop);
  co_await register_again(connection, stop);
}

Task<> Service::register_again(std::shared_ptr<Connection> connection, StopToken stop) {
  const auto registered =
      co_await connection->client.register_collector(connection->collector, stop);
  if (registered) connection->is_registered = true;
}

Task<> Service::poll(std::shared_ptr<Connection> connection, StopToken stop) {
  // The server may have been down when the program began.
  if (!connection->is_registered) co_await register_again(connection, stop);
  metrics_.attempts.add();
  auto answer = co_await ask(connection, stop);
  if (stop.stop_requested()) co_return;
  if (!answer) {
    metrics_.failures.add();
    metrics_.successful.set(0);
    connection->status = {Status::failed, answer.error().message()};
    options_.logger.error("failed to fetch remote configuration", {{"err", answer.error()}});
    co_return;
  }
  co_await use_answer(connection, *std::move(answer));
  (void)co_await ask(connection, stop);
}

// One call; status and configuration go along only if they are news to the server.
Task<Result<ConfigAnswer>> Service::ask(std::shared_ptr<Connection> c, StopToken stop) {
  ConfigRequest request{.hash = c->hash};
  if (c->sent_status != c->status) request.status = c->status;
  if (c->sent_config != loaded_) request.effective_config = loaded_;
  auto answer = co_await c->client.get_config(c->collector, std::move(request), stop);
  if (!answer) {
    c->sent_status.reset();
    c->sent_config.clear();
    co_return answer;
  }
  c->sent_status = c->status;
  c->sent_config = loaded_;
  if (!answer->hash.empty()) c->hash = answer->hash;
  co_return answer;
}

Task<> Service::use_answer(std::shared_ptr<Connection> connection, ConfigAnswer answer) {
  metrics_.not_modified.set(answer.not_modified ? 1 : 0);
  if (answer.not_modified) co_return confirm(*connection);
  const auto now = std::chrono::duration<double>(real_clock().wall().time_since_epoch());
  metrics_.success_time.set(now.count());
  std::string received = sha256_hex(answer.content);
  const bool is_old = connection->received == received;
  connection->received = std::move(received);
  if (is_old || (is_loaded_ && answer.content == loaded_)) co_return confirm(*connection);
  options_.logger.info("attempting to parse and load new remote configuration",
                       {{"config_hash", short_hash(answer.content)}});
  if (const auto loaded = co_await load(answer.content); !loaded) {
    metrics_.successful.set(0);
    connection->status = {Status::failed, loaded.error().message()};
    options_.logger.error("failed to parse and load new remote configuration",
                          {{"err", loaded.error()}});
    co_await restore(connection);
    co_return;
  }
  metrics_.successful.set(1);
  connection->status = {Status::applied, ""};
  options_.logger.info(
      "successfully loaded remote configuration",
      {{"config_hash", short_hash(answer.content)}, {"config_size", answer.content.size()}});
  if (answer.content.empty()) co_return;
  if (const auto kept = write_cache(connection->cache_path, answer.content); !kept)
    options_.logger.error("failed to keep the remote configuration", {{"err", kept.error()}});
}

// There is nothing new. A server that goes on to offer what could not be loaded is not told that it
// was applied.
void Service::confirm(Connection& connection) {
  if (!is_loaded_ || connection.received != sha256_hex(loaded_)) return;
  connection.status = {Status::applied, ""};
  metrics_.successful.set(1);
}

// What was in force before may have been replaced in part.
Task<> Service::restore(std::shared_ptr<Connection> connection) {
  if (!is_loaded_) {
    co_await use_cache(connection);
  } else if (const auto loaded = co_await load(loaded_); loaded) {
    options_.logger.info("successfully restored cached configuration");
    metrics_.successful.set(1);
  } else {
    options_.logger.error("failed to reload cached configuration", {{"err", loaded.error()}});
  }
}

Task<> Service::use_cache(std::shared_ptr<Connection> connection) {
  const auto content = read_file(connection->cache_path);
  if (!content) {
    if (content.error().kind() != ErrorKind::not_found)
      options_.logger.error("failed to read the cached configuration", {{"err", content.error()}});
    co_return;
  }
  if (const auto loaded = co_await load(*content); !loaded) {
    options_.logger.error("failed to load from cache",
                          {{"cache_path", connection->cache_path}, {"err", loaded.error()}});
    co_return;
  }
  options_.logger.info("successfully loaded configuration from cache",
                       {{"config_hash", short_hash(*content)},
                        {"config_size", content->size()},
                        {"cache_path", connection->cache_path}});
}

Task<Result<>> Service::load(std::string content) {
  // If nothing was ever loaded, there is nothing to take away either.
  if (!content.empty() || !loaded_.empty()) {
    auto loaded = co_await options_.controller.load(runtime::config_from_text("", content));
    if (!loaded) co_return fail(loaded.error().diagnostics.to_string(), ErrorKind::invalid);
  }
  metrics_.set_hash(content);
  is_loaded_ = true;
  loaded_ = std::move(content);
  co_return Result<>();
}

}  // namespace alloy::app::remotecfg
