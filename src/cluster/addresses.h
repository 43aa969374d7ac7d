// The addresses of a cluster: the one we tell others, and those we look for others at.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "base/task.h"
#include "cluster/messages.h"

namespace alloy::cluster {

// One address of a network interface.
struct InterfaceAddress {
  std::string interface;
  std::string ip;  // Network order.
  bool is_loopback = false;
};
Result<std::vector<InterfaceAddress>> interface_addresses();

// The address of the named interfaces that others reach best: a global IPv4 before a global IPv6
// before link-local ones; of the interfaces the first that has it. The single name "all" stands for
// every interface. Nothing: not_found.
Result<std::string> choose_advertise_ip(std::span<const InterfaceAddress> all,
                                        std::span<const std::string> interfaces);

// Resolves "host", "host:port", "ip", "[ip]:port", "dns+host" and "dnssrv+name" entries (with
// `default_port` where none is given) to addresses, without repetition. What can't be resolved is
// left out with a warning; if nothing is left, that is an error.
Task<Result<std::vector<Address>>> resolve_join_addresses(AnyExecutor blocking,
                                                          std::vector<std::string> entries,
                                                          uint16_t default_port, Logger logger);

}  // namespace alloy::cluster
