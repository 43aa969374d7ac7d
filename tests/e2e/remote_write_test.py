"""The main job against real peers: node-exporter -> scrape -> relabel -> remote_write -> Prometheus.

Prometheus refuses who has not the password; the password comes to alloy from a file.
"""
import os
import time
import unittest

from http_targets import CountingTarget
from peers import Alloy, NodeExporter, Prometheus, Story, eventually, has

CONFIG = """
local.file "password" {{
  filename  = "{password_file}"
  is_secret = true
}}

discovery.relabel "nodes" {{
  targets = [
    {{"__address__" = "{node}",   "job" = "node"}},
    {{"__address__" = "{target}", "job" = "counting"}},
  ]
  rule {{
    source_labels = ["job"]
    target_label  = "role"
    replacement   = "is-$1"
  }}
}}

prometheus.scrape "nodes" {{
  targets         = discovery.relabel.nodes.output
  forward_to      = [prometheus.relabel.nodes.receiver]
  scrape_interval = "1s"
  scrape_timeout  = "1s"
}}

prometheus.relabel "nodes" {{
  forward_to = [prometheus.remote_write.server.receiver]
  rule {{
    source_labels = ["__name__"]
    regex         = "node_context_switches_total"
    action        = "drop"
  }}
  rule {{
    source_labels = ["__name__"]
    regex         = "node_(load)(.+)"
    target_label  = "kind"
    replacement   = "$1"
  }}
}}

prometheus.remote_write "server" {{
  external_labels = {{"cluster" = "e2e"}}
  endpoint {{
    url = "{url}"
    basic_auth {{
      username = "alloy"
      password = local.file.password.content
    }}
  }}
}}
"""


@unittest.skipUnless(has("prometheus", "prometheus-node-exporter", "htpasswd"), "peers missing")
class RemoteWrite(Story):

    def setUp(self):
        super().setUp()
        self.password_file = self.folder / "password"
        self.password_file.write_text("first secret")
        self.prometheus = self.enter(Prometheus(self.folder, "first secret"))
        self.node = self.enter(NodeExporter(self.folder))
        self.target = self.enter(CountingTarget())
        self.alloy = self.enter(Alloy(self.folder, CONFIG.format(
            password_file=self.password_file, node=self.node.address,
            target=self.target.address, url=self.prometheus.write_url)))
        eventually(lambda: self.prometheus.query('up{job="counting"}'), 30, "the first samples")

    def tearDown(self):
        if self.has_failed():
            print(self.alloy.log()[-5000:])

    def write_password(self, password):
        """Replaces the file in one step, as editors and secret mounts do."""
        new = self.password_file.with_suffix(".new")
        new.write_text(password)
        os.replace(new, self.password_file)

    def received(self):
        """The scrape numbers that the server has, in the order of their timestamps."""
        return [int(v) for _, v in self.prometheus.samples("e2e_scrapes_total")
                if v == v]  # No stale markers.

    def wait_for_scrapes(self, count):
        eventually(lambda: self.target.served >= count, 30, f"{count} scrapes", step=0.01)

    def assert_received_all(self, until):
        """Every scrape from the first one up to `until` has arrived, once."""
        eventually(lambda: self.received()[-1] >= until, 60, f"scrape {until} to arrive")
        received = self.received()
        self.assertEqual(received, list(range(1, received[-1] + 1)))

    def test_series_arrive_relabelled_with_their_labels(self):
        [load] = eventually(lambda: self.prometheus.query("node_load1"))
        self.assertEqual(load["metric"], {
            "__name__": "node_load1", "cluster": "e2e", "instance": self.node.address,
            "job": "node", "kind": "load", "role": "is-node"})
        self.assertEqual(self.prometheus.query("node_context_switches_total"), [])
        [up] = self.prometheus.query('up{job="node"}')
        self.assertEqual(up["value"][1], "1")
        [scraped] = self.prometheus.query('scrape_samples_scraped{job="node"}')
        series = self.prometheus.query('count({job="node",__name__=~"node_.*|go_.*|process_.*|promhttp_.*"})')
        self.assertGreater(int(scraped["value"][1]), int(series[0]["value"][1]))
        self.assertEqual(self.alloy.stop(), 0)

    def test_a_password_that_changes_on_both_sides_is_followed(self):
        self.assert_received_all(until=3)
        self.prometheus.set_password("second secret")
        self.write_password("second secret")
        changed_at = self.target.served
        eventually(lambda: self.received()[-1] > changed_at + 5, 40, "data under the new password")
        for component in ("local.file.password", "prometheus.remote_write.server"):
            self.assertNotIn("second secret", str(self.alloy.component(component)))

    def test_what_is_scraped_while_the_server_is_down_arrives_afterwards(self):
        self.prometheus.stop()
        down_until = self.target.served + 30
        self.wait_for_scrapes(down_until)
        self.prometheus.start()
        self.assert_received_all(until=down_until + 3)

    def test_what_was_scraped_before_kill_9_arrives_after_the_restart(self):
        self.prometheus.stop()
        before_kill = self.target.served + 6
        self.wait_for_scrapes(before_kill)
        time.sleep(0.4)  # Between two scrapes: this one is handed on, the next has not begun.
        before_kill = self.target.served
        self.alloy.kill()
        self.alloy.start()
        self.wait_for_scrapes(before_kill + 3)
        self.prometheus.start()
        self.assert_received_all(until=before_kill + 3)

    def test_a_graceful_stop_sends_what_it_has(self):
        self.wait_for_scrapes(self.target.served + 3)
        time.sleep(0.4)
        last = self.target.served
        self.assertEqual(self.alloy.stop(), 0)
        self.assertGreaterEqual(self.received()[-1], last)


if __name__ == "__main__":
    unittest.main()
