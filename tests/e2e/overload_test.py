"""More than fits into memory: load is shed by policy, and the program stays below its limit."""
import json
import os
import re
import unittest

from http_targets import Quiet, Server, Sink
from peers import Alloy, Story, eventually, http

MIB = 1 << 20
LINE = b'e2e_series{number="%07d"} 1\n'
LINE_BYTES = len(LINE % 0)

CONFIG = """
prometheus.scrape "many" {{
  targets         = [
{targets}
  ]
  forward_to      = [prometheus.remote_write.sink.receiver]
  scrape_interval = "2s"
  scrape_timeout  = "2s"
}}

prometheus.remote_write "sink" {{
  endpoint {{
    url = "{url}"
  }}
}}
"""


class Targets(Server):
    """Serves as many series on each path as `series` says, and counts the requests."""

    def __init__(self, series):
        self.series = dict(series)  # path: number
        self.served = dict.fromkeys(self.series, 0)
        self.growth = dict.fromkeys(self.series, 0)  # a scrape
        self.text = b""
        self.body(max(self.series.values()))
        outer = self

        class Handler(Quiet):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                path = self.path.strip("/")
                outer.series[path] += outer.growth[path]
                try:
                    self.answer(200, outer.body(outer.series[path]))
                    outer.served[path] += 1
                except OSError:
                    pass  # There was no room for it.

        super().__init__(Handler)

    def body(self, count):
        lines = len(self.text) // LINE_BYTES
        if count > lines:
            self.text += b"".join(LINE % i for i in range(lines, 2 * count))
        return self.text[:count * LINE_BYTES]

    def listed(self):
        return "\n".join(
            f'    {{"__address__" = "{self.address}", "__metrics_path__" = "/{p}", "path" = "{p}"}},'
            for p in self.series)


class Overload(Story):

    def start(self, targets, url, more_bytes):
        """Alloy with a limit so many bytes above what it takes with hardly anything to do."""
        empty = self.folder / "empty"
        empty.mkdir()
        with Targets([("one", 10)]) as one, Sink() as sink, \
                Alloy(empty, CONFIG.format(targets=one.listed(), url=sink.write_url)) as idle:
            eventually(lambda: sink.requests > 0, 30, "a first request")
            rss = self.memory(idle, "VmRSS")
            idle.stop()
        self.limit = rss + more_bytes
        os.environ["GOMEMLIMIT"] = str(self.limit)
        self.addCleanup(os.environ.pop, "GOMEMLIMIT")
        self.alloy = self.enter(Alloy(self.folder, CONFIG.format(targets=targets.listed(), url=url)))
        return self.alloy

    def tearDown(self):
        if self.has_failed() and hasattr(self, "alloy"):
            print(self.alloy.log()[-3000:])

    @staticmethod
    def memory(alloy, field):
        with open(f"/proc/{alloy.child.pid}/status") as status:
            return int(re.search(rf"{field}:\s+(\d+) kB", status.read())[1]) * 1024

    def metric(self, pattern):
        text = http(self.alloy.url("/metrics"))[1]
        found = re.findall(rf"^{pattern} (\S+)$", text, re.M)
        return sum(map(float, found))

    def shed(self):
        return self.metric(r'alloy_scrapes_shed_total\{[^}]*reason="memory"[^}]*\}')

    def health(self, component):
        components = json.loads(http(self.alloy.url("/api/v0/web/components"))[1])
        return next(c["health"] for c in components if c["localID"] == component)

    def assert_within_limit(self):
        self.assertTrue(self.alloy.alive())
        # The limit is nine tenths of what a control group would allow.
        self.assertLess(self.memory(self.alloy, "VmHWM"), self.limit / 0.9)

    def test_of_ten_times_the_series_that_fit_those_that_fit_are_scraped_below_the_limit(self):
        few = [f"first{i}" for i in range(3)]
        targets = self.enter(Targets([(p, 1000) for p in few] + [(f"t{i}", 0) for i in range(150)]))
        sink = self.enter(Sink())
        sink.status = 503  # Nothing is decoded; the queue is on disk.
        self.start(targets, sink.write_url, 10 * MIB)
        eventually(lambda: min(targets.served.values()) >= 1, 60, "first scrapes")
        # So many series take about ten times what is left.
        for path in targets.series:
            if path not in few:
                targets.series[path] = 5000
        eventually(lambda: self.shed() > 0, 60, "scrapes to be left out")
        before = dict(targets.served)
        eventually(lambda: all(targets.served[p] > before[p] + 3 for p in few), 60,
                   "those that are known to be scraped")
        self.assert_within_limit()
        health = self.health("prometheus.scrape.many")
        self.assertEqual(health["state"], "unhealthy")
        self.assertIn("memory is short", health["message"])
        self.assertIn("Scrapes are left out", self.alloy.log())
        self.assertEqual(self.alloy.stop(), 0)

    def test_a_dead_sink_and_series_that_grow_for_ever_leave_the_others_their_scrapes(self):
        steady = [f"steady{i}" for i in range(3)]
        targets = self.enter(Targets([(p, 100) for p in steady] + [("growing", 100)]))
        sink = self.enter(Sink())
        sink.status = 503
        self.start(targets, sink.write_url, 10 * MIB)
        eventually(lambda: min(targets.served.values()) >= 2, 30, "scrapes")
        targets.growth["growing"] = 10_000
        eventually(lambda: self.shed() > 0, 120, "scrapes to be left out")
        before = dict(targets.served)
        eventually(lambda: all(targets.served[p] > before[p] + 3 for p in steady), 60,
                   "steady targets to be scraped")
        self.assert_within_limit()
        self.assertEqual(self.alloy.stop(), 0)

    def test_pushes_are_refused_while_memory_is_short(self):
        port_line = 'prometheus.receive_http "in" {{\n  http {{\n    listen_port = {port}\n  }}\n' \
                    '  forward_to = []\n}}\n'
        from peers import free_port
        port = free_port()
        os.environ["GOMEMLIMIT"] = "1MiB"
        self.addCleanup(os.environ.pop, "GOMEMLIMIT")
        self.alloy = self.enter(Alloy(self.folder, port_line.format(port=port)))
        url = f"http://127.0.0.1:{port}/api/v1/metrics/write"
        self.assertEqual(http(url, method="POST")[0], 503)
        self.assertEqual(self.metric(r"alloy_requests_shed_total\{[^}]*\}"), 1)
        self.assertEqual(self.health("prometheus.receive_http.in")["state"], "unhealthy")
        self.assertEqual(self.metric("alloy_memory_level"), 4)

    def test_a_limit_that_is_none_is_refused_at_the_start(self):
        os.environ["GOMEMLIMIT"] = "a lot"
        self.addCleanup(os.environ.pop, "GOMEMLIMIT")
        alloy = Alloy(self.folder, "").start_only()
        self.assertEqual(alloy.child.wait(20), 1)
        self.assertIn("malformed GOMEMLIMIT", alloy.log())


if __name__ == "__main__":
    unittest.main()
