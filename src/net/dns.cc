#include "net/dns.h"

#include <algorithm>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <cstring>
#include <fstream>
#include <netdb.h>
#include <resolv.h>

#include <fmt/format.h>

#include "base/executor.h"
#include "base/text.h"

namespace alloy::net {
namespace {

constexpr size_t reply_size_max = 64 << 10;

std::unexpected<Error> lookup_error(const std::string& name, std::string_view why, ErrorKind kind) {
  return fail(fmt::format("lookup {} on {}: {}", name, name_server(), why), kind);
}

Result<std::vector<std::string>> resolve_host(const std::string& host, AddressFamily family) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_family = family == AddressFamily::v4   ? AF_INET
                    : family == AddressFamily::v6 ? AF_INET6
                                                  : AF_UNSPEC;
  addrinfo* found = nullptr;
  const int code = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (code == EAI_AGAIN) return lookup_error(host, "server misbehaving", ErrorKind::failed);
  if (code != 0) return lookup_error(host, "no such host", ErrorKind::not_found);
  std::vector<std::string> addresses;
  for (const addrinfo* entry = found; entry; entry = entry->ai_next) {
    char text[NI_MAXHOST] = "";
    if (getnameinfo(entry->ai_addr, entry->ai_addrlen, text, sizeof text, nullptr, 0,
                    NI_NUMERICHOST) != 0) {
      continue;
    }
    if (std::ranges::find(addresses, text) == addresses.end()) addresses.emplace_back(text);
  }
  freeaddrinfo(found);
  return addresses;
}

Result<DnsAnswer> query(const std::string& name, int type) {
  struct __res_state state{};
  if (res_ninit(&state) != 0) return lookup_error(name, "no resolver", ErrorKind::failed);
  std::string reply(reply_size_max, '\0');
  const int size =
      res_nquery(&state, name.c_str(), ns_c_in, type,
                 reinterpret_cast<unsigned char*>(reply.data()), static_cast<int>(reply.size()));
  const int why = state.res_h_errno;
  res_nclose(&state);
  if (size < 0) {
    const bool is_missing = why == HOST_NOT_FOUND || why == NO_DATA;
    return lookup_error(name, is_missing ? "no such host" : "server misbehaving",
                        is_missing ? ErrorKind::not_found : ErrorKind::failed);
  }
  auto answer = parse_dns_reply(std::string_view(reply).substr(0, static_cast<size_t>(size)));
  if (!answer) return lookup_error(name, answer.error().message(), ErrorKind::failed);
  return answer;
}

// Reads big-endian numbers and names from a message, never past its end.
class MessageReader {
 public:
  explicit MessageReader(std::string_view message) : message_(message) {}

  Result<uint16_t> number16() {
    TRY(const std::string_view bytes, take(2));
    return static_cast<uint16_t>(static_cast<unsigned char>(bytes[0]) << 8 |
                                 static_cast<unsigned char>(bytes[1]));
  }
  Result<std::string_view> take(size_t size) {
    if (size > message_.size() - at_) return fail("cannot unmarshal DNS message");
    at_ += size;
    return message_.substr(at_ - size, size);
  }
  size_t position() const { return at_; }
  void move_to(size_t position) { at_ = position; }
  // A name, following compression pointers (RFC 1035, section 4.1.4).
  Result<std::string> name();

 private:
  std::string_view message_;
  size_t at_ = 0;
};

Result<std::string> MessageReader::name() {
  std::string name;
  size_t end = 0;  // Where to go on, once a pointer was followed.
  // Each pointer must lead backwards, so that no message can make this go in circles.
  size_t pointer_limit = at_;
  while (true) {
    TRY(const std::string_view length_byte, take(1));
    const auto length = static_cast<unsigned char>(length_byte[0]);
    if (length == 0) break;
    if (length >= 0xc0) {
      TRY(const std::string_view low, take(1));
      const size_t target = (length & 0x3fu) << 8 | static_cast<unsigned char>(low[0]);
      if (target >= pointer_limit) return fail("cannot unmarshal DNS message");
      if (end == 0) end = at_;
      pointer_limit = target;
      at_ = target;
      continue;
    }
    if (length > 63) return fail("cannot unmarshal DNS message");
    TRY(const std::string_view label, take(length));
    if (!name.empty()) name += '.';
    name += label;
    if (name.size() > NS_MAXDNAME) return fail("cannot unmarshal DNS message");
  }
  if (end != 0) at_ = end;
  return name;
}

Result<void> add_record(MessageReader& reader, uint16_t type, size_t size, DnsAnswer& answer) {
  if ((type == ns_t_a && size == 4) || (type == ns_t_aaaa && size == 16)) {
    TRY(const std::string_view bytes, reader.take(size));
    char text[INET6_ADDRSTRLEN] = "";
    inet_ntop(type == ns_t_a ? AF_INET : AF_INET6, bytes.data(), text, sizeof text);
    answer.addresses.emplace_back(text);
  } else if (type == ns_t_srv) {
    SrvRecord record;
    TRY(record.priority, reader.number16());
    TRY(record.weight, reader.number16());
    TRY(record.port, reader.number16());
    TRY(record.target, reader.name());
    answer.srv.push_back(std::move(record));
  } else if (type == ns_t_mx) {
    MxRecord record;
    TRY(record.preference, reader.number16());
    TRY(record.host, reader.name());
    answer.mx.push_back(std::move(record));
  } else if (type == ns_t_ns) {
    TRY(std::string host, reader.name());
    answer.ns.push_back(std::move(host));
  }
  return {};
}

}  // namespace

