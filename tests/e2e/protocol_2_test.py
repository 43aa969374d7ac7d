"""Remote write 2.0 between two of ours, and towards a Prometheus that knows only 1.0.

The first receives (prometheus.receive_http) what the second scrapes and sends, and passes it on to
Debian's Prometheus, which takes a request of 2.0 without finding anything in it.
"""
import unittest

from http_targets import CountingTarget
from peers import Alloy, Prometheus, Story, eventually, free_port, has

RECEIVER = """
prometheus.receive_http "in" {{
  http {{
    listen_address = "127.0.0.1"
    listen_port    = {port}
  }}
  accepted_remote_write_protobuf_messages = ["io.prometheus.write.v2.Request"]
  forward_to = [prometheus.remote_write.server.receiver]
}}

prometheus.remote_write "server" {{
  endpoint {{
    url              = "{url}"
    protobuf_message = "io.prometheus.write.v2.Request"
    basic_auth {{
      username = "alloy"
      password = "secret"
    }}
    queue_config {{
      batch_send_deadline = "1s"
    }}
  }}
}}
"""

SENDER = """
prometheus.scrape "counting" {{
  targets         = [{{"__address__" = "{target}", "job" = "counting"}}]
  forward_to      = [prometheus.remote_write.next.receiver]
  scrape_interval = "1s"
  scrape_timeout  = "1s"
}}

prometheus.remote_write "next" {{
  endpoint {{
    url              = "http://127.0.0.1:{port}/api/v1/metrics/write"
    protobuf_message = "io.prometheus.write.v2.Request"
    queue_config {{
      batch_send_deadline = "1s"
    }}
  }}
}}
"""

ARGS = ("--stability.level=experimental",)


@unittest.skipUnless(has("prometheus", "htpasswd"), "peers missing")
class Protocol2(Story):

    def subfolder(self, name):
        folder = self.folder / name
        folder.mkdir()
        return folder

    def test_a_sample_goes_by_2_0_and_arrives_where_only_1_0_is_known(self):
        prometheus = self.enter(Prometheus(self.folder, "secret"))
        target = self.enter(CountingTarget())
        port = free_port()
        receiver = self.enter(Alloy(self.subfolder("receiver"),
                                    RECEIVER.format(port=port, url=prometheus.write_url), ARGS))
        self.enter(Alloy(self.subfolder("sender"),
                         SENDER.format(port=port, target=target.address), ARGS))
        eventually(lambda: prometheus.query('up{job="counting"}'), 60, "the first samples")
        self.assertIn("does not speak remote write 2.0", receiver.log())
        self.assertEqual(receiver.metric_sum("prometheus_remote_storage_samples_failed_total"), 0)


if __name__ == "__main__":
    unittest.main()
