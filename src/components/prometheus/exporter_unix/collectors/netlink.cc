#include "components/prometheus/exporter_unix/collectors/netlink.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <ifaddrs.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

namespace alloy::prometheus::exporter_unix {
namespace {

constexpr size_t buffer_size = 64 * 1024;

// A socket that answers within a second or not at all.
class NetlinkSocket {
 public:
  explicit NetlinkSocket(int protocol)
      : socket_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol)) {
    timeval timeout{.tv_sec = 1, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  }
  ~NetlinkSocket() {
    if (socket_ >= 0) ::close(socket_);
  }
  NetlinkSocket(const NetlinkSocket&) = delete;
  NetlinkSocket& operator=(const NetlinkSocket&) = delete;
  int get() const { return socket_; }

 private:
  int socket_;
};

int prefix_length(const sockaddr* mask) {
  const unsigned char* bytes = nullptr;
  size_t size = 0;
  if (mask->sa_family == AF_INET) {
    bytes = reinterpret_cast<const unsigned char*>(
        &reinterpret_cast<const sockaddr_in*>(mask)->sin_addr);
    size = 4;
  } else {
    bytes = reinterpret_cast<const unsigned char*>(
        &reinterpret_cast<const sockaddr_in6*>(mask)->sin6_addr);
    size = 16;
  }
  int bits = 0;
  for (size_t i = 0; i < size; ++i) bits += __builtin_popcount(bytes[i]);
  return bits;
}

std::string_view scope_of(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const uint32_t bits = ntohl(reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr);
    if ((bits >> 24) == 127 || (bits >> 16) == 0xA9FE || (bits >> 8) == 0xE00000) {
      return "link-local";
    }
    return bits != 0 && bits != 0xFFFFFFFF && !IN_MULTICAST(bits) ? "global" : "";
  }
  const in6_addr& six = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  if (IN6_IS_ADDR_LOOPBACK(&six) || IN6_IS_ADDR_LINKLOCAL(&six) || IN6_IS_ADDR_MC_LINKLOCAL(&six)) {
    return "link-local";
  }
  if (IN6_IS_ADDR_MC_NODELOCAL(&six)) return "interface-local";
  return !IN6_IS_ADDR_UNSPECIFIED(&six) && !IN6_IS_ADDR_MULTICAST(&six) ? "global" : "";
}

}  // namespace

Result<> netlink_dump(int protocol, uint16_t type, std::span<const char> request,
                      const std::function<void(const nlmsghdr&)>& each) {
  const NetlinkSocket socket(protocol);
  if (socket.get() < 0) return std::unexpected(Error::from_errno("netlink socket"));
  std::vector<char> buffer(std::max(buffer_size, NLMSG_SPACE(request.size())));
  auto* header = reinterpret_cast<nlmsghdr*>(buffer.data());
  header->nlmsg_len = static_cast<uint32_t>(NLMSG_LENGTH(request.size()));
  header->nlmsg_type = type;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  std::memcpy(NLMSG_DATA(header), request.data(), request.size());
  if (::send(socket.get(), buffer.data(), header->nlmsg_len, 0) < 0) {
    return std::unexpected(Error::from_errno("netlink send"));
  }
  while (true) {
    const ssize_t size = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return std::unexpected(Error::from_errno("netlink receive"));
    auto left = static_cast<unsigned>(size);
    for (const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data());
         NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
      if (message->nlmsg_type == NLMSG_DONE) return {};
      if (message->nlmsg_type == NLMSG_ERROR) {
        errno = -reinterpret_cast<const nlmsgerr*>(NLMSG_DATA(message))->error;
        return std::unexpected(Error::from_errno("netlink"));
      }
      each(*message);
    }
  }
}

void for_each_attribute(const nlmsghdr& message, size_t fixed_size,
                        const std::function<void(uint16_t, std::span<const char>)>& each) {
  const size_t skipped = NLMSG_HDRLEN + NLMSG_ALIGN(fixed_size);
  if (message.nlmsg_len <= skipped) return;
  auto left = static_cast<int>(message.nlmsg_len - skipped);
  const auto* attribute =
      reinterpret_cast<const rtattr*>(reinterpret_cast<const char*>(&message) + skipped);
  for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
    each(static_cast<uint16_t>(attribute->rta_type & NLA_TYPE_MASK),
         {static_cast<const char*>(RTA_DATA(attribute)), RTA_PAYLOAD(attribute)});
  }
}

std::string device_name(unsigned index) {
  char name[IF_NAMESIZE] = {};
  return ::if_indextoname(index, name) != nullptr ? name : "";
}

Result<std::map<std::string, double>> count_neighbours() {
  const ndmsg request{.ndm_family = AF_INET};
  std::map<int, double> by_index;
  TRY(netlink_dump(
      NETLINK_ROUTE, RTM_GETNEIGH, {reinterpret_cast<const char*>(&request), sizeof request},
      [&](const nlmsghdr& message) {
        if (message.nlmsg_len < NLMSG_LENGTH(sizeof(ndmsg))) return;
        const auto* neighbour = static_cast<const ndmsg*>(NLMSG_DATA(&message));
        if (neighbour->ndm_family == AF_INET && (neighbour->ndm_state & NUD_NOARP) == 0) {
          ++by_index[neighbour->ndm_ifindex];
        }
      }));
  std::map<std::string, double> by_name;
  for (const auto& [index, count] : by_index) {
    const std::string name = device_name(static_cast<unsigned>(index));
    if (!name.empty()) by_name[name] = count;
  }
  return by_name;
}

Result<std::vector<InterfaceAddress>> list_addresses() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) {
    return std::unexpected(Error::from_errno("could not get network interfaces"));
  }
  std::vector<InterfaceAddress> addresses;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    const sockaddr* address = entry->ifa_addr;
    if (address == nullptr || entry->ifa_netmask == nullptr) continue;
    if (address->sa_family != AF_INET && address->sa_family != AF_INET6) continue;
    const void* bytes =
        address->sa_family == AF_INET
            ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(address)->sin_addr)
            : &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
    char text[INET6_ADDRSTRLEN] = {};
    if (::inet_ntop(address->sa_family, bytes, text, sizeof text) == nullptr) continue;
    addresses.push_back({entry->ifa_name, text,
                         fmt::format("{}", prefix_length(entry->ifa_netmask)),
                         std::string(scope_of(address))});
  }
  ::freeifaddrs(list);
  return addresses;
}

}  // namespace alloy::prometheus::exporter_unix
