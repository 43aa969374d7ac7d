"""The main job over TLS on both sides: node-exporter and Prometheus serve HTTPS (and HTTP/2)."""
import unittest

from peers import Alloy, Certificate, NodeExporter, Prometheus, Story, eventually, has

CONFIG = """
local.file "authority" {{
  filename = "{authority}"
}}

prometheus.scrape "node" {{
  targets         = [{{"__address__" = "{node}", "job" = "node"}}]
  forward_to      = [prometheus.remote_write.server.receiver]
  scheme          = "https"
  scrape_interval = "1s"
  scrape_timeout  = "1s"
  tls_config {{
    ca_pem = local.file.authority.content
  }}
}}

prometheus.remote_write "server" {{
  endpoint {{
    url = "{url}"
    basic_auth {{
      username = "alloy"
      password = "secret"
    }}
    tls_config {{
      ca_file = "{authority}"
    }}
  }}
}}
"""


@unittest.skipUnless(has("prometheus", "prometheus-node-exporter", "htpasswd", "openssl"), "peers missing")
class Tls(Story):

    def setUp(self):
        super().setUp()
        self.certificate = Certificate(self.folder)
        self.prometheus = self.enter(Prometheus(self.folder, "secret", self.certificate))
        self.node = self.enter(NodeExporter(self.folder, self.certificate))

    def start_alloy(self, authority):
        config = CONFIG.format(authority=authority.cert, node=self.node.address,
                               url=self.prometheus.write_url)
        return self.enter(Alloy(self.folder, config))

    def test_a_trusted_certificate_lets_data_through(self):
        alloy = self.start_alloy(self.certificate)
        eventually(lambda: self.prometheus.query('up{job="node"} == 1'), 30, "data",)
        self.assertEqual(alloy.stop(), 0)

    def test_a_stranger_s_certificate_is_refused_with_a_reason(self):
        alloy = self.start_alloy(Certificate(self.folder, "stranger"))
        eventually(lambda: "certificate" in alloy.log().lower(), 20, "the log to say why")
        self.assertEqual(self.prometheus.query('up{job="node"}'), [])
        self.assertEqual(alloy.stop(), 0)


if __name__ == "__main__":
    unittest.main()
