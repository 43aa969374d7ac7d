// What the kernel tells over netlink: tcpstat, qdisc, network_route.
#include <arpa/inet.h>
#include <cstring>
#include <linux/gen_stats.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <map>
#include <netinet/in.h>
#include <set>
#include <sys/socket.h>

#include <fmt/format.h>

#include "components/prometheus/exporter_unix/collectors/all.h"
#include "components/prometheus/exporter_unix/collectors/netlink.h"

namespace alloy::prometheus::exporter_unix {
namespace {

template <class T>
std::span<const char> bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

// The fixed part of a message; nothing if it is too short.
template <class T>
std::optional<T> body_of(const nlmsghdr& message) {
  if (message.nlmsg_len < NLMSG_LENGTH(sizeof(T))) return std::nullopt;
  T body;
  std::memcpy(&body, NLMSG_DATA(&message), sizeof body);
  return body;
}

template <class T>
T value_of(std::span<const char> payload) {
  T value{};
  std::memcpy(&value, payload.data(), std::min(sizeof value, payload.size()));
  return value;
}

std::string_view tcp_state(unsigned state) {
  static constexpr std::array<std::string_view, 12> names = {
      "unknown",   "established", "syn_sent",   "syn_recv", "fin_wait1", "fin_wait2",
      "time_wait", "close",       "close_wait", "last_ack", "listen",    "closing"};
  return state < names.size() ? names[state] : names[0];
}

Result<> count_connections(uint8_t family, std::map<std::string_view, double>& counts) {
  inet_diag_req_v2 request{};
  request.sdiag_family = family;
  request.sdiag_protocol = IPPROTO_TCP;
  request.idiag_states = 0xFFF;
  return netlink_dump(NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, bytes_of(request),
                      [&](const nlmsghdr& message) {
                        const auto socket = body_of<inet_diag_msg>(message);
                        if (!socket) return;
                        ++counts[tcp_state(socket->idiag_state)];
                        counts["rx_queued_bytes"] += socket->idiag_rqueue;
                        counts["tx_queued_bytes"] += socket->idiag_wqueue;
                      });
}

struct Discipline {
  std::string kind;
  gnet_stats_basic basic{};
  gnet_stats_queue queue{};
};

// Attributes inside an attribute.
void read_statistics(std::span<const char> payload, Discipline& discipline) {
  auto left = static_cast<int>(payload.size());
  for (const auto* attribute = reinterpret_cast<const rtattr*>(payload.data());
       RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
    const std::span<const char> value(static_cast<const char*>(RTA_DATA(attribute)),
                                      RTA_PAYLOAD(attribute));
    if (attribute->rta_type == TCA_STATS_BASIC) {
      discipline.basic = value_of<gnet_stats_basic>(value);
    } else if (attribute->rta_type == TCA_STATS_QUEUE) {
      discipline.queue = value_of<gnet_stats_queue>(value);
    }
  }
}

void add_discipline(const std::string& device, const Discipline& discipline, Metrics& out) {
  const auto add = [&](Kind kind, std::string_view name, std::string_view help, auto value) {
    out.add(kind, fmt::format("node_qdisc_{}", name), help,
            std::array<Label, 2>{{{"device", device}, {"kind", discipline.kind}}},
            static_cast<double>(value));
  };
  add(Kind::counter, "bytes_total", "Number of bytes sent.", discipline.basic.bytes);
  add(Kind::counter, "packets_total", "Number of packets sent.", discipline.basic.packets);
  add(Kind::counter, "drops_total", "Number of packets dropped.", discipline.queue.drops);
  add(Kind::counter, "requeues_total", "Number of packets dequeued, not transmitted, and requeued.",
      discipline.queue.requeues);
  add(Kind::counter, "overlimits_total", "Number of overlimit packets.",
      discipline.queue.overlimits);
  add(Kind::gauge, "current_queue_length", "Number of packets currently in queue to be sent.",
      discipline.queue.qlen);
  add(Kind::gauge, "backlog", "Number of bytes currently in queue to be sent.",
      discipline.queue.backlog);
}

std::string address_text(std::span<const char> bytes) {
  char text[INET6_ADDRSTRLEN] = {};
  const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
  if (bytes.size() != 4 && bytes.size() != 16) return "";
  return ::inet_ntop(family, bytes.data(), text, sizeof text) != nullptr ? text : "";
}

std::string_view route_protocol(unsigned protocol) {
  static const std::map<unsigned, std::string_view> names = {
      {0, "unspec"},    {1, "redirect"}, {2, "kernel"}, {3, "boot"},   {4, "static"},
      {8, "gated"},     {9, "ra"},       {10, "mrt"},   {11, "zebra"}, {12, "bird"},
      {13, "dnrouted"}, {14, "xorp"},    {15, "ntk"},   {16, "dhcp"},  {17, "mrouted"},
      {42, "babel"},    {186, "bgp"},    {187, "isis"}, {188, "ospf"}, {189, "rip"},
      {192, "eigrp"}};
  const auto found = names.find(protocol);
  return found == names.end() ? "unknown" : found->second;
}

// One way that packets may take.
struct Route {
  std::string device;
  std::string source;
  std::string destination = "default";
  std::string gateway;
  std::string priority = "0";
  std::string_view protocol;
  std::string weight;  // Of a route with several ways.

