// prometheus.exporter.memcached exposes the statistics of a memcached server.
#include <charconv>

#include <fmt/format.h>

#include "component/component.h"
#include "components/prometheus/exporter_memcached/statistics.h"
#include "components/prometheus/shared/exporter.h"
#include "components/shared/http_client_arguments.h"
#include "net/client_connection.h"
#include "net/dns.h"

namespace alloy::prometheus::exporter_memcached {
namespace {

constexpr size_t answer_size_max = 4 << 20;
constexpr std::string_view usual_port = "11211";

struct Arguments {
  std::string address = "localhost:11211";
  Duration timeout = 1s;
  std::optional<TlsClientArguments> tls;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        optional<&T::address>("address", "Address of the server, or the path of its socket."),
        optional<&T::timeout>("timeout", "How long the server may take to answer."),
        block<&T::tls>("tls_config", "TLS towards the server."));
  }
  Result<> validate() const { return tls ? tls->validate() : Result<>(); }
};

// What scrapes share.
struct Server {
  Arguments arguments;
  AnyExecutor blocking;
  MetricFamilies build;
  Logger logger;
};

using Connection = std::unique_ptr<net::ClientConnection>;

Task<Result<Connection>> connect(std::shared_ptr<Server> server, SteadyTime deadline,
                                 StopToken stop) {
  const std::string& address = server->arguments.address;
  if (address.starts_with('/')) {
    co_return co_await net::ClientConnection::connect({.unix_socket = address}, deadline,
                                                      std::move(stop));
  }
  const size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  const std::string port_text =
      colon == address.npos ? std::string(usual_port) : address.substr(colon + 1);
  uint16_t port = 0;
  const char* end = port_text.data() + port_text.size();
  if (port_text.empty() || std::from_chars(port_text.data(), end, port).ptr != end)
    co_return fail("unknown port in address " + address, ErrorKind::invalid);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  CO_TRY(const auto addresses, co_await net::lookup_host(server->blocking, host));
  Result<Connection> connection = fail("no address for " + host);
  for (const std::string& ip : addresses) {
    connection =
        co_await net::ClientConnection::connect({.address = ip, .port = port}, deadline, stop);
    if (connection) break;
  }
  if (connection && server->arguments.tls)
    CO_TRY(co_await (*connection)->start_tls(server->arguments.tls->options(), host));
  co_return connection;
}

Task<Result<std::string>> ask(net::ClientConnection* connection, std::string command) {
  CO_TRY(co_await connection->write(command + "\r\n"));
  std::string answer;
  char piece[8192];
  while (!is_whole_answer(answer)) {
    CO_TRY(const size_t got, co_await connection->read(piece, sizeof piece));
    if (got == 0) co_return fail("EOF");
    answer.append(piece, got);
    if (answer.size() > answer_size_max)
      co_return fail("the answer to " + command + " is too long");
  }
  co_return answer;
}

Task<Result<>> read_server(std::shared_ptr<Server> server, MetricFamilies* families,
                           StopToken stop) {
  const SteadyTime deadline = real_clock().steady() + server->arguments.timeout;
  CO_TRY(const Connection connection, co_await connect(server, deadline, std::move(stop)));
  Statistics statistics;
  CO_TRY(statistics.general, co_await ask(connection.get(), "stats"));
  CO_TRY(statistics.slabs, co_await ask(connection.get(), "stats slabs"));
  CO_TRY(statistics.items, co_await ask(connection.get(), "stats items"));
  CO_TRY(statistics.settings, co_await ask(connection.get(), "stats settings"));
  co_return read_statistics(statistics, *families);
}

Task<Result<std::string>> collect(std::shared_ptr<Server> server, StopToken stop) {
  MetricFamilies families = server->build;
  const auto read = co_await read_server(server, &families, std::move(stop));
  if (!read)
    server->logger.error("Failed to collect stats from memcached", {{"err", read.error()}});
  families["memcached_up"] = {.name = "memcached_up",
                              .help = "Could the memcached server be reached.",
                              .type = MetricType::gauge,
                              .samples = {{"memcached_up", {}, read ? 1.0 : 0.0}}};
  co_return write_exposition(families);
}

class Exporter final : public ComponentWith<Arguments, ExporterExports> {
 public:
  using ComponentWith::ComponentWith;
  Result<> update(Arguments arguments) override;

 private:
  MetricsServer server_;
};

Result<> Exporter::update(Arguments arguments) {
  auto server =
      std::make_shared<Server>(Server{.arguments = std::move(arguments),
                                      .blocking = options().executor.blocking(),
                                      .build = build_info(options().services, "memcached_exporter"),
                                      .logger = logger()});
  TRY(auto targets,
      server_.serve_later(options(),
                          {.component_name = "prometheus.exporter.memcached",
                           .job = "integrations/memcached",
                           .instance = server->arguments.address},
                          [server](StopToken stop) { return collect(server, std::move(stop)); }));
  set_exports({.targets = std::move(targets)});
  return {};
}

}  // namespace
}  // namespace alloy::prometheus::exporter_memcached

namespace alloy {

extern const ComponentType prometheus_exporter_memcached;
const ComponentType prometheus_exporter_memcached = {
    .name = "prometheus.exporter.memcached",
    .doc = "Exposes the statistics of a memcached server.",
    .arguments = &schema_of<prometheus::exporter_memcached::Arguments>,
    .exports = &schema_of<prometheus::ExporterExports>,
    .create = create<prometheus::exporter_memcached::Exporter>,
};

}  // namespace alloy
