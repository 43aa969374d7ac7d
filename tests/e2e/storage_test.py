"""A storage folder that is full or can't be written: said clearly, counted, and never a crash."""
import os
import subprocess
import time
import unittest

from http_targets import CountingTarget, Sink
from peers import Alloy, Story, eventually

CONFIG = """
prometheus.scrape "target" {{
  targets         = [{{"__address__" = "{target}"}}]
  forward_to      = [prometheus.remote_write.sink.receiver]
  scrape_interval = "1s"
  scrape_timeout  = "1s"
}}

prometheus.remote_write "sink" {{
  endpoint {{
    url = "{url}"
  }}
}}
"""
# A mount namespace of its own: the small disk is gone with the process.
NAMESPACE = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]


def can_mount():
    command = [*NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


class Storage(Story):

    @unittest.skipUnless(can_mount(), "needs a mount namespace")
    def test_a_full_disk_is_reported_and_survived(self):
        sink = self.enter(Sink())
        sink.status = 503
        target = self.enter(CountingTarget(series=5000))
        (self.folder / "storage").mkdir()
        script = f'mount -t tmpfs -o size=1m tmpfs "{self.folder}/storage" && exec "$@"'
        alloy = self.enter(Alloy(self.folder, CONFIG.format(target=target.address, url=sink.write_url),
                                 wrap=[*NAMESPACE, "sh", "-c", script, "sh"]))
        eventually(lambda: "no space left" in alloy.log().lower(), 60, "the log to say so")
        served = target.served
        eventually(lambda: target.served >= served + 3, what="scraping to go on")
        self.assertTrue(alloy.alive(), alloy.log()[-3000:])
        lost = eventually(lambda: sum(
            value for name, value in alloy.metrics().items()
            if name.startswith(("prometheus_remote_storage_samples_dropped_total",
                                "prometheus_remote_storage_samples_failed_total",
                                "prometheus_tsdb_wal_writes_failed_total"))), what="a counted loss")
        self.assertGreater(lost, 0)

        sink.status = 200
        served = target.served
        eventually(lambda: max(sink.values("e2e_scrapes_total"), default=0) > served + 2, 60,
                   "data to flow once the server is back")
        self.assertEqual(alloy.stop(), 0)

    def test_a_storage_path_that_cannot_be_made_is_a_clear_error(self):
        (self.folder / "file").write_text("not a folder")
        config = CONFIG.format(target="127.0.0.1:1", url="http://127.0.0.1:1/api/v1/write")
        alloy = Alloy(self.folder, config, storage="file/storage")
        self.processes.push(alloy)
        alloy.start_only()
        end = time.monotonic() + 10
        while alloy.alive() and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(alloy.child.poll(), 1, alloy.log())
        self.assertIn(str(self.folder / "file"), alloy.log())
        self.assertRegex(alloy.log(), "(?i)not a directory")


if __name__ == "__main__":
    unittest.main()
