"""Files that are written to, rotated in every way and removed, while alloy reads, dies and returns:
each line arrives, and twice only what was on its way when alloy was killed."""
import random
import time
import unittest

from log_sink import LogSink, LogWriter
from peers import Alloy, Story, eventually

CONFIG = """
loki.source.file "files" {{
  targets    = [{{"__path__" = "{folder}/logs/{pattern}", "job" = "e2e"}}]
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
    min_backoff_period = "100ms"
    max_backoff_period = "500ms"
  }}
}}
"""


class LogFiles(Story):

    def setUp(self):
        super().setUp()
        (self.folder / "logs").mkdir()
        self.sink = self.enter(LogSink())

    def alloy(self, pattern="*.log"):
        return Alloy(self.folder, CONFIG.format(folder=self.folder, pattern=pattern, url=self.sink.url))

    def writers(self, count):
        return [LogWriter(self.folder / "logs" / f"{i}.log", seed=i) for i in range(count)]

    def expect_all(self, writers, timeout=60):
        def complete():
            missing = [line for w in writers for line in self.sink.missing(w.lines)]
            assert not missing, f"{len(missing)} missing: {missing[:3]}"
            return True
        eventually(complete, timeout, "every line to arrive")

    def storm(self, writers, rounds, seed, also=lambda i: None, weights=(70, 10, 8, 6, 6)):
        chance = random.Random(seed)
        for i in range(rounds):
            for writer in writers:
                action = chance.choices(
                    [lambda w: w.append(chance.randrange(1, 40)), LogWriter.append_in_halves,
                     LogWriter.rotate_by_rename, LogWriter.rotate_by_copy, LogWriter.replace_with_longer],
                    weights)[0]
                action(writer)
            also(i)
            time.sleep(0.02)

    def test_a_storm_of_rotations_loses_and_repeats_nothing(self):
        writers = self.writers(6)
        alloy = self.enter(self.alloy())
        self.storm(writers, 250, seed=1)
        self.expect_all(writers)
        self.assertEqual(self.sink.repeated(), {})
        self.assertEqual(alloy.stop(), 0)

    def test_rotated_files_that_are_targets_themselves_are_not_read_again(self):
        writers = self.writers(3)
        alloy = self.enter(self.alloy(pattern="*.log*"))
        for writer in writers:
            writer.append(50)
        self.expect_all(writers)
        for _ in range(3):
            for writer in writers:
                writer.append(20)
                writer.rotate_by_rename()
            time.sleep(1.2)  # More than two searches for files.
        for writer in writers:
            writer.append(20)
        self.expect_all(writers)
        self.assertEqual(self.sink.repeated(), {})
        self.assertEqual(alloy.stop(), 0)

    def test_what_is_rotated_while_alloy_is_down_is_finished_first(self):
        writers = self.writers(4)
        alloy = self.enter(self.alloy())
        for writer in writers:
            writer.append(100)
        self.expect_all(writers)
        self.assertEqual(alloy.stop(), 0)
        by_rename, by_copy, twice, replaced = writers
        for writer in writers:
            writer.append(30)
        by_rename.rotate_by_rename()
        by_copy.rotate_by_copy()
        twice.rotate_by_rename()
        twice.append(10)
        twice.rotate_by_rename()
        replaced.replace_with_longer()
        for writer in writers:
            writer.append(5)
        alloy.start()
        self.expect_all(writers)
        self.assertEqual(self.sink.repeated(), {})
        self.assertEqual(alloy.stop(), 0)

    def test_after_a_kill_only_what_was_on_its_way_is_sent_again(self):
        writers = self.writers(6)
        alloy = self.enter(self.alloy())
        chance = random.Random(2)
        kills = []

        def disturb(i):
            self.sink.status = 503 if chance.random() < 0.15 else 204
            if i % 40 == 39:
                alloy.kill()
                kills.append(self.sink.requests)
                alloy.start()

        self.storm(writers, 240, seed=3, also=disturb, weights=(80, 10, 10, 0, 0))
        self.sink.status = 204
        self.expect_all(writers)
        # The requests that were on their way, or that were answered while an older one was.
        near_a_kill = {n for kill in kills for n in range(kill - 12, kill + 6)}
        repeated = self.sink.repeated()
        far = [line for line in repeated if self.sink.arrivals[line] not in near_a_kill]
        print(f"{sum(len(w.lines) for w in writers)} lines, {len(kills)} kills, {len(repeated)} repeated")
        self.assertEqual(far[:5], [])
        self.assertEqual(alloy.stop(), 0)


if __name__ == "__main__":
    unittest.main()
