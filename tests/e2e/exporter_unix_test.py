"""prometheus.exporter.unix beside Debian's node_exporter on the same machine, metric by metric; and its
systemd and logind collectors on a D-Bus of their own."""
import pathlib
import re
import subprocess
import threading
import unittest
import xmlrpc.server

from peers import Alloy, Process, Story, eventually, free_port, has, http

# Collectors that need naming in one of the two, and that say something on any machine.
NAMED = ["buddyinfo", "cgroups", "interrupts", "lnstat", "meminfo_numa", "network_route", "qdisc", "slabinfo",
         "tcpstat", "zoneinfo"]
MOUNT_POINTS = "^/(dev|proc|sys)($|/)"
TYPES = "^(autofs|binfmt_misc|cgroup2?|devpts|devtmpfs|overlay|proc|sysfs|tracefs)$"

# What either says of itself, and what Debian's version (1.5.0) has otherwise.
OWN = re.compile(r"^(go_|process_|promhttp_|node_exporter_build_info|node_scrape_collector_duration_seconds)")
# Shown by 1.5.0 even where nobody asked for it.
NOT_ASKED_FOR = {"node_cpu_guest_seconds_total"}
# Gauges that stay as they are while the machine runs. (Counters are caught between two scrapes.)
STEADY = re.compile(r"_info$|_info\{|_limit|_max|^node_(boot_time_seconds|memory_(MemTotal|SwapTotal|VmallocTotal|"
                    r"Hugepagesize)_bytes|filesystem_(size_bytes|files|readonly|device_error)|filefd_maximum|"
                    r"network_(mtu_bytes|flags|iface_id|protocol_type|up|transmit_queue_length)|"
                    r"cgroups_enabled|entropy_pool_size_bits|time_zone_offset_seconds|timex_tick_seconds|"
                    r"zoneinfo_(managed|present|spanned)_pages|slabinfo_(object_size_bytes|objects_per_slab|"
                    r"pages_per_slab))(\{|$)")
# Series that come and go with what runs at the moment.
FLEETING = re.compile(r"^node_(processes_(threads_)?state|tcp_connection_states|arp_entries|slabinfo_)")


def parse(text):
    """({family: help}, {family: type}, {series: value})"""
    helps, types, series = {}, {}, {}
    for line in text.splitlines():
        if line.startswith("# HELP "):
            _, _, name, *rest = line.split(" ", 3)
            helps[name] = rest[0] if rest else ""
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            types[name] = kind
        elif line:
            key, value = line.rsplit(" ", 1)
            series[key] = float(value)
    return helps, types, series


def close(a, b):
    return a == b or (a != a and b != b) or abs(a - b) <= 1e-9 * max(abs(a), abs(b))


class Peer(Process):
    def __init__(self, folder, *args, environment=()):
        self.port = free_port()
        argv = ["env", *environment, "prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{self.port}",
                *args]
        super().__init__(argv, folder, "node-exporter")

    def start(self):
        super().start()
        eventually(lambda: self.scrape() != "", what="node-exporter")
        return self

    def scrape(self):
        status, body = http(f"http://127.0.0.1:{self.port}/metrics")
        return body if status == 200 else ""


def scrape(alloy):
    status, body = http(alloy.url("/api/v0/component/prometheus.exporter.unix.x/metrics"), timeout=30)
    assert status == 200, body
    return body


