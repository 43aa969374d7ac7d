"""loki.source.kafka and .azure_event_hubs with brokers that speak the protocol: what is read, which offsets
are committed, and what happens when consumers come and go, brokers fail, and somebody has to log in."""
import os
import unittest

from kafka_peers import KafkaCluster, SecureFront
from log_sink import LogSink
from peers import Alloy, Certificate, Story, eventually

WRITE = """
loki.write "out" {{
  endpoint {{
    url        = "{url}"
    batch_wait = "50ms"
  }}
}}
"""
SOURCE = """
loki.source.kafka "in" {{
  brokers    = ["{brokers}"]
  topics     = ["logs"]
  group_id   = "g"
  labels     = {{job = "kafka"}}
  forward_to = [{receiver}]
  {more}
}}
"""
# Lets one line through and holds the others.
HOLD = """
loki.process "hold" {{
  stage.limit {{
    rate  = 0.0001
    burst = 1
  }}
  forward_to = [loki.write.out.receiver]
}}
"""
FETCH, OFFSET_COMMIT, HEARTBEAT, FIND_COORDINATOR = 1, 8, 12, 10
NOT_LEADER, COORDINATOR_LOADING, NOT_COORDINATOR, REBALANCING = 6, 14, 16, 27


class Kafka(Story):

    def setUp(self):
        super().setUp()
        self.sink = self.enter(LogSink())
        self.cluster = self.enter(KafkaCluster())

    def config(self, receiver="loki.write.out.receiver", more="", brokers=None, source=SOURCE):
        return WRITE.format(url=self.sink.url) + source.format(
            brokers=brokers or self.cluster.brokers, receiver=receiver, more=more)

    def alloy(self, config, name="one"):
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return self.enter(Alloy(folder, config))

    def arrived(self, lines, timeout=60):
        eventually(lambda: not self.sink.missing(lines), timeout, f"{len(lines)} lines to arrive")

    def committed(self, offset, partition=0, group="g", timeout=30):
        eventually(lambda: self.cluster.committed(group, "logs", partition) == offset, timeout,
                   f"offset {offset} of partition {partition} to be committed")

    def test_everything_is_read_once_and_then_committed(self):
        self.cluster.topic("logs", 3)
        lines = [line for p in range(3) for line in self.cluster.produce("logs", f"p{p}", 2000, p)]
        alloy = self.alloy(self.config(more="relabel_rules = loki.relabel.names.rules") + """
loki.relabel "names" {
  forward_to = []
  rule {
    source_labels = ["__meta_kafka_topic", "__meta_kafka_partition"]
    regex         = "(.+);(.+)"
    replacement   = "$1;$2"
    target_label  = "from"
  }
  rule {
    source_labels = ["__meta_kafka_message_key"]
    target_label  = "key"
  }
}
""")
        self.arrived(lines)
        for partition in range(3):
            self.committed(2000, partition)
        self.assertEqual(self.sink.repeated(), {})
        self.assertEqual(self.sink.labels, {f'{{from="logs;{p}", job="kafka", key="k"}}' for p in range(3)})
        self.assertEqual(alloy.stop(), 0)

    def test_only_what_is_durable_is_committed_and_the_rest_comes_again(self):
        self.cluster.topic("logs")
        held = self.config("loki.process.hold.receiver") + HOLD.format()
        alloy = self.alloy(held)
        lines = ["first", "second"]
        for line in lines:
            self.cluster.send("logs", line)
        self.arrived(lines[:1])
        alloy.kill()
        # The second is in memory only, or has not been read.
        self.assertIn(self.cluster.committed("g", "logs"), (None, 1))
        self.assertEqual(self.sink.missing(lines), lines[1:])
        self.alloy(self.config(), "other")
        self.arrived(lines)
        self.committed(2)

    def test_a_kill_while_lines_flow_loses_none(self):
        self.cluster.topic("logs", 2)
        alloy = self.alloy(self.config())
        lines = [line for p in range(2) for line in self.cluster.produce("logs", f"before {p}", 5000, p)]
        eventually(lambda: self.sink.requests > 0, 60, "something to arrive")
        alloy.kill()
        lines += [line for p in range(2) for line in self.cluster.produce("logs", f"after {p}", 5000, p)]
        alloy.start()
        self.arrived(lines, 120)
        for partition in range(2):
            self.committed(10000, partition)

    def test_partitions_go_from_hand_to_hand_without_loss(self):
        self.cluster.topic("logs", 4)
        first = self.alloy(self.config().replace('job = "kafka"', 'who = "first"'), "first")
        lines = [line for p in range(4) for line in self.cluster.produce("logs", f"alone {p}", 200, p)]
        self.arrived(lines)
        second = self.alloy(self.config().replace('job = "kafka"', 'who = "second"'), "second")

        def both_read():
            more = [line for p in range(4)
                    for line in self.cluster.produce("logs", f"both {len(lines)} {p}", 50, p)]
            lines.extend(more)
            self.arrived(more)
            return '{who="second"}' in self.sink.labels
        eventually(both_read, 90, "the second consumer to read")
        self.assertEqual(first.stop(), 0)
        rest = [line for p in range(4) for line in self.cluster.produce("logs", f"rest {p}", 50, p)]
        self.arrived(lines + rest)
        self.assertTrue(second.alive())
        # The mock takes no offsets while a group rebalances (real brokers do), so that lines that came then
        # come again, each time that it does.
        self.assertLess(max(self.sink.lines.values()), 10)

    def test_errors_of_the_broker_and_its_absence_lose_nothing(self):
        self.cluster.topic("logs")
        lines = self.cluster.produce("logs", "before", 500)
        self.alloy(self.config())
        self.arrived(lines)
        self.cluster.tell("fail", FETCH, NOT_LEADER, 3)
        self.cluster.tell("fail", OFFSET_COMMIT, COORDINATOR_LOADING, 2)
        self.cluster.tell("fail", HEARTBEAT, REBALANCING, 1)
        lines += self.cluster.produce("logs", "meanwhile", 500)
        self.arrived(lines)
        self.committed(1000)
        self.cluster.tell("down")
        self.cluster.tell("up")
        lines += self.cluster.produce("logs", "after", 500)
        self.arrived(lines)
        self.committed(1500)

    def secure(self, password):
        certificate = Certificate(self.folder)
        front = self.enter(SecureFront(self.cluster.brokers, certificate, "$ConnectionString", password))
        return certificate, front

    def test_over_tls_and_logged_in(self):
        self.cluster.topic("logs")
        lines = self.cluster.produce("logs", "secret", 100)
        certificate, front = self.secure("p")
        login = """
  authentication {{
    type = "sasl"
    sasl_config {{
      user     = "$ConnectionString"
      password = "{password}"
      use_tls  = true
      tls_config {{
        ca_file = "%s"
      }}
    }}
  }}
""" % certificate.cert
        alloy = self.alloy(self.config(more=login.format(password="wrong"), brokers=front.address))
        eventually(lambda: front.refused > 0, 30, "the wrong password to be refused")
        self.assertEqual(len(self.sink.missing(lines)), len(lines))
        status, body = alloy.reload(
            self.config(more=login.format(password="p"), brokers=front.address))
        self.assertEqual(status, 200, body)
        self.arrived(lines)
        self.committed(100)

    def test_azure_event_hubs(self):
        self.cluster.topic("logs")
        self.cluster.send("logs", '{"records":[{"time":"2024-01-01T00:00:00Z","resourceId":"/r",'
                                  '"operationName":"o","category":"Audit","n":1},'
                                  '{"time":"2024-01-01T00:00:01Z","resourceId":"/r",'
                                  '"operationName":"o","category":"Audit","n":2}]}')
        self.cluster.send("logs", "no JSON")
        certificate, front = self.secure("Endpoint=sb://x/")
        os.environ["SSL_CERT_FILE"] = str(certificate.cert)
        self.addCleanup(os.environ.pop, "SSL_CERT_FILE")
        self.alloy(self.config(brokers=front.address, source="""
loki.relabel "azure" {{
  forward_to = []
  rule {{
    source_labels = ["__azure_event_hubs_category"]
    target_label  = "category"
  }}
}}

loki.source.azure_event_hubs "in" {{
  fully_qualified_namespace = "{brokers}"
  event_hubs                = ["logs"]
  group_id                  = "g"
  authentication {{
    mechanism         = "connection_string"
    connection_string = "Endpoint=sb://x/"
  }}
  relabel_rules = loki.relabel.azure.rules
  forward_to    = [{receiver}]
  {more}
}}
"""))
        self.committed(2, timeout=60)
        eventually(lambda: len(self.sink.lines) == 3, 30, "three lines to arrive")
        self.assertIn('{category="Audit", job="loki.source.azure_event_hubs"}', self.sink.labels)
        self.arrived(["no JSON"])


if __name__ == "__main__":
    unittest.main()
