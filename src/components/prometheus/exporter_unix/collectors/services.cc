// Services that are asked directly: ntp (how right a time server is), runit (what it supervises).
#include <arpa/inet.h>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "components/prometheus/exporter_unix/collectors/all.h"

namespace alloy::prometheus::exporter_unix {
namespace {

constexpr double seconds_1900_to_1970 = 2208988800.0;

double real(Duration duration) { return std::chrono::duration<double>(duration).count(); }

bool is_loopback(const std::string& address) {
  in_addr four{};
  in6_addr six{};
  if (::inet_pton(AF_INET, address.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24 == 127;
  return ::inet_pton(AF_INET6, address.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

// An NTP message as RFC 5905 lays it out, in seconds since 1970.
struct NtpAnswer {
  unsigned leap = 0;
  unsigned stratum = 0;
  double root_delay = 0;
  double root_dispersion = 0;
  double reference_time = 0;
  double received = 0;
  double sent = 0;
  // By our clock.
  double asked_at = 0;
  double answered_at = 0;

  double round_trip() const { return std::max((answered_at - asked_at) - (sent - received), 0.0); }
  double offset() const { return ((received - asked_at) + (sent - answered_at)) / 2; }
  double root_distance() const { return (round_trip() + root_delay) / 2 + root_dispersion; }
  // How much the clocks are apart at least: answers can't come before questions.
  double error_min() const { return std::max({asked_at - received, sent - answered_at, 0.0}); }
  bool is_sane() const {
    constexpr double age_max = 1 << 17;  // The longest time between two polls.
    constexpr double dispersion_max = 16;
    return leap != 3 && stratum > 0 && stratum < 16 && sent - reference_time <= age_max &&
           root_delay / 2 + root_dispersion <= dispersion_max && sent >= reference_time;
  }
};

uint32_t word_at(std::span<const unsigned char> bytes, size_t at) {
  uint32_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return ntohl(value);
}

double short_time(std::span<const unsigned char> bytes, size_t at) {
  return word_at(bytes, at) / 65536.0;
}

double timestamp(std::span<const unsigned char> bytes, size_t at) {
  const uint32_t whole = word_at(bytes, at);
  if (whole == 0) return 0;
  return whole - seconds_1900_to_1970 + word_at(bytes, at + 4) / 4294967296.0;
}

class Ntp final : public Collector {
 public:
  Ntp(NtpArguments arguments, Clock& clock) : arguments_(std::move(arguments)), clock_(clock) {}

  static Result<std::unique_ptr<Ntp>> create(const CollectorOptions& options) {
    const NtpArguments& arguments = options.arguments.ntp;
    if (!arguments.server_is_local && !is_loopback(arguments.server)) {
      return fail("only IP address of local NTP server is valid for --collector.ntp.server");
    }
    if (arguments.protocol_version < 2 || arguments.protocol_version > 4) {
      return fail(fmt::format("invalid NTP protocol version {}; must be 2, 3, or 4",
                              arguments.protocol_version));
    }
    if (arguments.local_offset_tolerance < Duration::zero()) {
      return fail("offset tolerance must be non-negative");
    }
    options.logger.warn(
        "This collector is deprecated and will be removed in the next major version release.");
    return std::make_unique<Ntp>(arguments, options.clock);
  }

  Result<> collect(Metrics& out) override {
    auto answer = ask();
    if (!answer) {
      return std::unexpected(std::move(answer).error().with_context("couldn't get SNTP reply"));
    }
    const auto add = [&](std::string_view name, std::string_view help, double value) {
      out.gauge(name, help, {}, value);
    };
    add("node_ntp_stratum", "NTPD stratum.", answer->stratum);
    add("node_ntp_leap", "NTPD leap second indicator, 2 bits.", answer->leap);
    add("node_ntp_rtt_seconds", "RTT to NTPD.", answer->round_trip());
    add("node_ntp_offset_seconds", "ClockOffset between NTP and local clock.", answer->offset());
    add("node_ntp_reference_timestamp_seconds", "NTPD ReferenceTime, UNIX timestamp.",
        std::max(answer->reference_time, 0.0));
    add("node_ntp_root_delay_seconds", "NTPD RootDelay.", answer->root_delay);
    add("node_ntp_root_dispersion_seconds", "NTPD RootDispersion.", answer->root_dispersion);
    constexpr double day = 86400;
    if (answer->leap == 1 || answer->leap == 2) {
      leap_midnight_ = (std::floor(answer->sent / day) + 1) * day;
    }
    // Around a leap second clocks may be slewed instead of set.
    const bool is_near_leap =
        leap_midnight_ - day < answer->sent && answer->sent < leap_midnight_ + day;
    const double tolerance = real(arguments_.local_offset_tolerance) + (is_near_leap ? 1 : 0);
    const bool is_sane = answer->is_sane() &&
                         answer->root_distance() <= real(arguments_.max_distance) &&
                         answer->error_min() <= tolerance;
    add("node_ntp_sanity", "NTPD sanity according to RFC5905 heuristics and configured limits.",
        is_sane ? 1 : 0);
    return {};
  }

 private:
  double now() const { return real(clock_.wall().time_since_epoch()); }
  Result<NtpAnswer> ask() const;

  NtpArguments arguments_;
  Clock& clock_;
  double leap_midnight_ = 0;
};

Result<NtpAnswer> Ntp::ask() const {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(arguments_.server.c_str(), "123", &hints, &found); code != 0) {
    return fail(fmt::format("{}: {}", arguments_.server, ::gai_strerror(code)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  struct Socket {
    int number;
    ~Socket() { ::close(number); }
  } const socket{::socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  const timeval timeout{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(socket.number, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  const int ttl = static_cast<int>(arguments_.ip_ttl);
  if (found->ai_family == AF_INET) {
    ::setsockopt(socket.number, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl);
  } else {
    ::setsockopt(socket.number, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &ttl, sizeof ttl);
  }
  unsigned char message[48] = {};
  constexpr unsigned client = 3;
  message[0] = static_cast<unsigned char>(arguments_.protocol_version << 3 | client);
  NtpAnswer answer{.asked_at = now()};
  if (::connect(socket.number, found->ai_addr, found->ai_addrlen) != 0 ||
      ::send(socket.number, message, sizeof message, 0) < 0) {
    return std::unexpected(Error::from_errno("send"));
  }
  const ssize_t size = ::recv(socket.number, message, sizeof message, 0);
  if (size < 0) return std::unexpected(Error::from_errno("receive"));
  if (static_cast<size_t>(size) < sizeof message) return fail("the answer is too short");
  answer.answered_at = now();
  answer.leap = message[0] >> 6;
  answer.stratum = message[1];
  answer.root_delay = short_time(message, 4);
  answer.root_dispersion = short_time(message, 8);
  answer.reference_time = timestamp(message, 16);
  answer.received = timestamp(message, 32);
  answer.sent = timestamp(message, 40);
  return answer;
}

class Runit final : public Collector {
 public:
  explicit Runit(std::string folder) : folder_(std::move(folder)) {}
  static Result<std::unique_ptr<Runit>> create(const CollectorOptions& options) {
    options.logger.warn(
        "This collector is deprecated and will be removed in the next major version release.");
    return std::make_unique<Runit>(options.arguments.runit.service_dir);
  }

  Result<> collect(Metrics& out) override {
    const auto names = entries_or_no_data(folder_);
    if (!names) return fail(fmt::format("open {}: no such directory", folder_));
    for (const std::string& name : *names) add_service(name, Paths::join(folder_, name), out);
    return {};
  }

 private:
  // supervise/status: when it changed (TAI64N), its process, whether paused, what is wanted, …,
  // and its state.
  static void add_service(const std::string& name, const std::string& folder, Metrics& out) {
    constexpr size_t status_size = 20;
    constexpr size_t wanted_at = 17;
    constexpr size_t state_at = 19;
    constexpr uint64_t tai_of_1970 = 4611686018427387914;  // 2^62 and ten leap seconds.
    const auto status = read_file(folder + "/supervise/status");
    if (!status || status->size() != status_size) return;
    uint64_t changed = 0;
    for (size_t i = 0; i < 8; ++i)
      changed = changed << 8 | static_cast<unsigned char>((*status)[i]);
    const auto add = [&](std::string_view metric, std::string_view help, double value) {
      out.gauge(metric, help, {{"service", name}, {"supervisor", "runit"}}, value);
    };
    add("node_service_state", "State of runit service.",
        static_cast<unsigned char>((*status)[state_at]));
    add("node_service_desired_state", "Desired state of runit service.",
        (*status)[wanted_at] == 'u' ? 1 : 0);
    add("node_service_normal_state", "Normal state of runit service.",
        exists(folder + "/down") ? 0 : 1);
    add("node_service_state_last_change_timestamp_seconds",
        "Unix timestamp of the last runit service state change.",
        static_cast<double>(static_cast<int64_t>(changed - tai_of_1970)));
  }

  std::string folder_;
};

}  // namespace

Result<std::unique_ptr<Collector>> create_ntp(const CollectorOptions& options) {
  return create_collector<Ntp>(options);
}

Result<std::unique_ptr<Collector>> create_runit(const CollectorOptions& options) {
  return create_collector<Runit>(options);
}

}  // namespace alloy::prometheus::exporter_unix
