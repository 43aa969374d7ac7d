#include "base/log.h"
#include "component/component_harness.h"
#include "components/prometheus/exporter_unix/collectors.h"
#include "components/prometheus/exporter_unix/fake_machine.h"
#include "components/prometheus/shared/exporter.h"

namespace alloy {

extern const ComponentType prometheus_exporter_unix;

}  // namespace alloy

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

TEST_CASE("prometheus.exporter.unix refuses paths without a file system for those who need it") {
  Arguments arguments{.procfs_path = "/nowhere", .sysfs_path = "/nowhere"};
  arguments.set_collectors = {"stat"};
  const auto node = Node::create(arguments, {}, real_clock());
  REQUIRE_FALSE(node);
  CHECK(node.error().message() ==
        "failed to open procfs: could not read \"/nowhere\": stat /nowhere: no such file or "
        "directory");
  arguments.set_collectors = {"uname"};
  CHECK(Node::create(arguments, {}, real_clock()));
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

// Knows one handler.
struct FakeHttp final : ComponentHttp {
  std::string address = "memory:1";
  net::Handler handler;

  const std::string& memory_address() const override { return address; }
  std::string path_of(std::string_view global_id) const override {
    return "/component/" + std::string(global_id) + "/";
  }
  Registration serve(std::string, net::Handler given) override {
    handler = std::move(given);
    return Registration([this] { handler = nullptr; });
  }
  Task<net::ServerResponse> call(net::ServerRequest request) override {
    return handler(std::move(request));
  }
  static Task<> ask(FakeHttp* http, net::ServerResponse* into) {
    *into = co_await http->call({.path = "/metrics"});
  }
};

TEST_CASE("prometheus.exporter.unix exports one target, and serves what its arguments ask for") {
  FakeHttp http;
  FakeMachine machine;
  machine.write("proc/loadavg", "1 2 3 1/2 3\n");
  ComponentHarness exporter(prometheus_exporter_unix);
  exporter.services().add<ComponentHttp>(http);
  REQUIRE(exporter.update(
      fmt::format("set_collectors = [\"loadavg\"]\nprocfs_path = \"{}\"", machine.path("proc"))));
  const TargetList& targets = exporter.exports<ExporterExports>()->targets;
  REQUIRE(targets.size() == 1);
  CHECK(targets[0].get("job") == "integrations/unix");
  CHECK(targets[0].get("instance") == host_name());
  net::ServerResponse response;
  exporter.executor().run(FakeHttp::ask(&http, &response));
  CHECK(value_of(response.body, "node_load5") == "2");
  REQUIRE(exporter.update("set_collectors = [\"uname\"]"));
  exporter.executor().run(FakeHttp::ask(&http, &response));
  CHECK(value_of(response.body, "node_load5") == "none");
  CHECK(response.body.contains("node_uname_info{"));
}

TEST_CASE("prometheus.exporter.unix keeps what it had if new arguments make no sense") {
  FakeHttp http;
  ComponentHarness exporter(prometheus_exporter_unix);
  exporter.services().add<ComponentHttp>(http);
  REQUIRE(exporter.update("set_collectors = [\"uname\"]"));
  const auto refused = exporter.update("enable_collectors = [\"wifi\"]");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message().contains("the wifi collector is not built into this program"));
  net::ServerResponse response;
  exporter.executor().run(FakeHttp::ask(&http, &response));
  CHECK(response.body.contains("node_uname_info{"));
}

}  // namespace
}  // namespace alloy::prometheus::exporter_unix
