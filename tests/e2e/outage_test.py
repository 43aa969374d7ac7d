"""A sink that is down for a while: memory stays flat, everything arrives after, in order for each
series, nothing twice but requests that were on their way; the same with kill -9, a full disk and
damaged files in the middle, where what is missing is exactly what alloy says it lost.

A short form of it runs with every change. The whole thing: ALLOY_OUTAGE_SECONDS=600 (how long the sink
is down), ALLOY_OUTAGE_RATE=50000 (samples a second), ALLOY_OUTAGE_SEED which bytes are damaged,
ALLOY_OUTAGE_KEEP where to leave the folder of a run that failed.
"""
import datetime
import os
import re
import shutil
import unittest

import segment_damage
from outage_peer import OutagePeer, Watch
from peers import Alloy, Story, eventually
from storage_test import NAMESPACE, can_mount

SECONDS = float(os.environ.get("ALLOY_OUTAGE_SECONDS", "4"))
RATE = int(os.environ.get("ALLOY_OUTAGE_RATE", "5000"))
SEED = int(os.environ.get("ALLOY_OUTAGE_SEED", "1"))
KEEP = os.environ.get("ALLOY_OUTAGE_KEEP")
TARGETS = 10
REQUESTS_AT_ONCE = 50  # max_shards.
MIB = 1 << 20
MEMORY_GROWTH_MAX = 16 * MIB
# Afterwards so many requests are on their way, each with a connection and one that is being written.
MEMORY_OF_REQUESTS = REQUESTS_AT_ONCE * 1.2 * MIB
# While the disk refuses data, this much waits in memory besides.
MEMORY_QUEUE = 16 * MIB

CONFIG = """
logging {{
  level = "{level}"
}}

prometheus.scrape "targets" {{
  targets         = [{targets}]
  forward_to      = [prometheus.remote_write.sink.receiver]
  scrape_interval = "1s"
  scrape_timeout  = "1s"
}}

prometheus.remote_write "sink" {{
  endpoint {{
    url            = "{url}"
    remote_timeout = "10s"

    queue_config {{
      max_backoff = "1s"
    }}
  }}
}}
"""


def failed_scrapes(log):
    """(target, when it was given up, in ms) of each that alloy says has failed."""
    lines = re.finditer(r'^ts=(\S+) .*"Scrape failed".* target=\S*/target/(\d+)', log, re.M)
    return [(int(target), datetime.datetime.fromisoformat(time).timestamp() * 1000)
            for time, target in (line.groups() for line in lines)]


