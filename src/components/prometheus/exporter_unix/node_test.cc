#include "components/prometheus/exporter_unix/node.h"

#include "base/log.h"
#include "components/prometheus/exporter_unix/collectors.h"
#include "components/prometheus/exporter_unix/fake_machine.h"

namespace alloy::prometheus::exporter_unix {
namespace {

std::vector<std::string> chosen(const Arguments& arguments) {
  std::vector<std::string> names;
  for (const CollectorType* type : choose_collectors(arguments, {})) names.emplace_back(type->name);
  return names;
}

using Names = std::vector<std::string>;

TEST_CASE("prometheus.exporter.unix runs what node_exporter runs by default") {
  CHECK(chosen({}) == Names{"arp",       "bcache",     "bonding",      "btrfs",
                            "conntrack", "cpu",        "cpufreq",      "diskstats",
                            "dmi",       "edac",       "entropy",      "fibrechannel",
                            "filefd",    "filesystem", "hwmon",        "infiniband",
                            "ipvs",      "loadavg",    "mdadm",        "meminfo",
                            "netclass",  "netdev",     "netstat",      "nfs",
                            "nfsd",      "nvme",       "os",           "powersupplyclass",
                            "pressure",  "processes",  "rapl",         "schedstat",
                            "selinux",   "sockstat",   "softnet",      "stat",
                            "tapestats", "textfile",   "thermal_zone", "time",
                            "timex",     "udp_queues", "uname",        "vmstat",
                            "xfs",       "zfs"});
}

TEST_CASE("prometheus.exporter.unix sets, adds and takes away collectors") {
  CHECK(chosen({.set_collectors = {"uname", "loadavg"}}) == Names{"loadavg", "uname"});
  CHECK(chosen({.enable_collectors = {"ksmd"}, .set_collectors = {"uname"}}) ==
        Names{"ksmd", "uname"});
  CHECK(chosen({.disable_collectors = {"uname", "time"}, .set_collectors = {"uname", "stat"}}) ==
        Names{"stat"});
  // Named in both lists: it runs.
  CHECK(chosen({.enable_collectors = {"uname"},
                .disable_collectors = {"uname"},
                .set_collectors = {"stat"}}) == Names{"stat", "uname"});
}

TEST_CASE("prometheus.exporter.unix tells of collectors that nobody knows, and goes on") {
  std::string lines;
  const auto sink = std::make_shared<LogSink>([&](std::string_view line) { lines += line; });
  sink->configure(LogLevel::info, LogFormat::logfmt);
  const auto types = choose_collectors(
      {.enable_collectors = {"boottime"}, .set_collectors = {"uname", "unmae"}}, Logger(sink));
  CHECK(types.size() == 1);
  CHECK(lines.contains("unknown collector, ignoring it\" name=unmae"));
  CHECK(lines.contains("does not exist on Linux, ignoring it\" name=boottime"));
}

TEST_CASE("prometheus.exporter.unix refuses collectors that it does not have") {
  const auto node = Node::create({.enable_collectors = {"wifi"}}, {}, real_clock());
  REQUIRE_FALSE(node);
  CHECK(node.error().message() ==
        "collector wifi: the wifi collector is not built into this program");
}

TEST_CASE("prometheus.exporter.unix refuses expressions that are none") {
  const FakeMachine machine;
  const auto node =
      Node::create(machine.here("netdev", {.netdev = {.device_include = "("}}), {}, real_clock());
  REQUIRE_FALSE(node);
  CHECK(node.error().message().starts_with("collector netdev: error parsing regexp: missing"));
  const auto both = Node::create(
      machine.here("netdev", {.netdev = {.device_exclude = "a", .device_include = "b"}}), {},
      real_clock());
  REQUIRE_FALSE(both);
  CHECK(both.error().message() ==
        "collector netdev: device-exclude & device-include are mutually exclusive");
}

TEST_CASE("a collector that fails costs only its own metrics, and is told of once") {
  FakeMachine machine;
  machine.write("proc/sys/fs/file-nr", "10\t0\t100\n");
  std::string lines;
  const auto sink = std::make_shared<LogSink>([&](std::string_view line) { lines += line; });
  sink->configure(LogLevel::error, LogFormat::logfmt);
  Arguments arguments = machine.here("filefd");
  arguments.set_collectors = {"filefd", "loadavg", "mdadm"};
  const auto node = Node::create(arguments, Logger(sink), real_clock());
  REQUIRE(node);
  const std::string text = (*node)->collect();
  CHECK(value_of(text, "node_filefd_allocated") == "10");
  CHECK(success(text, "filefd") == "1");
  CHECK(success(text, "loadavg") == "0");
  CHECK(success(text, "mdadm") == "0");
  CHECK(text.contains("node_scrape_collector_duration_seconds{collector=\"loadavg\"} "));
  CHECK(lines.contains("collector failed"));
  CHECK(lines.contains("name=loadavg"));
  // Where there is nothing of the kind, nothing is wrong.
  CHECK_FALSE(lines.contains("mdadm"));
  lines.clear();
  (*node)->collect();
  CHECK(lines.empty());
}

TEST_CASE("prometheus.exporter.unix counts its scrapes only if asked to") {
  FakeMachine machine;
  const std::string none = machine.scrape("uname");
  CHECK(value_of(none, "promhttp_metric_handler_errors_total{cause=\"gathering\"}") == "0");
  CHECK_FALSE(none.contains("promhttp_metric_handler_requests_total"));
  const auto node = machine.node("uname", {.include_exporter_metrics = true});
  node->collect();
  const std::string text = node->collect();
  CHECK(value_of(text, "promhttp_metric_handler_requests_total{code=\"200\"}") == "1");
  CHECK(value_of(text, "promhttp_metric_handler_requests_in_flight") == "1");
}

}  // namespace
}  // namespace alloy::prometheus::exporter_unix