Result<DnsAnswer> parse_dns_reply(std::string_view reply) {
  MessageReader reader(reply);
  TRY(reader.take(4));  // Id and flags: the resolver has looked at them.
  TRY(const uint16_t questions, reader.number16());
  TRY(const uint16_t answers, reader.number16());
  TRY(reader.take(4));
  for (unsigned i = 0; i < questions; ++i) {
    TRY(reader.name());
    TRY(reader.take(4));
  }
  DnsAnswer answer;
  for (unsigned i = 0; i < answers; ++i) {
    TRY(reader.name());
    TRY(const uint16_t type, reader.number16());
    TRY(reader.take(6));  // Class and time to live.
    TRY(const uint16_t size, reader.number16());
    const size_t begin = reader.position();
    TRY(reader.take(size));
    const size_t end = reader.position();
    reader.move_to(begin);
    TRY(add_record(reader, type, size, answer));
    reader.move_to(end);
  }
  std::ranges::sort(answer.srv, [](const SrvRecord& a, const SrvRecord& b) {
    return std::pair(a.priority, b.weight) < std::pair(b.priority, a.weight);
  });
  std::ranges::sort(answer.mx, {}, &MxRecord::preference);
  return answer;
}

std::string name_server() {
  std::ifstream file("/etc/resolv.conf");
  std::string line;
  while (std::getline(file, line)) {
    std::string_view rest = trim(line);
    if (!rest.starts_with("nameserver")) continue;
    rest = trim(rest.substr(10));
    if (rest.empty()) continue;
    return rest.contains(':') ? fmt::format("[{}]:{}", rest, NS_DEFAULTPORT)
                              : fmt::format("{}:{}", rest, NS_DEFAULTPORT);
  }
  return fmt::format("127.0.0.1:{}", NS_DEFAULTPORT);
}

Task<Result<std::vector<std::string>>> lookup_host(AnyExecutor blocking, std::string host,
                                                   AddressFamily family) {
  const auto lookup = [host = std::move(host), family] { return resolve_host(host, family); };
  co_return co_await run_blocking(std::move(blocking), lookup);
}

Task<Result<std::vector<std::string>>> lookup_addresses(AnyExecutor blocking, std::string name,
                                                        AddressFamily family) {
  const auto lookup = [name = std::move(name), family]() -> Result<std::vector<std::string>> {
    std::vector<std::string> addresses;
    std::optional<Error> error;
    for (const int type : {ns_t_a, ns_t_aaaa}) {
      if (family == (type == ns_t_a ? AddressFamily::v6 : AddressFamily::v4)) continue;
      auto answer = query(name, type);
      if (!answer) {
        error = std::move(answer).error();
        continue;
      }
      std::ranges::move(answer->addresses, std::back_inserter(addresses));
    }
    if (addresses.empty() && error) return std::unexpected(*std::move(error));
    return addresses;
  };
  co_return co_await run_blocking(std::move(blocking), lookup);
}

Task<Result<std::vector<SrvRecord>>> lookup_srv(AnyExecutor blocking, std::string name) {
  const auto lookup = [name = std::move(name)]() -> Result<std::vector<SrvRecord>> {
    TRY(auto answer, query(name, ns_t_srv));
    return std::move(answer.srv);
  };
  co_return co_await run_blocking(std::move(blocking), lookup);
}

Task<Result<std::vector<MxRecord>>> lookup_mx(AnyExecutor blocking, std::string name) {
  const auto lookup = [name = std::move(name)]() -> Result<std::vector<MxRecord>> {
    TRY(auto answer, query(name, ns_t_mx));
    return std::move(answer.mx);
  };
  co_return co_await run_blocking(std::move(blocking), lookup);
}

Task<Result<std::vector<std::string>>> lookup_ns(AnyExecutor blocking, std::string name) {
  const auto lookup = [name = std::move(name)]() -> Result<std::vector<std::string>> {
    TRY(auto answer, query(name, ns_t_ns));
    return std::move(answer.ns);
  };
  co_return co_await run_blocking(std::move(blocking), lookup);
}

}  // namespace alloy::net
