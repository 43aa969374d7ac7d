// The icmp prober: an echo request, and the time until its reply. Without privileges it uses the
// kernel's ping sockets; with them, raw ones.
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <random>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include "components/prometheus/exporter_blackbox/probe.h"
#include "net/system_error.h"

namespace alloy::prometheus::exporter_blackbox {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::string_view usual_payload = "Prometheus Blackbox Exporter";
constexpr size_t head_size = 8;

// Shared by all probes, so that no two in flight look alike.
std::atomic<uint16_t> last_sequence = static_cast<uint16_t>(std::random_device{}());

std::unexpected<Error> errno_error(std::string_view what) {
  return fail(std::string(what) + ": " + net::errno_text(errno));
}

// RFC 1071. The kernel fills it in for IPv6 and for ping sockets.
uint16_t checksum(std::string_view data) {
  uint32_t sum = 0;
  for (size_t i = 0; i < data.size(); i += 2) {
    const auto high = static_cast<unsigned char>(data[i]);
    const auto low = i + 1 < data.size() ? static_cast<unsigned char>(data[i + 1]) : 0;
    sum += static_cast<uint32_t>(high << 8 | low);
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

void put_u16(std::string& out, size_t at, uint16_t value) {
  out[at] = static_cast<char>(value >> 8);
  out[at + 1] = static_cast<char>(value & 0xff);
}

class Echo {
 public:
  Echo(const IcmpModule& icmp, asio::ip::address to) : icmp_(icmp), to_(std::move(to)) {
    const auto size = static_cast<size_t>(icmp.payload_size);
    payload_ = usual_payload.substr(0, size == 0 ? usual_payload.size() : size);
    if (size > payload_.size()) payload_.resize(size, '\0');
    id_ = static_cast<uint16_t>(std::random_device{}());
    sequence_ = ++last_sequence;
  }
  ~Echo() {
    if (socket_ >= 0) ::close(socket_);
  }
  Echo(const Echo&) = delete;
  Echo& operator=(const Echo&) = delete;

  Result<> open();
  Result<> send();
  // A packet that has come: the hop limit it came with if it is our reply, -1 if that is unknown.
  Result<std::optional<int>> receive();
  int socket() const { return socket_; }

 private:
  bool is_v6() const { return to_.is_v6(); }
  std::string request() const;
  bool is_reply(std::string_view packet) const;
  Result<> configure();
  std::pair<sockaddr_storage, socklen_t> endpoint(const asio::ip::address& address) const;

  const IcmpModule& icmp_;
  const asio::ip::address to_;
  std::string payload_;
  uint16_t id_ = 0;
  uint16_t sequence_ = 0;
  int socket_ = -1;
  bool is_raw_ = false;
};

std::pair<sockaddr_storage, socklen_t> Echo::endpoint(const asio::ip::address& address) const {
  sockaddr_storage storage{};
  if (address.is_v6()) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_scope_id = static_cast<uint32_t>(address.to_v6().scope_id());
    const auto bytes = address.to_v6().to_bytes();
    std::memcpy(&v6.sin6_addr, bytes.data(), bytes.size());
    return {storage, sizeof v6};
  }
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(address.to_v4().to_uint());
  return {storage, sizeof v4};
}

Result<> Echo::open() {
  const int family = is_v6() ? AF_INET6 : AF_INET;
  const int protocol = is_v6() ? int{IPPROTO_ICMPV6} : int{IPPROTO_ICMP};
  constexpr int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
  // Only raw sockets may set the header's flags.
  const bool needs_raw = icmp_.dont_fragment && !is_v6();
  if (!needs_raw) socket_ = ::socket(family, SOCK_DGRAM | flags, protocol);
  if (socket_ < 0) {
    is_raw_ = true;
    socket_ = ::socket(family, SOCK_RAW | flags, protocol);
  }
  if (socket_ < 0) return errno_error("listen icmp: socket");
  return configure();
}

Result<> Echo::configure() {
  const int on = 1;
  const int ttl = static_cast<int>(icmp_.ttl);
  const int level = is_v6() ? int{IPPROTO_IPV6} : int{IPPROTO_IP};
  ::setsockopt(socket_, level, is_v6() ? IPV6_RECVHOPLIMIT : IP_RECVTTL, &on, sizeof on);
  if (ttl > 0) ::setsockopt(socket_, level, is_v6() ? IPV6_UNICAST_HOPS : IP_TTL, &ttl, sizeof ttl);
  if (icmp_.dont_fragment && !is_v6()) {
    const int discover = IP_PMTUDISC_DO;
    if (::setsockopt(socket_, IPPROTO_IP, IP_MTU_DISCOVER, &discover, sizeof discover) != 0)
      return errno_error("setsockopt");
  }
  if (icmp_.source_ip_address.empty()) return {};
  error_code error;
  const auto source = asio::ip::make_address(icmp_.source_ip_address, error);
  if (error)
    return fail("error parsing source ip address: " + icmp_.source_ip_address, ErrorKind::invalid);
  const auto [from, size] = endpoint(source);
  if (::bind(socket_, reinterpret_cast<const sockaddr*>(&from), size) != 0)
    return errno_error("bind");
  return {};
}

std::string Echo::request() const {
  std::string packet(head_size, '\0');
  packet[0] = static_cast<char>(is_v6() ? ICMP6_ECHO_REQUEST : ICMP_ECHO);
  put_u16(packet, 4, id_);
  put_u16(packet, 6, sequence_);
  packet += payload_;
  if (!is_v6()) put_u16(packet, 2, checksum(packet));
  return packet;
}

Result<> Echo::send() {
  const std::string packet = request();
  const auto [to, size] = endpoint(to_);
  if (::sendto(socket_, packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&to),
               size) < 0)
    return errno_error("write icmp");
  return {};
}

bool Echo::is_reply(std::string_view packet) const {
  // Raw IPv4 sockets give the IP header too.
  if (is_raw_ && !is_v6()) {
    const size_t header =
        packet.empty() ? 0 : size_t{4} * (static_cast<unsigned char>(packet[0]) & 0xf);
    if (header > packet.size()) return false;
    packet.remove_prefix(header);
  }
  std::string expected = request();
  if (packet.size() != expected.size()) return false;
  expected[0] = static_cast<char>(is_v6() ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY);
  const bool same_id = !is_raw_ || packet.substr(4, 2) == expected.substr(4, 2);
  return packet[0] == expected[0] && packet[1] == expected[1] && same_id &&
         packet.substr(6) == std::string_view(expected).substr(6);
}

Result<std::optional<int>> Echo::receive() {
  std::string packet(64 << 10, '\0');
  std::array<char, 256> control{};
  sockaddr_storage from{};
  iovec piece{.iov_base = packet.data(), .iov_len = packet.size()};
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = ::recvmsg(socket_, &message, 0);
  if (size < 0) {
    if (errno == EAGAIN || errno == EINTR) return std::nullopt;
    return errno_error("read icmp");
  }
  if (!is_reply({packet.data(), static_cast<size_t>(size)})) return std::nullopt;
  int hops = -1;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    const bool is_hops = (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_TTL) ||
                         (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_HOPLIMIT);
    if (is_hops) std::memcpy(&hops, CMSG_DATA(part), sizeof hops);
  }
  return std::optional<int>(hops);
}

