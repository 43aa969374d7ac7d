"""The `http` block: certificates that are replaced while the program runs, clients' certificates, filters."""
import os
import socket
import ssl
import subprocess
import unittest

from peers import Alloy, Certificate, Story, eventually, http

TLS = """
http {{
  tls {{
    cert_file = "{cert}"
    key_file  = "{key}"
    {more}
  }}
}}
"""
AUTH = """
http {
  auth {
    basic {
      username = "me"
      password = "pw"
    }
    %s
  }
}
prometheus.exporter.static "e" {
  text = "demo 1\\n"
}
prometheus.scrape "s" {
  targets         = prometheus.exporter.static.e.targets
  forward_to      = []
  scrape_interval = "1s"
  scrape_timeout  = "1s"
}
"""
ME = ("me", "pw")


class Tls(Story):
    def run_with(self, certificate, more=""):
        self.alloy = self.enter_only(
            Alloy(self.folder, TLS.format(cert=certificate.cert, key=certificate.key, more=more)))

    def enter_only(self, alloy):
        self.addCleanup(alloy.__exit__)
        alloy.start_only()
        eventually(lambda: "Alloy is running" in alloy.log(), what="alloy to run")
        return alloy

    def ask(self, trusted, client=None):
        """The status line, over a connection that trusts one certificate."""
        context = ssl.create_default_context(cafile=trusted.cert)
        if client:
            context.load_cert_chain(client.cert, client.key)
        with socket.create_connection(("127.0.0.1", self.alloy.port), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as connection:
                connection.sendall(b"GET /-/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                return connection.recv(100).split(b"\r\n")[0]

    def test_a_new_certificate_serves_the_next_connection(self):
        old = Certificate(self.folder, "old")
        self.run_with(old)
        self.assertEqual(self.ask(old), b"HTTP/1.1 200 OK")
        new = Certificate(self.folder, "new")
        os.replace(new.key, old.key)
        new_cert = new.cert.read_bytes()
        os.replace(new.cert, old.cert)
        new.cert.write_bytes(new_cert)
        eventually(lambda: self.ask(new) == b"HTTP/1.1 200 OK", what="the new certificate")
        self.assertEqual(self.alloy.stop(), 0)

    def test_clients_need_a_certificate_that_the_authority_signed(self):
        server = Certificate(self.folder, "server")
        client = Certificate(self.folder, "client")
        stranger = Certificate(self.folder, "stranger")
        self.run_with(server, f'client_ca_file = "{client.cert}"\n'
                              '    client_auth_type = "RequireAndVerifyClientCert"')
        self.assertEqual(self.ask(server, client), b"HTTP/1.1 200 OK")
        for other in (None, stranger):
            with self.subTest(other), self.assertRaises((ssl.SSLError, ConnectionError)):
                if self.ask(server, other) == b"":
                    raise ConnectionError("hung up")

    def test_a_reload_turns_it_off_and_on(self):
        server = Certificate(self.folder)
        self.run_with(server)
        config = self.alloy.config_path.read_text()
        context = ["curl", "-s", "--max-time", "10", "--cacert", server.cert]
        url = f"localhost:{self.alloy.port}/-/"
        self.alloy.config_path.write_text("")
        subprocess.run([*context, f"https://{url}reload"], check=True, capture_output=True)
        eventually(lambda: http(f"http://{url}ready")[0] == 200, what="plain HTTP")
        self.alloy.config_path.write_text(config)
        self.assertEqual(http(f"http://{url}reload")[0], 200)
        eventually(lambda: self.ask(server) == b"HTTP/1.1 200 OK", what="TLS")


class Auth(Story):
    def statuses(self, filters):
        alloy = Alloy(self.folder, AUTH % filters, args=["--stability.level=experimental"])
        self.addCleanup(alloy.__exit__)
        alloy.start_only()
        eventually(lambda: "Alloy is running" in alloy.log(), what="alloy to run")
        # What the program asks of itself needs no credentials.
        scrape = alloy.url("/api/v0/web/components/prometheus.scrape.s")
        eventually(lambda: '"value":"up"' in http(scrape, auth=ME)[1], what="the exporter to be up")
        return {path: http(alloy.url(path))[0] for path in ("/-/ready", "/metrics", "/-/healthy")}

    def test_without_a_filter_everything_needs_credentials(self):
        self.assertEqual(set(self.statuses("").values()), {401})

    def test_an_empty_filter_asks_for_nothing(self):
        self.assertEqual(set(self.statuses("filter { }").values()), {200})

    def test_only_the_paths_that_are_named(self):
        self.assertEqual(self.statuses('filter {\n paths = ["/metrics", "/-/h"]\n }'),
                         {"/-/ready": 200, "/metrics": 401, "/-/healthy": 401})

    def test_all_but_the_paths_that_are_named(self):
        self.assertEqual(
            self.statuses('filter {\n paths = ["/metrics"]\n authenticate_matching_paths = false\n }'),
            {"/-/ready": 401, "/metrics": 200, "/-/healthy": 401})


if __name__ == "__main__":
    unittest.main()