class Outage(Story):

    def setUp(self):
        super().setUp()
        self.addCleanup(self.keep_if_failed)
        self.peer = self.enter(OutagePeer(TARGETS, RATE // TARGETS, self.folder))
        self.kills = 0
        self.ends = []  # When alloy was stopped or killed, in milliseconds since the epoch.

    def start(self, wrap=()):
        targets = ", ".join(
            f'{{"__address__" = "{self.peer.address}", "__metrics_path__" = "/target/{i}", '
            f'"target" = "{i}"}}' for i in range(TARGETS))
        config = CONFIG.format(targets=targets, url=self.peer.url("/api/v1/write"), level="debug")
        self.alloy = self.enter(Alloy(self.folder, config, wrap=wrap))
        self.watch = Watch(self.alloy)
        eventually(lambda: self.peer.totals()["series"] == RATE // TARGETS * TARGETS, 60,
                   "all series to arrive")
        self.watch.note("up")

    def go_down(self):
        self.peer.set_status(503)
        self.watch.note("up")

    def stay_down(self, share, phase="down"):
        """Lets a share of the outage's length go by."""
        self.watch.during(SECONDS * share, phase)

    def restart(self):
        self.alloy.start()
        self.watch.note("started")

    def kill(self):
        self.alloy.kill()
        self.kills += 1
        self.ends.append(self.peer.now())

    def stop(self):
        self.assertEqual(self.alloy.stop(60), 0)
        self.ends.append(self.peer.now())

    def come_back(self):
        """Until all that was kept has been sent."""
        self.peer.set_status(200)
        seconds = 0

        def is_sent():
            nonlocal seconds
            seconds += 1
            self.watch.during(1, "catching up")
            return self.alloy.metric_sum("prometheus_remote_storage_samples_pending") < 2 * RATE
        eventually(is_sent, 60 + SECONDS, "the queue to be sent")
        return seconds

    def finish(self):
        """Stops alloy, which sends what it still has; nothing may be left."""
        self.dropped = self.watch.dropped()
        self.stop()
        totals = self.peer.totals()
        unexcused = self.unexcused()
        totals["missing_unexcused"] = sum(gap[3] for gap in unexcused)
        print(f"\n{self._testMethodName}: {SECONDS:g} s, {RATE} samples/s, seed {SEED}: {totals}; "
              f"dropped {self.dropped}; {self.watch}", flush=True)
        return totals, unexcused

    def unexcused(self):
        """What is missing of scrapes that alloy had the time to read."""
        # A scrape that is being answered when alloy ends, or is killed, is nobody's; one that the
        # busy machine answered too late has failed, and alloy says so.
        failed = failed_scrapes(self.alloy.log())
        return [[target, scrape, time, missing]
                for target, scrape, time, missing in self.peer.missing()
                if not any(end - 3000 <= time <= end for end in self.ends)
                and not any(target == t and end - 3000 <= time <= end for t, end in failed)]

    def check_order_and_repetitions(self, totals):
        self.assertEqual(totals["out_of_order"], 0)
        self.assertEqual(totals["strange"], 0)
        self.assertEqual(totals["repeated_otherwise"], 0)
        self.assertLessEqual(totals["repeated_requests"], REQUESTS_AT_ONCE * self.kills)
        if self.kills == 0:
            self.assertEqual(totals["repeated_in_them"], 0)

    def check_counted(self, totals):
        """What is missing is what was counted, reports such as `up` included."""
        lost = sum(self.dropped.values())
        reports_missing = 5 * totals["scrapes"] - totals["reports"]
        self.assertGreaterEqual(lost, totals["missing_unexcused"])
        self.assertLessEqual(lost, totals["missing"] + reports_missing + totals["stale_markers"])

    def check_memory(self, allowance=0):
        before = self.watch.peak("up", "started")
        allowed = before + MEMORY_GROWTH_MAX + allowance
        self.assertLess(self.watch.peak("down", "full"), allowed, str(self.watch))
        self.assertLess(self.watch.peak("catching up"), allowed + MEMORY_OF_REQUESTS,
                        str(self.watch))

    def test_everything_arrives_after_an_outage(self):
        self.start()
        self.go_down()
        self.stay_down(1)
        self.come_back()
        totals, unexcused = self.finish()
        self.assertEqual(unexcused[:10], [])
        self.assertEqual(self.dropped, {})
        self.check_order_and_repetitions(totals)
        self.check_memory()

    def test_everything_arrives_after_an_outage_with_kills(self):
        self.start()
        self.go_down()
        self.stay_down(0.5)
        self.kill()
        self.restart()
        self.stay_down(0.5)
        self.peer.set_status(200)
        received = self.peer.totals()["requests"]
        eventually(lambda: self.peer.totals()["requests"] > received + 2, 60, "requests to arrive")
        self.kill()
        self.restart()
        self.come_back()
        totals, unexcused = self.finish()
        self.assertEqual(unexcused[:10], [])
        self.check_order_and_repetitions(totals)
        self.check_memory()

    @unittest.skipUnless(can_mount(), "mounting a small file system is not allowed here")
    def test_a_disk_that_fills_up_costs_only_what_is_counted(self):
        (self.folder / "storage").mkdir()
        # Room for half of what comes.
        size = int(max(24 * MIB, SECONDS * RATE * 25))
        script = f'mount -t tmpfs -o size={size} tmpfs "{self.folder}/storage" && exec "$@"'
        self.start(wrap=[*NAMESPACE, "sh", "-c", script, "sh"])
        self.go_down()
        self.stay_down(0.3)
        filler = f"/proc/{self.alloy.child.pid}/root{self.folder}/storage/filler"
        segment_damage.fill_disk(filler)
        self.stay_down(0.4, "full")
        os.remove(filler)
        self.stay_down(0.3)
        self.come_back()
        totals, _ = self.finish()
        self.check_order_and_repetitions(totals)
        self.check_counted(totals)
        self.check_memory(MEMORY_QUEUE)

    def test_damaged_files_cost_only_what_is_counted(self):
        self.start()
        for round_number in range(1 if SECONDS > 60 else 3):
            self.go_down()
            self.stay_down(1)
            self.stop()
            done = segment_damage.damage(self.alloy.storage, SEED + round_number)
            print("damaged:", *done, sep="\n  ")
            self.restart()
            self.come_back()
            self.assertTrue(self.alloy.alive())
            self.assertLess(self.watch.cores(2), 0.8, "the sender must not turn in circles")
        totals, _ = self.finish()
        self.assertIn("queue_damaged", self.dropped)
        self.assertIn("queue dropped data that was not sent", self.alloy.log())
        self.check_order_and_repetitions(totals)
        self.check_counted(totals)
        self.check_memory()

    def keep_if_failed(self):
        if KEEP and self.has_failed():
            shutil.copytree(self.folder, KEEP, dirs_exist_ok=True)


if __name__ == "__main__":
    unittest.main()
