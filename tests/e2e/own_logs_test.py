"""The program's own log as entries of a pipeline: logging { write_to = [...] }."""
import signal

from log_sink import LogSink
from peers import Alloy, Story, eventually

CONFIG = """
logging {{
  level    = "info"
  format   = "logfmt"
  write_to = [loki.process.own.receiver]
}}

loki.process "own" {{
  forward_to = [loki.write.out.receiver]

  stage.static_labels {{
    values = {{from = "own"}}
  }}
}}

loki.write "out" {{
  endpoint {{
    url        = "{url}"
    batch_wait = "100ms"
  }}
}}
"""


class OwnLogs(Story):

    def seen(self, sink, text):
        with sink.lock:
            return [line for line in sink.lines if text in line]

    def test_what_is_logged_arrives_once_also_after_a_reload(self):
        sink = self.enter(LogSink())
        alloy = self.enter(Alloy(self.folder, CONFIG.format(url=sink.url)))
        eventually(lambda: self.seen(sink, "Alloy is running"), what="the first lines to arrive")
        alloy.child.send_signal(signal.SIGHUP)
        eventually(lambda: self.seen(sink, "config reloaded"), what="the reload to arrive")
        with sink.lock:
            self.assertTrue(all('from="own"' in labels for labels in sink.labels), sink.labels)
        line = self.seen(sink, "config reloaded")[0]
        self.assertIn("level=info", line)
        self.assertIn(line.split("msg=")[1], alloy.log())
        self.assertEqual(sink.repeated(), {})
        self.assertEqual(alloy.stop(), 0)