@unittest.skipUnless(has("prometheus-node-exporter"), "needs prometheus-node-exporter")
class BesideNodeExporter(Story):
    def setUp(self):
        super().setUp()
        text = self.folder / "text"
        text.mkdir()
        (text / "a.prom").write_text("# HELP tf Of a file.\n# TYPE tf counter\ntf{a=\"1\"} 2\n"
                                     "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\n"
                                     "h_sum 3\nh_count 2\n")
        (text / "b.prom").write_text("plain 1\n")
        (text / "bad.prom").write_text("not { a metric\n")
        self.peer = self.enter(Peer(
            self.folder, *(f"--collector.{name}" for name in [*NAMED, "processes"]),
            "--no-collector.netdev.netlink", "--collector.netdev.device-exclude=^none$",
            "--collector.netdev.address-info", "--collector.cpu.info", "--no-collector.systemd",
            f"--collector.filesystem.mount-points-exclude={MOUNT_POINTS}",
            f"--collector.filesystem.fs-types-exclude={TYPES}", f"--collector.textfile.directory={text}"))
        named = ", ".join(f'"{name}"' for name in NAMED)
        self.alloy = self.enter(Alloy(self.folder, f"""
prometheus.exporter.unix "x" {{
  enable_collectors = [{named}]

  netdev {{
    device_exclude = "^none$"
    address_info   = true
  }}

  cpu {{
    info = true
  }}

  filesystem {{
    mount_points_exclude = "{MOUNT_POINTS}"
    fs_types_exclude     = "{TYPES}"
  }}

  textfile {{
    directory = "{text}"
  }}
}}
"""))

    def test_families_series_and_values(self):
        before = parse(self.peer.scrape())
        ours = parse(scrape(self.alloy))
        after = parse(self.peer.scrape())

        families = {n for n in before[1] if not OWN.match(n) and n not in NOT_ASKED_FOR}
        # A family that nothing is in just now may be missing.
        lacking = sorted(n for n in families - set(ours[1]) if not FLEETING.match(n))
        self.assertEqual(lacking, [], "families that only node_exporter has")
        for name in sorted(families & set(ours[1])):
            self.assertEqual(ours[1][name], before[1][name], f"the type of {name}")
            self.assertEqual(ours[0].get(name), before[0].get(name), f"the help of {name}")

        steady = {k: v for k, v in before[2].items() if k in after[2]}
        missing, wrong = [], []
        for key, low in steady.items():
            name = key.split("{", 1)[0]
            if OWN.match(name) or name in NOT_ASKED_FOR or FLEETING.match(name):
                continue
            if name == "node_network_info":  # 1.5.0 has no adminstate.
                key = re.sub(r'(address="[^"]*",)', r'\1adminstate="%s",' % self.admin_state(key), key)
            if key not in ours[2]:
                missing.append(key)
                continue
            value, high = ours[2][key], after[2].get(key, low)
            if STEADY.search(name) and low == high and not close(value, low):
                wrong.append((key, low, value))
            # Kernels may take a little of a CPU's time back.
            slack = 1 if name == "node_cpu_seconds_total" else 1e-9 * abs(high)
            if before[1].get(name) == "counter" and not low - slack <= value <= high + slack:
                wrong.append((key, low, value, high))
        self.assertEqual(missing, [], "series that only node_exporter has")
        self.assertEqual(wrong, [], "values: node_exporter, ours, node_exporter again")
        self.assertGreater(len(steady), 500)

    def admin_state(self, key):
        device = re.search(r'device="([^"]*)"', key).group(1)
        flags = int(pathlib.Path(f"/sys/class/net/{device}/flags").read_text(), 16)
        return "up" if flags & 1 else "down"

    def test_success_of_each_collector(self):
        def of(text):
            return {k: v for k, v in parse(text)[2].items() if k.startswith("node_scrape_collector_success")}
        theirs, ours = of(self.peer.scrape()), of(scrape(self.alloy))
        self.assertEqual({k: ours.get(k) for k in theirs}, theirs)

    def test_text_files(self):
        ours, theirs = parse(scrape(self.alloy)), parse(self.peer.scrape())
        for key in ["tf{a=\"1\"}", "h_bucket{le=\"1\"}", "h_bucket{le=\"+Inf\"}", "h_sum", "h_count", "plain",
                    "node_textfile_scrape_error"]:
            self.assertEqual(ours[2].get(key), theirs[2].get(key), key)
        self.assertEqual(ours[0]["plain"], theirs[0]["plain"])
        self.assertIn("text format parsing error in line 1", self.alloy.log())


class Supervised(Story):
    def test_processes(self):
        server = xmlrpc.server.SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False)
        server.register_function(lambda: [
            {"name": "web", "group": "all", "state": 20, "start": 1700000000, "exitstatus": 0, "pid": 7},
            {"name": "job", "group": "all", "state": 100, "start": 1600000000, "exitstatus": 3, "spawnerr": ""},
        ], "supervisor.getAllProcessInfo")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        alloy = self.enter(Alloy(self.folder, f"""
prometheus.exporter.unix "x" {{
  set_collectors = ["supervisord"]

  supervisord {{
    url = "http://127.0.0.1:{server.server_address[1]}/RPC2"
  }}
}}
"""))
        values = parse(scrape(alloy))[2]
        web, job = '{group="all",name="web"}', '{group="all",name="job"}'
        expected = {"node_supervisord_up" + web: 1, "node_supervisord_state" + web: 20,
                    "node_supervisord_start_time_seconds" + web: 1_700_000_000,
                    "node_supervisord_up" + job: 0, "node_supervisord_exit_status" + job: 3,
                    "node_supervisord_start_time_seconds" + job: None,
                    'node_scrape_collector_success{collector="supervisord"}': 1}
        self.assertEqual({key: values.get(key) for key in expected}, expected)


BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>
"""
SYSTEM_PYTHON = "/usr/bin/python3"


def has_bindings():
    if not has("dbus-daemon", SYSTEM_PYTHON):
        return False
    check = subprocess.run([SYSTEM_PYTHON, "-c", "import dbus, gi"], capture_output=True, timeout=60)
    return check.returncode == 0


@unittest.skipUnless(has_bindings(), "needs dbus-daemon, python3-dbus, python3-gi")
class OnABus(Story):
    def test_units_and_sessions(self):
        path = self.folder / "bus"
        address = f"unix:path={path}"
        config = self.folder / "bus.conf"
        config.write_text(BUS_CONFIG.format(path=path))
        self.enter(Process(["dbus-daemon", f"--config-file={config}", "--nofork"], self.folder, "dbus"))
        eventually(path.exists, what="the bus")
        services = self.enter(Process([SYSTEM_PYTHON, pathlib.Path(__file__).parent / "fake_system_bus.py",
                                       address], self.folder, "services"))
        eventually(lambda: "ready" in services.log(), what="the services on the bus")
        alloy = self.enter(Alloy(self.folder, """
prometheus.exporter.unix "x" {
  set_collectors = ["systemd", "logind"]

  systemd {
    enable_restarts = true
    start_time      = true
    task_metrics    = true
  }
}
""", wrap=["env", f"DBUS_SYSTEM_BUS_ADDRESS={address}"]))
        values = parse(scrape(alloy))[2]
        expected = {
            'node_scrape_collector_success{collector="systemd"}': 1,
            'node_scrape_collector_success{collector="logind"}': 1,
            'node_systemd_version{version="252.39-1~deb12u2"}': 252.39,
            'node_systemd_system_running': 1,
            'node_systemd_units{state="active"}': 3,
            'node_systemd_units{state="failed"}': 1,
            'node_systemd_units{state="inactive"}': 1,
            'node_systemd_unit_state{name="web.service",state="active",type="notify"}': 1,
            'node_systemd_unit_state{name="web.service",state="failed",type="notify"}': 0,
            'node_systemd_unit_state{name="web.socket",state="failed",type=""}': 1,
            'node_systemd_unit_start_time_seconds{name="web.socket"}': 0,
            'node_systemd_service_restart_total{name="web.service"}': 3,
            'node_systemd_unit_tasks_current{name="web.service"}': 7,
            'node_systemd_unit_tasks_max{name="web.service"}': None,
            'node_systemd_socket_accepted_connections_total{name="web.socket"}': 5,
            'node_systemd_socket_current_connections{name="web.socket"}': 1,
            'node_systemd_socket_refused_connections_total{name="web.socket"}': 2,
            'node_systemd_timer_last_trigger_seconds{name="daily.timer"}': 1_500_000_000,
            # Left out by unit_exclude, and because it is not loaded.
            'node_systemd_unit_state{name="data.mount",state="active",type=""}': None,
            'node_systemd_unit_state{name="gone.service",state="inactive",type=""}': None,
            'node_logind_sessions{class="user",remote="false",seat="seat0",type="tty"}': 1,
            'node_logind_sessions{class="user",remote="true",seat="",type="other"}': 1,
            'node_logind_sessions{class="user",remote="true",seat="seat0",type="tty"}': 0,
        }
        self.assertEqual({key: values.get(key) for key in expected}, expected)

    def test_no_bus(self):
        alloy = self.enter(Alloy(self.folder, """
prometheus.exporter.unix "x" {
  set_collectors = ["systemd", "uname"]
}
""", wrap=["env", f"DBUS_SYSTEM_BUS_ADDRESS=unix:path={self.folder}/none"]))
        values = parse(scrape(alloy))[2]
        self.assertEqual(values['node_scrape_collector_success{collector="systemd"}'], 0)
        self.assertEqual(values['node_scrape_collector_success{collector="uname"}'], 1)
        self.assertIn("couldn't get dbus connection", alloy.log())


if __name__ == "__main__":
    unittest.main()
