#include "components/prometheus/exporter_statsd/listeners.h"

#include <cerrno>
#include <charconv>
#include <deque>
#include <filesystem>
#include <sys/stat.h>

#include <boost/asio/local/datagram_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <fmt/format.h>

#include "base/text.h"
#include "net/stream_server.h"
#include "net/system_error.h"
#include "net/udp_socket.h"

namespace alloy::prometheus::exporter_statsd {
namespace {

namespace asio = boost::asio;
using asio::local::datagram_protocol;
using boost::system::error_code;

constexpr size_t packet_size_max = 65'535;
constexpr size_t packets_max = 1000;
constexpr size_t line_size_max = 4096;
constexpr int udp_buffer_bytes = 1 << 20;
constexpr Duration pause_after_error = 100ms;

class UdpListener final : public Listener {
 public:
  UdpListener(Executor& executor, std::unique_ptr<net::UdpSocket> socket, const Intake& intake)
      : executor_(executor), socket_(std::move(socket)), intake_(intake) {}

  Task<> run(StopToken stop) override {
    TaskGroup group(executor_.any());
    group.spawn(receive(this, stop));
    group.spawn(process(this, stop));
    co_await group.join();
  }

 private:
  static Task<> receive(UdpListener* self, StopToken stop);
  static Task<> process(UdpListener* self, StopToken stop);

  Executor& executor_;
  std::unique_ptr<net::UdpSocket> socket_;
  const Intake& intake_;
  alloy::Event arrived_;
  std::mutex mutex_;  // Guards everything below.
  std::deque<std::string> packets_;
};

Task<> UdpListener::receive(UdpListener* self, StopToken stop) {
  const auto buffer = std::make_unique<char[]>(packet_size_max);
  while (!stop.stop_requested()) {
    const auto datagram = co_await self->socket_->receive(buffer.get(), packet_size_max, stop);
    if (!datagram) {
      if (!stop.stop_requested()) co_await sleep_for(pause_after_error, stop);
      continue;
    }
    self->intake_.counters.udp_packets.add();
    {
      const std::lock_guard lock(self->mutex_);
      if (self->packets_.size() >= packets_max) {
        self->intake_.counters.udp_drops.add();
        continue;
      }
      self->packets_.emplace_back(buffer.get(), datagram->size);
    }
    self->arrived_.notify();
  }
}

Task<> UdpListener::process(UdpListener* self, StopToken stop) {
  while (co_await self->arrived_.wait(stop) != Wake::stopped) {
    while (true) {
      std::string packet;
      {
        const std::lock_guard lock(self->mutex_);
        if (self->packets_.empty()) break;
        packet = std::move(self->packets_.front());
        self->packets_.pop_front();
      }
      co_await self->intake_.queue.add(self->intake_.take_packet(packet), stop);
    }
  }
}

class TcpListener final : public Listener {
 public:
  explicit TcpListener(const Intake& intake) : intake_(intake) {}

  Result<> open(Executor& executor, const std::string& address) {
    TRY(server_, net::StreamServer::create(
                     executor.any(), {.listen_address = address},
                     [this](std::shared_ptr<net::Transport> transport, StopToken stop) {
                       return serve(this, std::move(transport), std::move(stop));
                     }));
    return {};
  }
  Task<> run(StopToken stop) override { co_await server_->run(stop); }

 private:
  static Task<> serve(TcpListener* self, std::shared_ptr<net::Transport> transport, StopToken stop);
  // Takes the whole lines out of `buffer`; false if one is too long.
  bool take_lines(std::string& buffer, bool is_end, Events& out);

  const Intake& intake_;
  std::unique_ptr<net::StreamServer> server_;
};

bool TcpListener::take_lines(std::string& buffer, bool is_end, Events& out) {
  size_t at = 0;
  while (true) {
    const size_t end = buffer.find('\n', at);
    const size_t size = (end == buffer.npos ? buffer.size() : end) - at;
    if (size > line_size_max) {
      intake_.counters.tcp_long_lines.add();
      return false;
    }
    if (end == buffer.npos && (!is_end || size == 0)) break;
    std::string_view line(buffer.data() + at, size);
    if (line.ends_with('\r')) line.remove_suffix(1);
    intake_.take(line, out);
    at += size + 1;
    if (end == buffer.npos) break;
  }
  buffer.erase(0, at);
  return true;
}

Task<> TcpListener::serve(TcpListener* self, std::shared_ptr<net::Transport> transport,
                          StopToken stop) {
  self->intake_.counters.tcp_connections.add();
  const auto piece = std::make_unique<char[]>(packet_size_max);
  std::string buffer;
  bool goes_on = true;
  while (goes_on) {
    const auto got = co_await transport->read(piece.get(), packet_size_max, Duration::zero());
    if (!got && !stop.stop_requested()) self->intake_.counters.tcp_errors.add();
    const bool is_end = !got || *got == 0;
    if (!is_end) buffer.append(piece.get(), *got);
    Events events;
    goes_on = self->take_lines(buffer, is_end, events) && !is_end;
    co_await self->intake_.queue.add(std::move(events), stop);
  }
}

class UnixgramListener final : public Listener {
 public:
  UnixgramListener(Executor& executor, const Intake& intake)
      : strand_(executor.strand()),
        socket_(std::make_shared<datagram_protocol::socket>(strand_)),
        intake_(intake) {}
  ~UnixgramListener() override {
    error_code ignored;
    socket_->close(ignored);
    if (is_file_) std::filesystem::remove(path_, ignored);
  }

