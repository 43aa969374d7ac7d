"""Pods found and their logs read by way of a Kubernetes API server that forgets where its watchers were,
breaks connections and whose clients are killed: every line arrives, and none comes twice unless it was
on its way at a kill."""
import unittest

from kubernetes_api import KubernetesApi
from log_sink import LogSink
from peers import Alloy, Story, eventually

CONFIG = """
discovery.kubernetes "pods" {{
  api_server = "{api}"
  role       = "pod"
}}

loki.source.kubernetes "pods" {{
  targets    = discovery.kubernetes.pods.targets
  forward_to = [loki.write.out.receiver]
  client {{
    api_server = "{api}"
  }}
}}

loki.source.kubernetes_events "all" {{
  forward_to = [loki.write.out.receiver]
  log_format = "json"
  client {{
    api_server = "{api}"
  }}
}}

loki.write "out" {{
  endpoint {{
    url                = "{sink}"
    batch_wait         = "100ms"
    max_backoff_period = "500ms"
  }}
}}
"""


class KubernetesLogs(Story):

    def setUp(self):
        super().setUp()
        self.api = self.enter(KubernetesApi())
        self.sink = self.enter(LogSink())
        self.written = []
        self.alloy = Alloy(self.folder, CONFIG.format(api=self.api.url, sink=self.sink.url))

    def write(self, pod, count):
        for _ in range(count):
            text = f"{pod} {len(self.written)}"
            self.api.write(pod, text)
            self.written.append(text + "\n")

    def all_arrived(self):
        eventually(lambda: not self.sink.missing(self.written), 40, "all lines to arrive")

    def test_every_line_arrives_once_however_often_connections_break(self):
        self.api.add_pod("a")
        self.write("a", 20)
        self.enter(self.alloy)
        self.all_arrived()
        for turn in range(5):
            self.api.bookmark("/api/v1/pods")
            self.write("a", 10)
            (self.api.forget if turn % 2 else self.api.break_streams)()
            self.write("a", 10)
            self.api.add_pod(f"b{turn}")
            self.write(f"b{turn}", 10)
            self.all_arrived()
        self.assertEqual(self.sink.repeated(), {})
        self.assertEqual(self.alloy.stop(), 0)

    def test_a_restart_goes_on_behind_the_last_line_and_event(self):
        self.api.add_pod("a")
        about = {"kind": "Pod", "namespace": "d", "name": "a"}
        self.api.put("/api/v1/events", "e1", involvedObject=about, message="first", type="Normal",
                     lastTimestamp="2031-01-01T00:00:00Z")
        self.write("a", 50)
        self.enter(self.alloy)
        self.all_arrived()
        eventually(lambda: any("first" in line for line in self.sink.lines), 20, "the event")
        self.assertEqual(self.alloy.stop(), 0)
        self.write("a", 50)
        self.api.put("/api/v1/events", "e2", involvedObject=about, message="second", type="Normal",
                     lastTimestamp="2031-01-01T00:00:01Z")
        self.alloy.start()
        self.all_arrived()
        eventually(lambda: any("second" in line for line in self.sink.lines), 20, "the event")
        self.assertEqual(self.sink.repeated(), {})

    def test_a_kill_loses_nothing(self):
        self.api.add_pod("a")
        self.enter(self.alloy)
        for _ in range(3):
            self.write("a", 200)
            eventually(lambda: len(self.sink.lines) > 0, 20, "the first lines")
            self.alloy.kill()
            self.write("a", 50)
            self.alloy.start()
            self.all_arrived()

    def test_pods_that_are_gone_are_left_alone(self):
        self.api.add_pod("a")
        self.write("a", 5)
        self.enter(self.alloy)
        self.all_arrived()
        self.api.remove("/api/v1/pods", "a")
        eventually(lambda: "removing entry from positions file" in self.alloy.log(), 20, "the position to go")


if __name__ == "__main__":
    unittest.main()
