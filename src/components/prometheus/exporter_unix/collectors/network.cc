// Network devices and protocols: arp, netdev, netclass, netstat, bonding.
#include <map>
#include <net/if.h>

#include <fmt/format.h>

#include "base/text.h"
#include "components/prometheus/exporter_unix/collectors/all.h"
#include "components/prometheus/exporter_unix/collectors/netlink.h"
#include "components/prometheus/exporter_unix/filter.h"

namespace alloy::prometheus::exporter_unix {
namespace {

class Arp final : public Collector {
 public:
  static Result<std::unique_ptr<Arp>> create(const CollectorOptions& options) {
    const ArpArguments& arguments = options.arguments.arp;
    auto arp = std::make_unique<Arp>();
    arp->paths_ = options.paths;
    arp->uses_netlink_ = arguments.netlink;
    TRY(arp->filter_, Filter::create(arguments.device_include, arguments.device_exclude));
    return arp;
  }

  Result<> collect(Metrics& out) override {
    std::map<std::string, double> counts;
    if (uses_netlink_) {
      TRY(counts, count_neighbours());
    } else {
      TRY(const std::string text, read_text(paths_.in_proc("net/arp")));
      bool is_header = true;
      for_each_line(text, [&](std::string_view line) {
        const auto parts = words(line);
        if (!is_header && parts.size() >= 6) ++counts[std::string(parts[5])];
        is_header = false;
      });
    }
    for (const auto& [device, count] : counts) {
      if (!filter_.passes(device)) continue;
      out.gauge("node_arp_entries", "ARP entries by device", {{"device", device}}, count);
    }
    return {};
  }

 private:
  Paths paths_;
  bool uses_netlink_ = false;
  Filter filter_;
};

class Netdev final : public Collector {
 public:
  static Result<std::unique_ptr<Netdev>> create(const CollectorOptions& options) {
    const NetdevArguments& arguments = options.arguments.netdev;
    auto netdev = std::make_unique<Netdev>();
    netdev->paths_ = options.paths;
    netdev->tells_addresses_ = arguments.address_info;
    TRY(netdev->filter_,
        Filter::create_exclusive(arguments.device_include, arguments.device_exclude));
    return netdev;
  }

  Result<> collect(Metrics& out) override {
    static constexpr std::array<std::string_view, 16> columns = {
        "receive_bytes",  "receive_packets",  "receive_errs",       "receive_drop",
        "receive_fifo",   "receive_frame",    "receive_compressed", "receive_multicast",
        "transmit_bytes", "transmit_packets", "transmit_errs",      "transmit_drop",
        "transmit_fifo",  "transmit_colls",   "transmit_carrier",   "transmit_compressed"};
    TRY(const std::string text, read_text(paths_.in_proc("net/dev")));
    for_each_line(text, [&](std::string_view line) {
      // The name may have colons of its own (eth0:1); the two lines of titles have none.
      const size_t colon = line.rfind(':');
      if (colon == std::string_view::npos) return;
      const std::string_view device = trim(line.substr(0, colon));
      const auto parts = words(line.substr(colon + 1));
      if (parts.size() < columns.size() || !filter_.passes(device)) return;
      for (size_t i = 0; i < columns.size(); ++i) {
        out.counter(fmt::format("node_network_{}_total", columns[i]),
                    fmt::format("Network device statistic {}.", columns[i]), {{"device", device}},
                    to_double_or_zero(parts[i]));
      }
    });
    if (!tells_addresses_) return {};
    TRY(const auto addresses, list_addresses());
    for (const InterfaceAddress& address : addresses) {
      out.gauge("node_network_address_info", "node network address by device",
                {{"device", address.device},
                 {"address", address.address},
                 {"netmask", address.prefix},
                 {"scope", address.scope}},
                1);
    }
    return {};
  }

