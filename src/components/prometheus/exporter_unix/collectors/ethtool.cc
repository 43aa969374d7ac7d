// ethtool: what drivers of network devices know, and what their ports can do.
#include <cerrno>
#include <cstring>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <map>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "components/prometheus/exporter_unix/collectors/all.h"
#include "components/prometheus/exporter_unix/collectors/names.h"
#include "components/prometheus/exporter_unix/filter.h"

namespace alloy::prometheus::exporter_unix {
namespace {

struct Speed {
  unsigned bit;
  double megabits;
  std::string_view duplex;
  std::string_view medium;
};

// Those that the 32 bits of the old request can name.
constexpr std::array<Speed, 22> speeds = {{
    {0, 10, "half", "T"},       {1, 10, "full", "T"},         {2, 100, "half", "T"},
    {3, 100, "full", "T"},      {4, 1000, "half", "T"},       {5, 1000, "full", "T"},
    {12, 10000, "full", "T"},   {17, 1000, "full", "KX"},     {18, 10000, "full", "KX4"},
    {19, 10000, "full", "KR"},  {20, 10000, "full", "R_FEC"}, {21, 20000, "full", "MLD2"},
    {22, 20000, "full", "KR2"}, {23, 40000, "full", "KR4"},   {24, 40000, "full", "CR4"},
    {25, 40000, "full", "SR4"}, {26, 40000, "full", "LR4"},   {27, 56000, "full", "KR4"},
    {28, 56000, "full", "CR4"}, {29, 56000, "full", "SR4"},   {30, 56000, "full", "LR4"},
    {31, 25000, "full", "CR"},
}};

constexpr std::array<std::pair<unsigned, std::string_view>, 6> port_types = {
    {{7, "TP"}, {8, "AUI"}, {9, "MII"}, {10, "FIBRE"}, {11, "BNC"}, {16, "Backplane"}}};
constexpr unsigned autonegotiation_bit = 6;
constexpr unsigned pause_bit = 13;
constexpr unsigned asymmetric_pause_bit = 14;

bool has(uint32_t modes, unsigned bit) { return (modes >> bit & 1) != 0; }

// Statistics that have a name of their own.
struct KnownStatistic {
  std::string_view key;
  std::string_view name;
  std::string_view help;
};
constexpr std::array<KnownStatistic, 7> known_statistics = {{
    {"rx_bytes", "node_ethtool_received_bytes_total", "Network interface bytes received"},
    {"rx_dropped", "node_ethtool_received_dropped_total", "Number of received frames dropped"},
    {"rx_errors", "node_ethtool_received_errors_total", "Number of received frames with errors"},
    {"rx_packets", "node_ethtool_received_packets_total", "Network interface packets received"},
    {"tx_bytes", "node_ethtool_transmitted_bytes_total", "Network interface bytes sent"},
    {"tx_errors", "node_ethtool_transmitted_errors_total", "Number of sent frames with errors"},
    {"tx_packets", "node_ethtool_transmitted_packets_total", "Network interface packets sent"},
}};

// "node_ethtool_received_crc_errors" of "rx_crc_errors".
std::string statistic_name(std::string_view key) {
  std::string clean = metric_name(key);
  for (char& c : clean) {
    if (c >= 'A' && c <= 'Z') c = char(c + 32);
  }
  clean.erase(0, std::min(clean.find_first_not_of('_'), clean.size()));
  std::string name = "node_ethtool";
  // Of two of a kind behind each other only the first is spelled out, in the real program too.
  std::string_view spelled_out;
  for (const std::string_view part : split(clean, '_')) {
    const bool is_short = (part == "rx" || part == "tx") && part != spelled_out;
    spelled_out = is_short ? part : std::string_view();
    name += '_';
    name += !is_short ? part : part == "rx" ? "received" : "transmitted";
  }
  return name;
}

// Asks the kernel about devices.
class EthtoolSocket {
 public:
  EthtoolSocket() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}
  ~EthtoolSocket() {
    if (socket_ >= 0) ::close(socket_);
  }
  EthtoolSocket(const EthtoolSocket&) = delete;
  EthtoolSocket& operator=(const EthtoolSocket&) = delete;

  // `request` starts with its command, and is filled in.
  bool ask(const std::string& device, void* request) const {
    ifreq message{};
    std::strncpy(message.ifr_name, device.c_str(), IFNAMSIZ - 1);
    message.ifr_data = static_cast<char*>(request);
    return ::ioctl(socket_, SIOCETHTOOL, &message) == 0;
  }

  std::map<std::string, uint64_t> statistics(const std::string& device) const {
    ethtool_drvinfo info{.cmd = ETHTOOL_GDRVINFO};
    if (!ask(device, &info) || info.n_stats == 0) return {};
    constexpr uint32_t statistics_max = 1 << 16;
    const uint32_t count = std::min(info.n_stats, statistics_max);
    std::vector<uint64_t> names_memory((sizeof(ethtool_gstrings) + count * ETH_GSTRING_LEN) / 8 +
                                       2);
    auto* names = reinterpret_cast<ethtool_gstrings*>(names_memory.data());
    *names = {.cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_STATS, .len = count};
    std::vector<uint64_t> values_memory(sizeof(ethtool_stats) / 8 + count + 1);
    auto* values = reinterpret_cast<ethtool_stats*>(values_memory.data());
    *values = {.cmd = ETHTOOL_GSTATS, .n_stats = count};
    if (!ask(device, names) || !ask(device, values)) return {};
    std::map<std::string, uint64_t> found;
    for (uint32_t i = 0; i < std::min(count, values->n_stats); ++i) {
      const char* name = reinterpret_cast<const char*>(names->data) + i * ETH_GSTRING_LEN;
      found.emplace(std::string(name, ::strnlen(name, ETH_GSTRING_LEN)), values->data[i]);
    }
    return found;
  }

