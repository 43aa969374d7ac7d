"""Two servers of different kinds get the same samples; one is stopped and started while the other
goes on."""
import json
import pathlib
import unittest
import urllib.parse

from http_targets import CountingTarget
from peers import Alloy, Process, Prometheus, Story, eventually, free_port, has, http

CONFIG = """
prometheus.scrape "counting" {{
  targets         = [{{"__address__" = "{target}", "job" = "counting"}}]
  forward_to      = [prometheus.remote_write.both.receiver]
  scrape_interval = "1s"
  scrape_timeout  = "1s"
}}

prometheus.remote_write "both" {{
  endpoint {{
    name = "prometheus"
    url  = "{prometheus}"
    basic_auth {{
      username = "alloy"
      password = "secret"
    }}
  }}
  endpoint {{
    name = "victoria"
    url  = "{victoria}"
  }}
}}
"""


class VictoriaMetrics(Process):
    """Debian's VictoriaMetrics, with its data in a folder of its own."""

    def __init__(self, folder):
        self.base_url = f"http://127.0.0.1:{free_port()}"
        super().__init__(["victoria-metrics", f"-httpListenAddr={self.base_url[7:]}",
                          f"-storageDataPath={pathlib.Path(folder) / 'victoria'}",
                          "-search.latencyOffset=0s"], folder, "victoria")

    def start(self):
        super().start()
        eventually(lambda: http(f"{self.base_url}/health")[0] == 200, 30, "VictoriaMetrics")
        return self

    def values(self, name):
        """The values of the one series of this name, in the order of their times."""
        query = urllib.parse.urlencode({"match[]": name})
        status, body = http(f"{self.base_url}/api/v1/export?{query}")
        assert status == 200, (status, body)
        found = []
        for line in body.splitlines():
            series = json.loads(line)
            found += zip(series["timestamps"], series["values"])
        return [int(value) for _, value in sorted(found) if value is not None]


@unittest.skipUnless(has("prometheus", "victoria-metrics", "htpasswd"), "peers missing")
class TwoServers(Story):

    def setUp(self):
        super().setUp()
        self.prometheus = self.enter(Prometheus(self.folder, "secret"))
        self.victoria = self.enter(VictoriaMetrics(self.folder))
        self.target = self.enter(CountingTarget())
        self.alloy = self.enter(Alloy(self.folder, CONFIG.format(
            target=self.target.address, prometheus=self.prometheus.write_url,
            victoria=f"{self.victoria.base_url}/api/v1/write")))

    def tearDown(self):
        if self.has_failed():
            print(self.alloy.log()[-4000:])

    def at_prometheus(self):
        return [int(v) for _, v in self.prometheus.samples("e2e_scrapes_total") if v == v]

    def wait_for_victoria(self, until):
        """Every scrape up to this one is there, once."""
        def arrived():
            values = self.victoria.values("e2e_scrapes_total")
            return values if values and values[-1] >= until else None
        values = eventually(arrived, 60, f"scrape {until} to arrive at VictoriaMetrics")
        self.assertEqual(values, list(range(1, values[-1] + 1)))

    def test_one_is_stopped_and_started_while_the_other_goes_on(self):
        self.wait_for_victoria(2)
        for _ in range(2):
            self.victoria.stop()
            before = self.target.served
            # The other one is not held up: it has scrapes of the time since.
            eventually(lambda: self.at_prometheus()[-1] >= before + 6, 60, "samples at Prometheus")
            until = self.target.served
            self.victoria.start()
            self.wait_for_victoria(until)
        received = self.at_prometheus()
        self.assertEqual(received, list(range(1, received[-1] + 1)))
        self.assertEqual(self.alloy.stop(), 0)


if __name__ == "__main__":
    unittest.main()
