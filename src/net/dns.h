// Name lookups that don't block a pool thread, with error texts like Go's ("lookup x: no such
// host").
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/task.h"

namespace alloy::net {

enum class AddressFamily : unsigned char { any, v4, v6 };

struct SrvRecord {
  std::string target;  // Without the final dot.
  uint16_t port = 0;
  uint16_t priority = 0;
  uint16_t weight = 0;
  bool operator==(const SrvRecord&) const = default;
};

struct MxRecord {
  std::string host;
  uint16_t preference = 0;
  bool operator==(const MxRecord&) const = default;
};

// "10.0.0.2:53": the first name server the system is told to ask, which Go names in its errors.
std::string name_server();

// The addresses of a host (through /etc/hosts and the resolver), as text, in the system's order.
// `blocking` is where the waiting happens (Executor::blocking()). Kind not_found: no such host.
Task<Result<std::vector<std::string>>> lookup_host(AnyExecutor blocking, std::string host,
                                                   AddressFamily family = AddressFamily::any);
// Asks the DNS only, the name as it stands.
Task<Result<std::vector<std::string>>> lookup_addresses(AnyExecutor blocking, std::string name,
                                                        AddressFamily family);
Task<Result<std::vector<SrvRecord>>> lookup_srv(AnyExecutor blocking, std::string name);
Task<Result<std::vector<MxRecord>>> lookup_mx(AnyExecutor blocking, std::string name);
Task<Result<std::vector<std::string>>> lookup_ns(AnyExecutor blocking, std::string name);

// The answer section of a DNS reply: what lookup_* make of it. Separate, so that garbage can be
// thrown at it.
struct DnsAnswer {
  std::vector<std::string> addresses;
  std::vector<SrvRecord> srv;
  std::vector<MxRecord> mx;
  std::vector<std::string> ns;
};
Result<DnsAnswer> parse_dns_reply(std::string_view reply);

}  // namespace alloy::net
