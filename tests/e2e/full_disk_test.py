"""A disk for the queue and the positions that is full, while the endpoint is down and alloy is killed
again and again: what was read and could not be sent survives in what little room there is or is read
again. Each line arrives; twice only what was on its way into the queue at a kill."""
import random
import subprocess
import time
import unittest

from log_sink import LogSink
from peers import Alloy, Story, eventually

CONFIG = """
loki.source.file "files" {{
  targets    = [{{"__path__" = "{folder}/logs/*.log", "job" = "e2e"}}]
  forward_to = [loki.write.sink.receiver]

  file_match {{
    enabled = true
  }}
}}

loki.write "sink" {{
  endpoint {{
    url                = "{url}"
    batch_size         = "256KiB"
    batch_wait         = "200ms"
    min_backoff_period = "50ms"
    max_backoff_period = "300ms"
  }}
}}
"""
DISK_BYTES = 6 << 20
FILES = 4
KILLS = 4
CHUNK_BYTES = 256 << 10  # What is read of a file at once.
LINES = 20_000  # Of each file; all of them do not fit on the disk, however packed.


class FullDisk(Story):

    def setUp(self):
        super().setUp()
        storage = self.folder / "storage"
        storage.mkdir()
        (self.folder / "logs").mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", storage]
        if subprocess.run(mount, stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("no right to mount a small disk")
        self.addCleanup(subprocess.run, ["umount", "-l", storage])
        self.sink = self.enter(LogSink())
        self.alloy = Alloy(self.folder, CONFIG.format(folder=self.folder, url=self.sink.url))

    def write_lines(self):
        chance = random.Random(5)
        lines = []
        for i in range(FILES):
            text = [f"{i} {number} {chance.randbytes(60).hex()}" for number in range(LINES)]
            (self.folder / "logs" / f"{i}.log").write_text("\n".join(text) + "\n")
            lines += text
        return lines

    def wait_for_full_disk(self):
        """Until nothing more is read, as there is nowhere to keep it."""
        def bytes_read():
            return self.alloy.metric_sum("loki_source_file_read_bytes_total")

        def is_stuck():
            before = bytes_read()
            time.sleep(0.5)
            return 0 < before == bytes_read()
        eventually(is_stuck, 60, "the disk to be full")

    def test_nothing_is_lost(self):
        lines = self.write_lines()
        self.sink.status = 503
        chance = random.Random(7)
        self.enter(self.alloy)
        self.wait_for_full_disk()
        self.assertIn("no space left on device", self.alloy.log().lower())
        for _ in range(KILLS):
            self.alloy.kill()
            self.alloy.start()
            time.sleep(chance.random())
        self.assertEqual(self.alloy.stop(60), 0)
        self.alloy.start()
        self.wait_for_full_disk()
        self.alloy.kill()
        self.sink.status = 204
        self.alloy.start()
        eventually(lambda: not self.sink.missing(lines), 120, "every line to arrive")
        # Of what is read at once, a part may have found room and another not.
        repeated = sum(count - 1 for count in self.sink.repeated().values())
        self.assertLess(repeated * len(lines[0]), (KILLS + 2) * FILES * CHUNK_BYTES)
        self.assertEqual(len(self.sink.lines), len(lines))
        print(f"{len(lines)} lines, {repeated} repeated")
        self.assertEqual(self.alloy.metric_sum("loki_write_dropped_entries_total"), 0)
        self.assertEqual(self.alloy.stop(60), 0)


if __name__ == "__main__":
    unittest.main()