 private:
  int socket_;
};

class Ethtool final : public Collector {
 public:
  static Result<std::unique_ptr<Ethtool>> create(const CollectorOptions& options) {
    const EthtoolArguments& arguments = options.arguments.ethtool;
    auto ethtool = std::make_unique<Ethtool>();
    ethtool->paths_ = options.paths;
    TRY(ethtool->filter_, Filter::create(arguments.device_include, arguments.device_exclude));
    TRY(ethtool->metrics_, SearchExpression::create(arguments.metrics_include));
    return ethtool;
  }

  Result<> collect(Metrics& out) override {
    const std::string folder = paths_.in_sys("class/net");
    TRY(const auto devices, entries_or_no_data(folder));
    const EthtoolSocket socket;
    for (const std::string& device : devices) {
      if (!is_directory(Paths::join(folder, device)) || !filter_.passes(device)) continue;
      add_link(socket, device, out);
      add_driver(socket, device, out);
      add_statistics(socket, device, out);
    }
    return {};
  }

 private:
  static void add_modes(std::string_view what, const std::string& device, uint32_t modes,
                        Metrics& out);
  static void add_link(const EthtoolSocket& socket, const std::string& device, Metrics& out);
  static void add_driver(const EthtoolSocket& socket, const std::string& device, Metrics& out);
  void add_statistics(const EthtoolSocket& socket, const std::string& device, Metrics& out) const;

  Paths paths_;
  Filter filter_;
  std::optional<SearchExpression> metrics_;
};

void Ethtool::add_modes(std::string_view what, const std::string& device, uint32_t modes,
                        Metrics& out) {
  const bool is_supported = what == "supported";
  for (const Speed& speed : speeds) {
    if (!has(modes, speed.bit)) continue;
    out.gauge(fmt::format("node_network_{}_speed_bytes", what),
              is_supported ? "Combination of speeds and features supported by network device"
                           : "Combination of speeds and features offered by network device",
              {{"device", device},
               {"duplex", speed.duplex},
               {"mode", fmt::format("{}base{}", speed.megabits, speed.medium)}},
              speed.megabits * 1e6 / 8);
  }
  const auto add = [&](std::string_view name, std::string_view supported, std::string_view offered,
                       unsigned bit) {
    out.gauge(fmt::format("node_network_{}_{}", name, what), is_supported ? supported : offered,
              {{"device", device}}, has(modes, bit) ? 1 : 0);
  };
  add("autonegotiate", "If this port device supports autonegotiate",
      "If this port device offers autonegotiate", autonegotiation_bit);
  add("pause", "If this port device supports pause frames",
      "If this port device offers pause capability", pause_bit);
  add("asymmetricpause", "If this port device supports asymmetric pause frames",
      "If this port device offers asymmetric pause capability", asymmetric_pause_bit);
}

void Ethtool::add_link(const EthtoolSocket& socket, const std::string& device, Metrics& out) {
  ethtool_cmd link{.cmd = ETHTOOL_GSET};
  if (!socket.ask(device, &link)) return;  // Virtual devices have none.
  add_modes("supported", device, link.supported, out);
  add_modes("advertised", device, link.advertising, out);
  for (const auto& [bit, type] : port_types) {
    if (!has(link.supported, bit)) continue;
    out.gauge("node_network_supported_port_info",
              "Type of ports or PHYs supported by network device",
              {{"device", device}, {"type", type}}, 1);
  }
  out.gauge("node_network_autonegotiate", "If this port is using autonegotiate",
            {{"device", device}}, link.autoneg);
}

void Ethtool::add_driver(const EthtoolSocket& socket, const std::string& device, Metrics& out) {
  ethtool_drvinfo info{.cmd = ETHTOOL_GDRVINFO};
  if (!socket.ask(device, &info)) return;
  out.gauge("node_ethtool_info",
            "A metric with a constant '1' value labeled by bus_info, device, driver, "
            "expansion_rom_version, firmware_version, version.",
            {{"bus_info", info.bus_info},
             {"device", device},
             {"driver", info.driver},
             {"expansion_rom_version", info.erom_version},
             {"firmware_version", info.fw_version},
             {"version", info.version}},
            1);
}

void Ethtool::add_statistics(const EthtoolSocket& socket, const std::string& device,
                             Metrics& out) const {
  const auto statistics = socket.statistics(device);
  // Different statistics may become one name: then none of them is told.
  std::map<std::string, size_t> names;
  for (const auto& [key, value] : statistics) {
    if (metrics_->matches(key)) ++names[statistic_name(key)];
  }
  for (const auto& [key, value] : statistics) {
    const std::string name = statistic_name(key);
    if (!metrics_->matches(key) || names[name] > 1) continue;
    const auto known = std::ranges::find(known_statistics, key, &KnownStatistic::key);
    if (known != known_statistics.end()) {
      out.untyped(known->name, known->help, {{"device", device}}, static_cast<double>(value));
    } else {
      out.untyped(name, fmt::format("Network interface {}", key), {{"device", device}},
                  static_cast<double>(value));
    }
  }
}

}  // namespace

Result<std::unique_ptr<Collector>> create_ethtool(const CollectorOptions& options) {
  return create_collector<Ethtool>(options);
}

}  // namespace alloy::prometheus::exporter_unix
