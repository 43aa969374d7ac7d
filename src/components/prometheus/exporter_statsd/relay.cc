#include "components/prometheus/exporter_statsd/relay.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/udp.hpp>

#include "net/dns.h"
#include "net/system_error.h"

namespace alloy::prometheus::exporter_statsd {
namespace {

constexpr Duration interval = 1s;

}  // namespace

Relay::Relay(std::string address, size_t packet_size_max, MetricRegistry& metrics, Logger logger)
    : address_(std::move(address)),
      packet_size_max_(packet_size_max),
      logger_(std::move(logger)),
      packets_(metrics.counter("statsd_exporter_relay_packets_total",
                               "The number of StatsD packets relayed.", {{"target", address_}})),
      long_lines_(metrics.counter("statsd_exporter_relay_long_lines_total",
                                  "The number lines that were too long to relay.",
                                  {{"target", address_}})),
      lines_(metrics.counter("statsd_exporter_relay_lines_relayed_total",
                             "The number of lines that were buffered to be relayed.",
                             {{"target", address_}})),
      failures_(metrics.counter("statsd_exporter_relay_failed_packets_total",
                                "The number of StatsD packets that could not be relayed.",
                                {{"target", address_}})) {}

Relay::~Relay() {
  if (socket_ >= 0) ::close(socket_);
}

Task<Result<std::unique_ptr<Relay>>> Relay::create(std::string address, size_t packet_size_max,
                                                   AnyExecutor blocking, MetricRegistry& metrics,
                                                   Logger logger) {
  const auto problem = [&](std::string_view why) {
    return fail("failed to create relay: unable to resolve target " + address +
                ", err: " + std::string(why));
  };
  const size_t colon = address.rfind(':');
  uint16_t port = 0;
  const char* end = address.data() + address.size();
  if (colon == address.npos || std::from_chars(address.data() + colon + 1, end, port).ptr != end)
    co_return problem("missing port in address");
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) host = "127.0.0.1";
  const auto found = co_await net::lookup_host(std::move(blocking), host);
  if (!found) co_return problem(found.error().message());
  boost::system::error_code error;
  const boost::asio::ip::udp::endpoint endpoint(
      boost::asio::ip::make_address(found->front(), error), port);
  if (error) co_return problem(error.message());
  std::unique_ptr<Relay> relay(
      new Relay(std::move(address), packet_size_max, metrics, std::move(logger)));
  relay->socket_ =
      ::socket(endpoint.protocol().family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (relay->socket_ < 0 ||
      ::connect(relay->socket_, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0)
    co_return fail("failed to create relay: " + net::errno_text(errno));
  co_return relay;
}

void Relay::send_packet() {
  if (packet_.empty()) return;
  if (::send(socket_, packet_.data(), packet_.size(), MSG_NOSIGNAL) < 0) {
    failures_.add();
    logger_.warn("a packet could not be relayed", {{"err", net::errno_text(errno)}});
  } else {
    packets_.add();
  }
  packet_.clear();
}

void Relay::add(std::string_view line) {
  if (line.empty()) return;
  if (line.size() + 1 > packet_size_max_) {
    long_lines_.add();
    logger_.warn("line too long, not relaying",
                 {{"length", line.size()}, {"max", packet_size_max_}});
    return;
  }
  lines_.add();
  const std::lock_guard lock(mutex_);
  if (packet_.size() + line.size() + 1 > packet_size_max_) send_packet();
  const bool is_first = packet_.empty();
  packet_ += line;
  packet_ += '\n';
  if (is_first) changed_.notify();
}

Task<> Relay::run(StopToken stop) {
  while (co_await changed_.wait(stop) != Wake::stopped) {
    co_await sleep_for(interval, stop);
    const std::lock_guard lock(mutex_);
    send_packet();
  }
  const std::lock_guard lock(mutex_);
  send_packet();
}

}  // namespace alloy::prometheus::exporter_statsd