  Result<> open(const std::string& path, const std::string& mode, int buffer_bytes,
                const Logger& logger);
  Task<> run(StopToken stop) override {
    TaskGroup group(strand_, TaskGroup::Strands::shared);
    group.spawn(receive(this, stop));
    co_await group.join();
  }

 private:
  static Task<> receive(UnixgramListener* self, StopToken stop);

  AnyExecutor strand_;
  std::shared_ptr<datagram_protocol::socket> socket_;
  const Intake& intake_;
  std::string path_;
  bool is_file_ = false;
};

Result<> UnixgramListener::open(const std::string& path, const std::string& mode, int buffer_bytes,
                                const Logger& logger) {
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return fail("failed to listen on unixgram socket: listen unixgram " + path +
                ": bind: invalid argument");
  error_code error;
  const bool is_abstract = path.starts_with('@');
  if (!is_abstract && std::filesystem::exists(path, error))
    return fail(fmt::format("unixgram socket {} already exists", path));
  // "@name" is one of the sockets that no file stands for.
  const std::string name = is_abstract ? std::string(1, '\0') + path.substr(1) : path;
  socket_->open(datagram_protocol(), error);
  if (!error) socket_->bind(datagram_protocol::endpoint(name), error);
  if (error)
    return fail(fmt::format("failed to listen on unixgram socket: listen unixgram {}: bind: {}",
                            path, net::errno_text(error.value())));
  if (buffer_bytes > 0)
    socket_->set_option(asio::socket_base::receive_buffer_size(buffer_bytes), error);
  path_ = path;
  is_file_ = !is_abstract;
  if (!is_file_) return {};
  unsigned bits = 0;
  const char* end = mode.data() + mode.size();
  if (mode.empty() || std::from_chars(mode.data(), end, bits, 8).ptr != end) {
    logger.warn("bad permission on unixgram socket, ignoring",
                {{"permission", mode}, {"socket", path}});
  } else if (::chmod(path.c_str(), bits) != 0) {
    logger.warn("failed to change unixgram socket permission",
                {{"socket", path}, {"err", net::errno_text(errno)}});
  }
  return {};
}

Task<> UnixgramListener::receive(UnixgramListener* self, StopToken stop) {
  std::stop_callback on_stop(stop, [strand = self->strand_, socket = self->socket_] {
    asio::post(strand, [socket] {
      error_code ignored;
      socket->cancel(ignored);
    });
  });
  const auto buffer = std::make_unique<char[]>(packet_size_max);
  while (!stop.stop_requested()) {
    error_code error;
    const size_t size =
        co_await self->socket_->async_receive(asio::buffer(buffer.get(), packet_size_max),
                                              asio::redirect_error(asio::use_awaitable, error));
    if (error) {
      if (!stop.stop_requested()) co_await sleep_for(pause_after_error, stop);
      continue;
    }
    self->intake_.counters.unixgram_packets.add();
    co_await self->intake_.queue.add(self->intake_.take_packet({buffer.get(), size}), stop);
  }
}

}  // namespace

void Intake::take(std::string_view line, Events& out) const {
  counters.lines.add();
  if (relay != nullptr) relay->add(line);
  parse_line(line, styles, counters, out);
}

Events Intake::take_packet(std::string_view packet) const {
  Events events;
  for (const std::string_view line : split(packet, '\n')) take(line, events);
  return events;
}

Result<std::unique_ptr<Listener>> listen_udp(Executor& executor, const std::string& address,
                                             int buffer_bytes, const Intake& intake) {
  auto socket = net::UdpSocket::open(executor.any(), address,
                                     buffer_bytes > 0 ? buffer_bytes : udp_buffer_bytes);
  if (!socket) return fail("failed to start UDP listener: " + socket.error().message());
  return std::make_unique<UdpListener>(executor, *std::move(socket), intake);
}

Result<std::unique_ptr<Listener>> listen_tcp(Executor& executor, const std::string& address,
                                             const Intake& intake) {
  auto listener = std::make_unique<TcpListener>(intake);
  if (auto opened = listener->open(executor, address); !opened)
    return fail("failed to start TCP listener: " + opened.error().message());
  return listener;
}

Result<std::unique_ptr<Listener>> listen_unixgram(Executor& executor, const std::string& path,
                                                  const std::string& mode, int buffer_bytes,
                                                  const Intake& intake, const Logger& logger) {
  auto listener = std::make_unique<UnixgramListener>(executor, intake);
  TRY(listener->open(path, mode, buffer_bytes, logger));
  return listener;
}

}  // namespace alloy::prometheus::exporter_statsd
