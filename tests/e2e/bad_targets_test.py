"""Targets that misbehave cost themselves `up 0` and a line in the log, and nobody else anything."""
import unittest

from http_targets import BrokenTargets, Sink
from peers import Alloy, Story, eventually

CONFIG = """
prometheus.scrape "targets" {{
  targets = [{targets}]
  forward_to      = [prometheus.remote_write.sink.receiver]
  scrape_interval = "2s"
  scrape_timeout  = "1s"
  body_size_limit = "1MiB"
}}

prometheus.remote_write "sink" {{
  endpoint {{
    url = "{url}"
  }}
}}
"""
# What is wrong with each, as its log line has to say it.
BROKEN = {
    "garbage": r"",
    "half": r"",
    "error": r"500",
    "endless": r"body size limit|size limit",
    "slow": r"deadline|time",
    "early": r"reset|EOF|closed|transfer",
    "refused": r"refused|connect",
}


class BadTargets(Story):

    def test_each_is_down_with_a_reason_and_good_ones_are_not_disturbed(self):
        sink = self.enter(Sink())
        broken = self.enter(BrokenTargets())
        addresses = {name: broken.address for name in ["good", *BROKEN]}
        addresses["refused"] = "127.0.0.1:1"
        targets = ", ".join(
            f'{{"__address__" = "{address}", "__metrics_path__" = "/{name}", "kind" = "{name}"}}'
            for name, address in addresses.items())
        alloy = self.enter(Alloy(self.folder, CONFIG.format(targets=targets, url=sink.write_url)))

        for name, reason in BROKEN.items():
            with self.subTest(name):
                eventually(lambda: len(sink.values("up", kind=name)) >= 2, what=f"up of {name}")
                self.assertEqual(set(sink.values("up", kind=name)), {0.0})
                lines = [line for line in alloy.log().splitlines()
                         if "/" + name in line or (name == "refused" and "127.0.0.1:1/" in line)]
                self.assertTrue(lines, f"no log line names {name}\n{alloy.log()[-3000:]}")
                self.assertRegex("\n".join(lines), f"(?i){reason}")
        eventually(lambda: len(sink.values("e2e_good", kind="good")) >= 3, what="the good target")
        self.assertEqual(set(sink.values("up", kind="good")), {1.0})
        self.assertEqual(sink.values("e2e_half", kind="half"), [], "half of a scrape went through")
        self.assertEqual(alloy.stop(), 0)


if __name__ == "__main__":
    unittest.main()
