#include "components/loki/source_syslog/listener.h"

#include <algorithm>
#include <arpa/inet.h>
#include <map>
#include <netdb.h>
#include <sys/socket.h>

#include "components/loki/source_syslog/splitter.h"
#include "net/stream_server.h"
#include "net/udp_socket.h"

namespace alloy::loki::source_syslog {
namespace {

constexpr size_t read_bytes = 64 << 10;
constexpr int udp_buffer_bytes = 1 << 20;
// How long a datagram waits for receivers that are full; the kernel keeps the next ones meanwhile.
constexpr Duration udp_patience = 5s;
// How long what was read is still handed on when the program ends.
constexpr Duration last_patience = 1s;

// "127.0.0.1:80" -> "127.0.0.1"
std::string ip_of(std::string_view address) {
  address = address.substr(0, address.rfind(':'));
  if (address.starts_with('[')) address = address.substr(1, address.size() - 2);
  constexpr std::string_view mapped = "::ffff:";
  if (address.starts_with(mapped) && address.contains('.')) address.remove_prefix(mapped.size());
  return std::string(address);
}

// The name of a host; empty if nobody knows it. Blocks.
std::string look_up(const std::string& ip) {
  sockaddr_storage storage = {};
  socklen_t size = 0;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (inet_pton(AF_INET, ip.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    size = sizeof *v4;
  } else if (inet_pton(AF_INET6, ip.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    size = sizeof *v6;
  } else {
    return {};
  }
  char name[NI_MAXHOST];
  const int code = getnameinfo(reinterpret_cast<sockaddr*>(&storage), size, name, sizeof name,
                               nullptr, 0, NI_NAMEREQD);
  return code == 0 ? std::string(name) : std::string();
}

Task<Result<>> deliver(std::shared_ptr<Forwarder> forwarder, std::shared_ptr<LogBatchBuilder> batch,
                       Duration patience, StopToken stop) {
  const std::span<const LogEntry> entries = batch->entries();
  Result<> taken = co_await Forwarder::deliver(forwarder, entries, batch, patience, stop);
  if (!taken && stop.stop_requested())
    taken = co_await Forwarder::deliver(forwarder, entries, batch, last_patience, {});
  co_return taken;
}

void note_delivery(EntryMaker& maker, const Result<>& taken, size_t count, const StopToken& stop) {
  if (taken) return maker.metrics().entries.add(static_cast<double>(count));
  maker.metrics().count_dropped(stop.stop_requested() ? "stopped" : "full",
                                static_cast<double>(count));
  maker.logger().error("no receiver takes the entries", {{"err", taken.error()}});
}

class TcpListener final : public Listener, public std::enable_shared_from_this<TcpListener> {
 public:
  TcpListener(EntryMaker::Options options, std::shared_ptr<Forwarder> forwarder, Executor& executor)
      : options_(std::move(options)), forwarder_(std::move(forwarder)), executor_(executor) {}

  Result<> listen() {
    TRY(auto tls, options_.listener.tls_options());
    // Whoever serves a connection runs inside run(), which the listener outlives.
    TRY(server_,
        net::StreamServer::create(
            executor_.any(),
            {.listen_address = options_.listener.address,
             .tls = std::move(tls),
             .on_refused =
                 [logger = options_.logger, metrics = options_.metrics](
                     std::string_view reason, std::string_view remote, std::string_view detail) {
                   metrics->count_refused(reason);
                   logger.warn("connection refused", {{"remote", remote}, {"err", detail}});
                 }},
            [this](std::shared_ptr<net::Transport> transport, StopToken stop) {
              return serve(shared_from_this(), std::move(transport), stop);
            }));
    return {};
  }

  std::string address() const override { return server_->address(); }
  Task<> run(StopToken stop) override { co_await server_->run(stop); }

 private:
  static Task<> serve(std::shared_ptr<TcpListener> self, std::shared_ptr<net::Transport> transport,
                      StopToken stop);
  Splitter::Options splitting() const {
    const ListenerArguments& listener = options_.listener;
    const bool by_nulls = listener.raw && listener.raw->use_null_terminator_delimiter;
    return {.is_raw = listener.format == Format::raw,
            .delimiter = by_nulls ? '\0' : '\n',
            .length_max = static_cast<size_t>(std::max<int64_t>(listener.max_message_length, 0))};
  }

  const EntryMaker::Options options_;
  const std::shared_ptr<Forwarder> forwarder_;
  Executor& executor_;
  std::unique_ptr<net::StreamServer> server_;
};

Task<> TcpListener::serve(std::shared_ptr<TcpListener> self,
                          std::shared_ptr<net::Transport> transport, StopToken stop) {
  EntryMaker maker(self->options_);
  EntryMaker::Sender sender{.ip = ip_of(transport->remote_address())};
  if (maker.wants_hostnames()) {
    sender.hostname =
        co_await run_blocking(self->executor_.blocking(), [ip = sender.ip] { return look_up(ip); });
  }
  Splitter splitter(self->splitting());
  const auto buffer = std::make_unique<char[]>(read_bytes);
  const auto batch = std::make_shared<LogBatchBuilder>();
  bool is_open = true;
  while (is_open && splitter.error().empty()) {
    const auto got =
        co_await transport->read(buffer.get(), read_bytes, self->options_.listener.idle_timeout);
    is_open = got && *got > 0;
    if (is_open) {
      splitter.add({buffer.get(), *got});
    } else {
      splitter.finish();
    }
    batch->clear();
    while (const auto message = splitter.next()) maker.add(*message, sender, *batch);
    if (!splitter.error().empty()) maker.note_error(splitter.error());
    const size_t count = batch->entries().size();
    if (count == 0) continue;
    note_delivery(maker, co_await deliver(self->forwarder_, batch, Duration::max(), stop), count,
                  stop);
  }
}

class UdpListener final : public Listener {
 public:
  UdpListener(EntryMaker::Options options, std::shared_ptr<Forwarder> forwarder, Executor& executor)
      : maker_(std::move(options)), forwarder_(std::move(forwarder)), executor_(executor) {}

  Result<> listen() {
    TRY(socket_,
        net::UdpSocket::open(executor_.any(), maker_.listener().address, udp_buffer_bytes));
    return {};
  }

  std::string address() const override { return socket_->address(); }
  Task<> run(StopToken stop) override;

 private:
  Task<EntryMaker::Sender> sender_of(std::string ip);
  void add(std::string_view datagram, const EntryMaker::Sender& sender, LogBatchBuilder& batch);

  EntryMaker maker_;
  const std::shared_ptr<Forwarder> forwarder_;
  Executor& executor_;
  std::unique_ptr<net::UdpSocket> socket_;
  std::map<std::string, std::string> hostnames_;  // By IP address.
};

Task<EntryMaker::Sender> UdpListener::sender_of(std::string ip) {
  if (!maker_.wants_hostnames()) co_return EntryMaker::Sender{.ip = std::move(ip)};
  auto known = hostnames_.find(ip);
  if (known == hostnames_.end()) {
    const auto size_max =
        static_cast<size_t>(std::max<int64_t>(maker_.listener().udp_host_cache_size, 1));
    if (hostnames_.size() >= size_max) hostnames_.clear();
    std::string name = co_await run_blocking(executor_.blocking(), [ip] { return look_up(ip); });
    known = hostnames_.emplace(ip, std::move(name)).first;
  }
  co_return EntryMaker::Sender{.ip = ip, .hostname = known->second};
}

void UdpListener::add(std::string_view datagram, const EntryMaker::Sender& sender,
                      LogBatchBuilder& batch) {
  const ListenerArguments& listener = maker_.listener();
  const bool by_nulls = listener.raw && listener.raw->use_null_terminator_delimiter;
  Splitter splitter({.is_raw = listener.format == Format::raw,
                     .delimiter = by_nulls ? '\0' : '\n',
                     .length_max = datagram.size()});
  splitter.add(datagram);
  splitter.finish();
  while (const auto message = splitter.next()) maker_.add(*message, sender, batch);
  if (!splitter.error().empty()) maker_.note_error(splitter.error());
}

Task<> UdpListener::run(StopToken stop) {
  const ListenerArguments& listener = maker_.listener();
  const auto size =
      static_cast<size_t>(std::clamp<int64_t>(listener.max_message_length, 1, 64 << 10));
  const auto buffer = std::make_unique<char[]>(size);
  const auto batch = std::make_shared<LogBatchBuilder>();
  while (!stop.stop_requested()) {
    auto datagram = co_await socket_->receive(buffer.get(), size, stop);
    if (!datagram) {
      if (!stop.stop_requested()) co_await sleep_for(100ms, stop);
      continue;
    }
    batch->clear();
    for (int64_t i = 1; !datagram->sender.empty(); ++i) {
      const auto sender = co_await sender_of(datagram->sender);
      add({buffer.get(), datagram->size}, sender, *batch);
      if (i >= listener.udp_queue_size) break;
      datagram = socket_->receive_now(buffer.get(), size);
    }
    const size_t count = batch->entries().size();
    if (count == 0) continue;
    note_delivery(maker_, co_await deliver(forwarder_, batch, udp_patience, stop), count, stop);
  }
}

template <class Kind>
Result<std::shared_ptr<Listener>> open_as(EntryMaker::Options options,
                                          std::shared_ptr<Forwarder> forwarder,
                                          Executor& executor) {
  auto listener = std::make_shared<Kind>(std::move(options), std::move(forwarder), executor);
  TRY(listener->listen());
  return listener;
}

}  // namespace

Result<std::shared_ptr<Listener>> Listener::open(EntryMaker::Options options,
                                                 std::shared_ptr<Forwarder> forwarder,
                                                 Executor& executor) {
  const bool is_tcp = options.listener.protocol == "tcp";
  return (is_tcp ? open_as<TcpListener> : open_as<UdpListener>)(std::move(options),
                                                                std::move(forwarder), executor);
}

}  // namespace alloy::loki::source_syslog