 private:
  Paths paths_;
  bool tells_addresses_ = false;
  Filter filter_;
};

// Sysfs writes some of them in hexadecimal.
std::optional<int64_t> device_number(const std::string& path) {
  const auto text = read_attribute(path);
  if (!text) return std::nullopt;
  if (text->starts_with("0x")) {
    const auto value = to_hexadecimal(*text);
    return value ? std::optional(static_cast<int64_t>(*value)) : std::nullopt;
  }
  return to_integer(*text);
}

class Netclass final : public Collector {
 public:
  static Result<std::unique_ptr<Netclass>> create(const CollectorOptions& options) {
    const NetclassArguments& arguments = options.arguments.netclass;
    auto netclass = std::make_unique<Netclass>();
    netclass->paths_ = options.paths;
    netclass->hides_unknown_speed_ = arguments.ignore_invalid_speed_device;
    TRY(netclass->ignored_, optional_expression(arguments.ignored_devices));
    return netclass;
  }

  Result<> collect(Metrics& out) override {
    const std::string folder = paths_.in_sys("class/net");
    TRY(const auto devices, entries_or_no_data(folder));
    for (const std::string& device : devices) {
      const std::string files = fmt::format("{}/{}/", folder, device);
      if (!is_directory(files) || (ignored_ && ignored_->matches(device))) continue;
      add_device(device, files, out);
    }
    return {};
  }

 private:
  void add_device(const std::string& device, const std::string& files, Metrics& out) const;

  Paths paths_;
  bool hides_unknown_speed_ = false;
  std::optional<SearchExpression> ignored_;
};

void Netclass::add_device(const std::string& device, const std::string& files, Metrics& out) const {
  const std::string state = read_attribute_or_empty(files + "operstate");
  out.gauge("node_network_up", "Value is 1 if operstate is 'up', 0 otherwise.",
            {{"device", device}}, state == "up" ? 1 : 0);
  const auto flags = device_number(files + "flags");
  const std::string_view admin_state = !flags ? "unknown" : (*flags & IFF_UP) != 0 ? "up" : "down";
  out.gauge("node_network_info", "Non-numeric data from /sys/class/net/<iface>, value is always 1.",
            {{"device", device},
             {"address", read_attribute_or_empty(files + "address")},
             {"broadcast", read_attribute_or_empty(files + "broadcast")},
             {"duplex", read_attribute_or_empty(files + "duplex")},
             {"operstate", state},
             {"adminstate", admin_state},
             {"ifalias", read_attribute_or_empty(files + "ifalias")}},
            1);
  struct Property {
    std::string_view file;
    std::string_view name;
    Kind kind = Kind::gauge;
  };
  static constexpr std::array<Property, 16> properties = {{
      {"addr_assign_type", "address_assign_type"},
      {"carrier", "carrier"},
      {"carrier_changes", "carrier_changes_total", Kind::counter},
      {"carrier_up_count", "carrier_up_changes_total", Kind::counter},
      {"carrier_down_count", "carrier_down_changes_total", Kind::counter},
      {"dev_id", "device_id"},
      {"dormant", "dormant"},
      {"flags", "flags"},
      {"ifindex", "iface_id"},
      {"iflink", "iface_link"},
      {"link_mode", "iface_link_mode"},
      {"mtu", "mtu_bytes"},
      {"name_assign_type", "name_assign_type"},
      {"netdev_group", "net_dev_group"},
      {"tx_queue_len", "transmit_queue_length"},
      {"type", "protocol_type"},
  }};
  const auto add = [&](Kind kind, std::string_view name, double value) {
    out.add(kind, fmt::format("node_network_{}", name),
            fmt::format("Network device property: {}", name),
            std::array<Label, 1>{{{"device", device}}}, value);
  };
  for (const Property& property : properties) {
    if (const auto value = device_number(files + std::string(property.file))) {
      add(property.kind, property.name, static_cast<double>(*value));
    }
  }
  const auto megabits = device_number(files + "speed");
  // -1 stands for an unknown speed.
  if (megabits && (*megabits >= 0 || !hides_unknown_speed_)) {
    add(Kind::gauge, "speed_bytes", static_cast<double>(*megabits * 1000 * 1000 / 8));
  }
}

class Netstat final : public Collector {
 public:
  Netstat(Paths paths, SearchExpression fields)
      : paths_(std::move(paths)), fields_(std::move(fields)) {}
  static Result<std::unique_ptr<Netstat>> create(const CollectorOptions& options) {
    TRY(auto fields, SearchExpression::create(options.arguments.netstat.fields));
    return std::make_unique<Netstat>(options.paths, std::move(fields));
  }