  auto operator<=>(const Route&) const = default;
};

// The ways of a route with several of them.
void read_ways(std::span<const char> payload, const Route& route, std::vector<Route>& ways) {
  size_t at = 0;
  while (at + sizeof(rtnexthop) <= payload.size()) {
    const auto hop = value_of<rtnexthop>(payload.subspan(at));
    if (hop.rtnh_len < sizeof hop || at + hop.rtnh_len > payload.size()) return;
    Route way = route;
    way.device = device_name(static_cast<unsigned>(hop.rtnh_ifindex));
    way.weight = fmt::format("{}", hop.rtnh_hops + 1);
    auto left = static_cast<int>(hop.rtnh_len - sizeof hop);
    const auto* attribute =
        reinterpret_cast<const rtattr*>(payload.data() + at + RTNH_ALIGN(sizeof hop));
    for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
      if (attribute->rta_type != RTA_GATEWAY) continue;
      way.gateway =
          address_text({static_cast<const char*>(RTA_DATA(attribute)), RTA_PAYLOAD(attribute)});
    }
    ways.push_back(std::move(way));
    at += RTNH_ALIGN(hop.rtnh_len);
  }
}

std::vector<Route> read_route(const nlmsghdr& message) {
  const auto head = body_of<rtmsg>(message);
  if (!head || head->rtm_type != RTN_UNICAST) return {};
  Route route{.protocol = route_protocol(head->rtm_protocol)};
  std::span<const char> multipath;
  for_each_attribute(message, sizeof(rtmsg), [&](uint16_t type, std::span<const char> payload) {
    if (type == RTA_OIF) route.device = device_name(value_of<unsigned>(payload));
    if (type == RTA_PREFSRC) route.source = address_text(payload);
    if (type == RTA_GATEWAY) route.gateway = address_text(payload);
    if (type == RTA_PRIORITY) route.priority = fmt::format("{}", value_of<uint32_t>(payload));
    if (type == RTA_MULTIPATH) multipath = payload;
    if (type == RTA_DST && head->rtm_dst_len > 0) {
      route.destination =
          fmt::format("{}/{}", address_text(payload), static_cast<unsigned>(head->rtm_dst_len));
    }
  });
  if (multipath.empty()) return {std::move(route)};
  std::vector<Route> ways;
  read_ways(multipath, route, ways);
  return ways;
}

}  // namespace

Result<> collect_tcpstat(const Paths& paths, Metrics& out) {
  std::map<std::string_view, double> counts;
  TRY(count_connections(AF_INET, counts));
  if (exists(paths.in_proc("net/tcp6"))) TRY(count_connections(AF_INET6, counts));
  for (const auto& [state, count] : counts) {
    out.gauge("node_tcp_connection_states", "Number of connection states.", {{"state", state}},
              count);
  }
  return {};
}

Result<> collect_qdisc(const Paths&, Metrics& out) {
  const tcmsg request{};
  return netlink_dump(NETLINK_ROUTE, RTM_GETQDISC, bytes_of(request), [&](const nlmsghdr& message) {
    const auto head = body_of<tcmsg>(message);
    // Those of classes are part of their root.
    if (!head || (head->tcm_parent != TC_H_ROOT && head->tcm_parent != 0)) return;
    Discipline discipline;
    for_each_attribute(message, sizeof(tcmsg), [&](uint16_t type, std::span<const char> payload) {
      if (type == TCA_KIND) {
        discipline.kind.assign(payload.data(), ::strnlen(payload.data(), payload.size()));
      } else if (type == TCA_STATS2) {
        read_statistics(payload, discipline);
      }
    });
    add_discipline(device_name(static_cast<unsigned>(head->tcm_ifindex)), discipline, out);
  });
}

Result<> collect_network_route(const Paths&, Metrics& out) {
  const rtmsg request{};
  std::set<Route> routes;  // Several tables may have the same.
  std::map<std::string, double> counts;
  TRY(netlink_dump(NETLINK_ROUTE, RTM_GETROUTE, bytes_of(request), [&](const nlmsghdr& message) {
    for (Route& route : read_route(message)) {
      ++counts[route.device];
      routes.insert(std::move(route));
    }
  }));
  for (const Route& route : routes) {
    out.gauge("node_network_route_info", "network routing table information",
              {{"device", route.device},
               {"src", route.source},
               {"dest", route.destination},
               {"gw", route.gateway},
               {"priority", route.priority},
               {"proto", route.protocol},
               {"weight", route.weight}},
              1);
  }
  for (const auto& [device, count] : counts) {
    out.gauge("node_network_routes", "network routes by interface", {{"device", device}}, count);
  }
  return {};
}

}  // namespace alloy::prometheus::exporter_unix
