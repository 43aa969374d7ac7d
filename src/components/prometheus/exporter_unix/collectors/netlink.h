// What the kernel tells over netlink sockets rather than in files.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"

struct nlmsghdr;

namespace alloy::prometheus::exporter_unix {

// Sends a request to list things, and calls `each` for every message of the answer. `request` is
// what follows the header.
Result<> netlink_dump(int protocol, uint16_t type, std::span<const char> request,
                      const std::function<void(const nlmsghdr&)>& each);

// The attributes behind a message's fixed part of `fixed_size` bytes: calls each(type, payload).
void for_each_attribute(const nlmsghdr& message, size_t fixed_size,
                        const std::function<void(uint16_t, std::span<const char>)>& each);

// IPv4 neighbours by device, as /proc/net/arp lists them.
Result<std::map<std::string, double>> count_neighbours();

struct InterfaceAddress {
  std::string device;
  std::string address;
  std::string prefix;  // Its length in bits.
  std::string scope;
};
Result<std::vector<InterfaceAddress>> list_addresses();

// The name of a device; empty if it is gone.
std::string device_name(unsigned index);

}  // namespace alloy::prometheus::exporter_unix
