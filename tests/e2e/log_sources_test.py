"""Log sources that listen: syslog from the real `logger` and over TLS, the push API; and a writer with
one endpoint that is down, which is killed and comes back."""
import json
import socket
import ssl
import subprocess
import unittest
import urllib.request

from log_sink import LogSink
from peers import Alloy, Certificate, Story, eventually, free_port, has

CONFIG = """
loki.relabel "syslog" {{
  forward_to = []

  rule {{
    source_labels = ["__syslog_message_app_name"]
    target_label  = "app"
  }}
}}

loki.source.syslog "in" {{
  listener {{
    address  = "127.0.0.1:{tcp}"
    labels   = {{via = "tcp"}}
  }}
  listener {{
    address       = "127.0.0.1:{udp}"
    protocol      = "udp"
    syslog_format = "rfc3164"
    labels        = {{via = "udp"}}
  }}
  listener {{
    address = "127.0.0.1:{tls}"
    labels  = {{via = "tls"}}
    tls_config {{
      cert_file = "{cert}"
      key_file  = "{key}"
    }}
  }}
  relabel_rules = loki.relabel.syslog.rules
  forward_to    = [loki.write.out.receiver]
}}

loki.source.api "in" {{
  http {{
    listen_address = "127.0.0.1"
    listen_port    = {api}
  }}
  forward_to = [loki.write.out.receiver]
}}

loki.write "out" {{
  endpoint {{
    url                = "{url}"
    batch_wait         = "100ms"
    max_backoff_period = "500ms"
  }}
  endpoint {{
    url = "http://127.0.0.1:{dead}/nobody/is/here"
  }}
}}
"""


class LogSources(Story):

    def setUp(self):
        super().setUp()
        self.sink = self.enter(LogSink())
        self.certificate = Certificate(self.folder)
        self.ports = {name: free_port() for name in ("tcp", "udp", "tls", "api", "dead")}
        self.alloy = Alloy(self.folder, CONFIG.format(
            cert=self.certificate.cert, key=self.certificate.key, url=self.sink.url, **self.ports))
        self.enter(self.alloy)

    def arrived(self, *lines):
        eventually(lambda: not self.sink.missing(lines), 30, f"{lines} to arrive")

    def push(self, line):
        body = json.dumps({"streams": [{"stream": {"job": "api"}, "values": [["1", line]]}]})
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.ports['api']}/loki/api/v1/push", body.encode(),
            {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=15) as response:
            return response.status

    @unittest.skipUnless(has("logger"), "logger missing")
    def test_logger_speaks_both_formats_over_both_transports(self):
        def logger(*args):
            subprocess.run(["logger", "--server", "127.0.0.1", "-t", "real", *args], check=True)
        logger("--tcp", "--port", str(self.ports["tcp"]), "--rfc5424", "over tcp")
        logger("--tcp", "--port", str(self.ports["tcp"]), "--rfc5424", "--octet-count", "counted")
        logger("--udp", "--port", str(self.ports["udp"]), "--rfc3164", "over udp")
        self.arrived("over tcp", "counted", "over udp")
        self.assertIn('{app="real", via="tcp"}', self.sink.labels)
        self.assertIn('{app="real", via="udp"}', self.sink.labels)

    def test_syslog_over_tls(self):
        context = ssl.create_default_context(cafile=self.certificate.cert)
        with socket.create_connection(("127.0.0.1", self.ports["tls"])) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as tls:
                tls.sendall(b"<14>1 - h app - - - over tls\n")
        self.arrived("over tls")

    def test_what_was_answered_survives_a_kill_and_an_outage(self):
        self.sink.status = 503
        lines = [f"line {i}" for i in range(20)]
        for line in lines[:10]:
            self.assertEqual(self.push(line), 204)
        self.alloy.kill()
        self.alloy.start()
        for line in lines[10:]:
            self.assertEqual(self.push(line), 204)
        self.alloy.kill()
        self.sink.status = 204
        self.alloy.start()
        self.arrived(*lines)
        self.assertEqual(self.sink.repeated(), {})


if __name__ == "__main__":
    unittest.main()
