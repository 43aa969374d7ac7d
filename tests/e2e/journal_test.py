"""The journal of systemd: files made by systemd-journal-remote, read once, and on after a restart."""
import pathlib
import subprocess
import time
import unittest

from log_sink import LogSink
from peers import Alloy, Story, eventually

REMOTE = pathlib.Path("/lib/systemd/systemd-journal-remote")
CONFIG = """
loki.relabel "rules" {{
  forward_to = []

  rule {{
    source_labels = ["__journal__systemd_unit", "__journal_priority_keyword"]
    separator     = "/"
    target_label  = "unit"
  }}
}}

loki.source.journal "j" {{
  path          = "{folder}/journal"
  matches       = "_SYSTEMD_UNIT=a.service"
  relabel_rules = loki.relabel.rules.rules
  labels        = {{origin = "e2e"}}
  forward_to    = [loki.write.sink.receiver]
}}

loki.write "sink" {{
  endpoint {{
    url        = "{url}"
    batch_wait = "100ms"
  }}
}}
"""


class Journal(Story):

    def setUp(self):
        super().setUp()
        (self.folder / "journal").mkdir()
        self.written = 0

    def write(self, *messages, unit="a.service"):
        """Adds a journal file with these messages, all of one microsecond."""
        stamp = int(time.time() * 1e6) - 1_000_000 + self.written
        entries = []
        for i, message in enumerate(messages):
            self.written += 1
            entries.append(f"__REALTIME_TIMESTAMP={stamp}\n__MONOTONIC_TIMESTAMP={self.written}\n"
                           f"_BOOT_ID=0123456789abcdef0123456789abcdef\n_SYSTEMD_UNIT={unit}\n"
                           f"PRIORITY=4\nMESSAGE={message}\n\n")
        export = self.folder / f"{self.written}.export"
        export.write_text("".join(entries))
        subprocess.run([REMOTE, f"--output={self.folder}/journal/{self.written}.journal", export],
                       check=True, capture_output=True)

    @unittest.skipUnless(REMOTE.exists(), "needs systemd-journal-remote")
    def test_entries_arrive_once_with_labels_made_by_rules(self):
        sink = self.enter(LogSink())
        self.write("one", "two")
        self.write("not this one", unit="b.service")
        alloy = self.enter(Alloy(self.folder, CONFIG.format(folder=self.folder, url=sink.url)))
        eventually(lambda: set(sink.lines) == {"one", "two"}, what="the first entries")
        self.assertEqual(sink.labels,
                         {'{job="loki.source.journal.j", origin="e2e", unit="a.service/warning"}'})
        self.write("three")
        eventually(lambda: "three" in sink.lines, what="an entry that is new")
        self.assertEqual(alloy.metric_sum("loki_source_journal_target_lines_total"), 3)
        self.assertEqual(alloy.stop(), 0)
        self.write("four")
        alloy.start()
        eventually(lambda: "four" in sink.lines, what="an entry of the time between")
        self.assertEqual(sink.lines.total(), 4)
        self.assertEqual(alloy.stop(), 0)


if __name__ == "__main__":
    unittest.main()
