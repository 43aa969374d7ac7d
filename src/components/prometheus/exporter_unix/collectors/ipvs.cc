// ipvs: the kernel's load balancer.
#include <arpa/inet.h>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "components/prometheus/exporter_unix/collectors/all.h"

namespace alloy::prometheus::exporter_unix {
namespace {

constexpr std::array<std::string_view, 6> all_labels = {
    "local_address", "local_port", "remote_address", "remote_port", "proto", "local_mark"};

struct Address {
  std::string host;
  std::string port;
};

// "C0A80016:0CEA", or "[2620:…]:0050".
Result<Address> parse_address(std::string_view text) {
  const size_t colon = text.rfind(':');
  const auto port =
      colon == std::string_view::npos ? std::nullopt : to_hexadecimal(text.substr(colon + 1));
  if (!port) return fail(fmt::format("unexpected IP:Port {}", quote(text)));
  Address address{.host = {}, .port = fmt::format("{}", *port)};
  const std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    in6_addr bytes{};
    char canonical[INET6_ADDRSTRLEN] = {};
    const std::string inner(host.substr(1, host.size() - 2));
    if (::inet_pton(AF_INET6, inner.c_str(), &bytes) != 1) {
      return fail(fmt::format("invalid IPv6 addr {}", inner));
    }
    address.host = ::inet_ntop(AF_INET6, &bytes, canonical, sizeof canonical);
    return address;
  }
  const auto number = to_hexadecimal(host);
  if (!number || host.size() != 8) return fail(fmt::format("unexpected IP:Port {}", quote(text)));
  address.host = fmt::format("{}.{}.{}.{}", *number >> 24, *number >> 16 & 255, *number >> 8 & 255,
                             *number & 255);
  return address;
}

struct Load {
  double active = 0;
  double inactive = 0;
  double weight = 0;
};

class Ipvs final : public Collector {
 public:
  static Result<std::unique_ptr<Ipvs>> create(const CollectorOptions& options) {
    auto ipvs = std::make_unique<Ipvs>();
    ipvs->paths_ = options.paths;
    const auto& wanted = options.arguments.ipvs.backend_labels;
    std::vector<std::string> unknown;
    for (const std::string& label : wanted) {
      if (!label.empty() && std::ranges::find(all_labels, label) == all_labels.end()) {
        unknown.push_back(label);
      }
    }
    if (!unknown.empty()) {
      std::ranges::sort(unknown);
      return fail(fmt::format("unknown IPVS backend labels: {}",
                              quote(fmt::format("{}", fmt::join(unknown, ", ")))));
    }
    for (const std::string_view label : all_labels) {
      if (wanted.empty() || std::ranges::find(wanted, label) != wanted.end()) {
        ipvs->labels_.push_back(label);
      }
    }
    return ipvs;
  }

  Result<> collect(Metrics& out) override {
    TRY(add_sums(out));
    TRY(const std::string text, read_text_or_no_data(paths_.in_proc("net/ip_vs")));
    std::map<std::string_view, std::string> service;
    std::map<std::vector<std::string>, Load> loads;  // By the values of the labels.
    Result<> result;
    for_each_line(text, [&](std::string_view line) {
      if (result) result = read_line(words(line), service, loads);
    });
    TRY(result);
    for (const auto& [values, load] : loads) {
      std::vector<Label> labels;
      for (size_t i = 0; i < labels_.size(); ++i) labels.emplace_back(labels_[i], values[i]);
      out.add(Kind::gauge, "node_ipvs_backend_connections_active",
              "The current active connections by local and remote address.", labels, load.active);
      out.add(Kind::gauge, "node_ipvs_backend_connections_inactive",
              "The current inactive connections by local and remote address.", labels,
              load.inactive);
      out.add(Kind::gauge, "node_ipvs_backend_weight",
              "The current backend weight by local and remote address.", labels, load.weight);
    }
    return {};
  }

 private:
  Result<> add_sums(Metrics& out) const {
    TRY(const std::string text, read_text_or_no_data(paths_.in_proc("net/ip_vs_stats")));
    const auto lines = split(text, '\n');
    const auto parts = lines.size() > 2 ? words(lines[2]) : std::vector<std::string_view>();
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> sums = {{
        {"node_ipvs_connections_total", "The total number of connections made."},
        {"node_ipvs_incoming_packets_total", "The total number of incoming packets."},
        {"node_ipvs_outgoing_packets_total", "The total number of outgoing packets."},
        {"node_ipvs_incoming_bytes_total", "The total amount of incoming data."},
        {"node_ipvs_outgoing_bytes_total", "The total amount of outgoing data."},
    }};
    if (parts.size() != sums.size())
      return fail("ip_vs_stats corrupt: unexpected number of fields");
    for (size_t i = 0; i < sums.size(); ++i) {
      out.counter(sums[i].first, sums[i].second, {},
                  static_cast<double>(to_hexadecimal(parts[i]).value_or(0)));
    }
    return {};
  }

  // A line of a service, then those of its backends: "-> address forward weight active inactive".
  Result<> read_line(const std::vector<std::string_view>& parts,
                     std::map<std::string_view, std::string>& service,
                     std::map<std::vector<std::string>, Load>& loads) const {
    if (parts.size() < 2) return {};
    if (parts[0] == "TCP" || parts[0] == "UDP") {
      TRY(Address local, parse_address(parts[1]));
      service = {{"proto", std::string(parts[0])},
                 {"local_address", std::move(local.host)},
                 {"local_port", std::move(local.port)}};
    } else if (parts[0] == "FWM") {
      service = {{"proto", "FWM"}, {"local_mark", std::string(parts[1])}, {"local_port", "0"}};
    } else if (parts[0] == "->" && parts.size() >= 6 && parts[1] != "RemoteAddress:Port") {
      TRY(Address remote, parse_address(parts[1]));
      service["remote_address"] = std::move(remote.host);
      service["remote_port"] = std::move(remote.port);
      std::vector<std::string> values;
      for (const std::string_view label : labels_) values.push_back(service[label]);
      Load& load = loads[std::move(values)];
      load.weight += to_double_or_zero(parts[3]);
      load.active += to_double_or_zero(parts[4]);
      load.inactive += to_double_or_zero(parts[5]);
    }
    return {};
  }

  Paths paths_;
  std::vector<std::string_view> labels_;
};

}  // namespace

Result<std::unique_ptr<Collector>> create_ipvs(const CollectorOptions& options) {
  return create_collector<Ipvs>(options);
}

}  // namespace alloy::prometheus::exporter_unix