  Result<> collect(Metrics& out) override {
    TRY(add_pairs_of_lines("net/netstat", out));
    TRY(add_pairs_of_lines("net/snmp", out));
    const std::string path = paths_.in_proc("net/snmp6");
    if (!exists(path)) return {};  // Without IPv6.
    TRY(const std::string text, read_text(path));
    for_each_line(text, [&](std::string_view line) {
      const auto parts = words(line);
      const size_t six = parts.size() < 2 ? std::string::npos : parts[0].find('6');
      if (six == std::string::npos) return;
      add(parts[0].substr(0, six + 1), parts[0].substr(six + 1), parts[1], out);
    });
    return {};
  }

 private:
  // "Tcp: names…", then "Tcp: values…".
  Result<> add_pairs_of_lines(std::string_view file, Metrics& out) const {
    TRY(const std::string text, read_text(paths_.in_proc(file)));
    std::vector<std::string_view> names;
    Result<> result;
    for_each_line(text, [&](std::string_view line) {
      const auto parts = words(line);
      if (parts.empty() || !result) return;
      if (names.empty()) {
        names = parts;
        return;
      }
      const std::string_view protocol = names[0].substr(0, names[0].size() - 1);
      if (parts.size() != names.size()) {
        result = fail(fmt::format("mismatch field count mismatch in {}: {}", file, protocol));
        return;
      }
      for (size_t i = 1; i < parts.size(); ++i) add(protocol, names[i], parts[i], out);
      names.clear();
    });
    return result;
  }

  void add(std::string_view protocol, std::string_view name, std::string_view value,
           Metrics& out) const {
    const std::string key = fmt::format("{}_{}", protocol, name);
    if (!fields_.matches(key)) return;
    out.untyped(fmt::format("node_netstat_{}", key), fmt::format("Statistic {}{}.", protocol, name),
                {}, to_double_or_zero(value));
  }

  Paths paths_;
  SearchExpression fields_;
};

}  // namespace

Result<std::unique_ptr<Collector>> create_arp(const CollectorOptions& options) {
  return create_collector<Arp>(options);
}

Result<std::unique_ptr<Collector>> create_netdev(const CollectorOptions& options) {
  return create_collector<Netdev>(options);
}

Result<std::unique_ptr<Collector>> create_netclass(const CollectorOptions& options) {
  return create_collector<Netclass>(options);
}

Result<std::unique_ptr<Collector>> create_netstat(const CollectorOptions& options) {
  return create_collector<Netstat>(options);
}

Result<> collect_bonding(const Paths& paths, Metrics& out) {
  const std::string folder = paths.in_sys("class/net");
  TRY(const std::string masters, read_text_or_no_data(folder + "/bonding_masters"));
  for (const std::string_view master : words(masters)) {
    TRY(const std::string slaves,
        read_text_or_no_data(fmt::format("{}/{}/bonding/slaves", folder, master)));
    double count = 0;
    double active = 0;
    for (const std::string_view slave : words(slaves)) {
      std::optional<std::string> state;
      for (const std::string_view prefix : {"lower", "slave"}) {  // Old kernels say "slave".
        if (!state) {
          state = read_attribute(
              fmt::format("{}/{}/{}_{}/bonding_slave/mii_status", folder, master, prefix, slave));
        }
      }
      if (!state) return no_data();
      ++count;
      if (*state == "up") ++active;
    }
    out.gauge("node_bonding_slaves", "Number of configured slaves per bonding interface.",
              {{"master", master}}, count);
    out.gauge("node_bonding_active", "Number of active slaves per bonding interface.",
              {{"master", master}}, active);
  }
  return {};
}

}  // namespace alloy::prometheus::exporter_unix
