"""`alloy tools prometheus.remote_write` on what an agent has left on disk."""
import re
import subprocess
import unittest

from http_targets import Quiet, Server
from peers import ALLOY, Alloy, Story, eventually, free_port

CONFIG = """
prometheus.scrape "s" {{
  targets         = [{{"__address__" = "{target}", "instance" = "i"}}]
  forward_to      = [prometheus.remote_write.rw.receiver]
  job_name        = "j"
  scrape_interval = "1s"
  scrape_timeout  = "1s"
}}
prometheus.remote_write "rw" {{
  endpoint {{
    url = "http://127.0.0.1:{nobody}/api/v1/write"
  }}
}}
"""


class Target(Server):
    def __init__(self):
        class Handler(Quiet):
            def do_GET(self):
                self.answer(200, b'pages{page="a"} 1\npages{page="b"} 2\nvisits 3\n')

        super().__init__(Handler)


def tool(name, *arguments):
    ended = subprocess.run([ALLOY, "tools", "prometheus.remote_write", name, *arguments],
                           capture_output=True, text=True, timeout=30)
    return ended.returncode, ended.stdout


class Tools(Story):
    def test_they_tell_what_waits_to_be_sent(self):
        target = self.enter(Target())
        alloy = self.enter(Alloy(self.folder, CONFIG.format(target=target.address,
                                                            nobody=free_port())))
        eventually(lambda: alloy.metric_sum("prometheus_remote_write_wal_samples_appended_total") >= 16,
                   what="two scrapes to be in the log")
        self.assertEqual(alloy.stop(), 0)
        data = str(alloy.storage / "prometheus.remote_write.rw")

        status, text = tool("wal-stats", data)
        self.assertEqual(status, 0, text)
        self.assertRegex(text, r"^Oldest Sample:      20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\S* \+0000 UTC\n")
        self.assertIn("Total Series:       8\n", text)  # Three of the target, five about the scrape.
        samples = int(re.search(r"Total Samples:      (\d+)", text)[1])
        self.assertGreaterEqual(samples, 16)
        self.assertIn(f"| j   | i        |      8 | {samples:7} |\n", text)

        self.assertEqual(tool("target-stats", "-j", "j", "-i", "nobody", data),
                         (0, "Metric cardinality:\n\n"))
        status, text = tool("target-stats", "-j", "j", "-i", "i", data)
        self.assertEqual(text.splitlines()[:3], ["Metric cardinality:", "", "pages: 2"])
        self.assertEqual(len(text.splitlines()), 9)

        status, text = tool("sample-stats", "-s", 'pages{page=~"b|c"}', data)
        self.assertEqual(status, 0, text)
        self.assertTrue(text.startswith('{__name__="pages", instance="i", job="j", page="b"}\n'
                                        "  Oldest Sample:      "), text)
        self.assertEqual(text.count("Total Samples:"), 1)
        self.assertEqual(tool("sample-stats", data)[1].count("Total Samples:"), 8)

    def test_what_they_cannot_read_is_told(self):
        self.assertEqual(tool("wal-stats", f"{self.folder}/none"),
                         (1, f"{self.folder}/none does not exist\n"))
        self.assertEqual(tool("wal-stats", str(self.folder)),
                         (1, f"failed to get WAL stats: there is no segment in {self.folder}\n"))


if __name__ == "__main__":
    unittest.main()
