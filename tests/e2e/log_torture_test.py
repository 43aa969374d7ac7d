"""Fifty files that are written to, rotated in every way, truncated, removed and replaced, while alloy
is killed, stopped and started again and the sink fails: each line arrives; twice only what was on
its way.

ALLOY_TORTURE_SECONDS says for how long (15 by default, so that it runs with every change; 600 for
the whole thing), ALLOY_TORTURE_SEED which chances, ALLOY_TORTURE_KEEP where to leave the folder of a
run that failed.
"""
import collections
import os
import shutil
import time
import unittest

from log_torture import TortureSink, TortureWriter, Tormentor
from peers import Alloy, Story, eventually

SECONDS = float(os.environ.get("ALLOY_TORTURE_SECONDS", "15"))
SEED = int(os.environ.get("ALLOY_TORTURE_SEED", "1"))
KEEP = os.environ.get("ALLOY_TORTURE_KEEP")
FILES = 50
# An acknowledgement on its way to alloy, or within it, when it is killed.
ON_ITS_WAY = 1.0
# How long nothing may come before what is missing counts as lost, on a machine that is busy.
PATIENCE = 60
# After which a stop leaves the rest to the next run.
DRAIN_TIME = 5.0

CONFIG = """
logging {{
  level = "{level}"
}}

loki.source.file "files" {{
  targets    = [{{"__path__" = "{folder}/logs/*.log", "job" = "torture"}}]
  forward_to = [loki.write.sink.receiver]

  file_match {{
    enabled     = true
    sync_period = "500ms"
  }}
}}

loki.write "sink" {{
  endpoint {{
    url                = "{url}"
    batch_wait         = "200ms"
    min_backoff_period = "50ms"
    max_backoff_period = "300ms"
  }}
}}
"""


class LogTorture(Story):

    def test_each_line_arrives_whatever_happens(self):
        (self.folder / "logs").mkdir()
        sink = self.enter(TortureSink(FILES))
        writers = [TortureWriter(self.folder / "logs", i, SEED, sink) for i in range(FILES)]
        alloy = self.enter(Alloy(self.folder, CONFIG.format(
            folder=self.folder, url=sink.url, level="debug" if KEEP else "info")))
        with Tormentor(alloy, sink, SEED) as tormentor:
            end = time.monotonic() + SECONDS
            while time.monotonic() < end and tormentor.error is None:
                tormentor.random.choice(writers).act()
                time.sleep(0.004)
        if tormentor.error is not None:
            raise tormentor.error
        self.settle(writers, sink)
        self.assertEqual(alloy.stop(60), 0)  # Nothing arrives from now on.
        self.addCleanup(self.keep_if_failed)
        repeated = self.classify_repeated(writers, sink, tormentor)
        self.report(writers, sink, tormentor, repeated)
        for writer in writers:
            self.explain(writer, tormentor)
        self.assertEqual(sum(len(writer.missing()) for writer in writers), 0)
        self.assertEqual(sink.strange, [])
        self.assertEqual(repeated["without a reason"], 0)

    def settle(self, writers, sink):
        """Until everything has arrived, or nothing has come for a while."""
        def is_over():
            quiet = time.monotonic() - sink.requests[-1].time > PATIENCE
            return quiet or not any(writer.missing() for writer in writers)
        eventually(is_over, 5 * PATIENCE, "the lines to arrive")

    def classify_repeated(self, writers, sink, tormentor):
        """{why: lines that came more than once}."""
        kinds = collections.Counter({"without a reason": 0})
        for writer in writers:
            for number, requests in writer.arrivals.items():
                for first, second in zip(requests, requests[1:]):
                    why = self.why(writer.written_at[number], sink.requests[first],
                                   sink.requests[second], tormentor)
                    if why == "without a reason":
                        print(f"file {writer.index} line {number} again:", sink.requests[first],
                              sink.requests[second])
                    kinds[why] += 1
        return kinds

    def why(self, written_at, first, second, tormentor):
        if not first.answered and first.body == second.body:
            return "sent again, as the sink had not answered"
        for begin, _, _ in tormentor.kills:
            if not written_at <= begin <= second.time:
                continue
            if first.body == second.body and first.time >= begin - ON_ITS_WAY:
                return "request on its way at a kill"
            if first.time >= begin - ON_ITS_WAY:
                return "read again after a kill"
        for begin, ended, _ in tormentor.stops:
            if first.body == second.body and ended - begin >= DRAIN_TIME and begin <= first.time < ended:
                return "request on its way when a stop ran out of time"
        return "without a reason"

    def report(self, writers, sink, tormentor, repeated):
        lines = sum(len(writer.written_at) for writer in writers)
        excused = sum(len(w.excused - w.arrivals.keys()) for w in writers)
        actions = collections.Counter(event[1] for writer in writers for event in writer.events)
        print(f"seed {SEED}: {lines} lines, {len(sink.requests)} requests taken, "
              f"{len(tormentor.kills)} kills, {len(tormentor.stops)} stops; "
              f"missing {sum(len(w.missing()) for w in writers)}, "
              f"destroyed by the writers {excused}, strange {len(sink.strange)}; "
              f"repeated {dict(repeated)}; actions {dict(actions)}", flush=True)

    def explain(self, writer, tormentor):
        """Prints what happened around the first lines that are missing."""
        missing = writer.missing()
        if not missing:
            return
        print(f"file {writer.index}: {len(missing)} missing, {missing[0]} to {missing[-1]}")
        touched = [i for i, event in enumerate(writer.events) if event[3] >= missing[0]]
        around = writer.events[max(0, touched[0] - 10):touched[0] + 25]
        begin, end = around[0][0], around[-1][0]
        around += [(t, "KILL", *rest) for t, *rest in tormentor.kills if begin <= t <= end]
        around += [(t, "STOP", *rest) for t, *rest in tormentor.stops if begin <= t <= end]
        for time_, *rest in sorted(around):
            print(f"  {time_:.3f}", *rest)

    def keep_if_failed(self):
        if KEEP and self.has_failed():
            shutil.copytree(self.folder, KEEP, dirs_exist_ok=True)


if __name__ == "__main__":
    unittest.main()