// Waits for our reply. Nothing when it does not come in time.
Task<Result<std::optional<int>>> wait_for_reply(Probe* probe, Echo* echo) {
  const AnyExecutor strand = co_await asio::this_coro::executor;
  const auto readable = std::make_shared<asio::posix::stream_descriptor>(strand, echo->socket());
  asio::steady_timer timer(strand, probe->deadline);
  // It may run when the descriptor is gone already.
  timer.async_wait([weak = std::weak_ptr(readable)](const error_code& error) {
    error_code ignored;
    const auto alive = weak.lock();
    if (!error && alive) alive->cancel(ignored);
  });
  Result<std::optional<int>> result = std::optional<int>();
  while (!probe->stop.stop_requested() && real_clock().steady() < probe->deadline) {
    error_code error;
    co_await readable->async_wait(asio::posix::stream_descriptor::wait_read,
                                  asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    result = echo->receive();
    if (!result || *result) break;
  }
  readable->release();  // The socket is the echo's.
  co_return result;
}

}  // namespace

Task<bool> probe_icmp(Probe* probe) {
  const IcmpModule& icmp = probe->module->icmp;
  constexpr std::string_view durations = "probe_icmp_duration_seconds";
  for (const char* phase : {"resolve", "setup", "rtt"}) probe->add_phase(durations, phase, {});
  Duration lookup_time{};
  const auto address = co_await choose_address(probe, icmp.address, probe->target, &lookup_time);
  if (!address) co_return false;
  probe->add_phase(durations, "resolve", lookup_time);
  const SteadyTime setting_up = real_clock().steady();
  probe->info("Creating socket");
  error_code error;
  Echo echo(icmp, asio::ip::make_address(*address, error));
  if (const auto opened = echo.open(); !opened) {
    probe->error("Error listening to socket", {{"err", opened.error()}});
    co_return false;
  }
  const SteadyTime sent_at = real_clock().steady();
  probe->add_phase(durations, "setup", sent_at - setting_up);
  probe->info("Writing out packet");
  if (const auto sent = echo.send(); !sent) {
    probe->say(LogLevel::warn, "Error writing to socket", {{"err", sent.error()}});
    co_return false;
  }
  probe->info("Waiting for reply packets");
  const auto hops = co_await wait_for_reply(probe, &echo);
  if (!hops) {
    probe->error("Error reading from socket", {{"err", hops.error()}});
    co_return false;
  }
  if (!*hops) {
    probe->say(LogLevel::warn, "Timeout reading from socket", {{"err", "i/o timeout"}});
    co_return false;
  }
  probe->add_phase(durations, "rtt", real_clock().steady() - sent_at);
  if (**hops >= 0) probe->set("probe_icmp_reply_hop_limit", **hops);
  probe->info("Found matching reply packet");
  co_return true;
}

}  // namespace alloy::prometheus::exporter_blackbox
