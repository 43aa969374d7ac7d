"""Remote configuration from a server that is down, or sends what can't be loaded."""
import http.server
import io
import threading
import unittest
import urllib.request
import zipfile

from peers import Alloy, Story, eventually, free_port, http as ask

GOOD = 'local.file "remote" {\n  filename = "/etc/hostname"\n}\n'
BROKEN = 'local.file "remote" {\n  filename = \n'
FAILING = 'local.file "remote" {\n  filename = "/nowhere"\n}\n'
DETAIL = "/api/v0/web/remotecfg/components/local.file.remote"


def varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


class Collector(http.server.BaseHTTPRequestHandler):
    """A server of configurations; Connect over HTTP/1.1."""

    def do_POST(self):
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        procedure = self.path.rsplit("/", 1)[1]
        self.server.calls.append((procedure, asked))
        body = b""
        if procedure == "GetConfig":
            content = self.server.content.encode()
            body = b"\x0a" + varint(len(content)) + content + b"\x12\x02h1"
        self.send_response(200)
        self.send_header("Content-Type", "application/proto")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class RemoteConfiguration(Story):
    def setUp(self):
        super().setUp()
        self.port = free_port()

    def serve(self, content):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Collector)
        self.server.calls = []
        self.server.content = content
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.end_server)

    def end_server(self):
        self.server.shutdown()
        self.server.server_close()

    def config(self, extra=""):
        return (f'remotecfg {{\n  url = "http://127.0.0.1:{self.port}"\n'
                f'  poll_frequency = "10s"\n{extra}}}\n')

    def run_alloy(self):
        self.alloy = self.enter(Alloy(self.folder, self.config()))

    def runs(self):
        return ask(self.alloy.url(DETAIL))[0] == 200

    def is_healthy(self):
        return '"state":"healthy"' in ask(self.alloy.url(DETAIL))[1]

    def reported(self, text):
        return any(text in asked for procedure, asked in list(self.server.calls)
                   if procedure == "GetConfig")

    def test_a_configuration_that_fails_is_reported_and_the_one_before_restored(self):
        self.serve(GOOD)
        self.run_alloy()
        eventually(self.is_healthy, what="the remote configuration to run")
        for content, report in ((BROKEN, b"expected expression"), (FAILING, b"/nowhere")):
            with self.subTest(report):
                self.server.content = content
                # Other arguments ask at once.
                extra = '  attributes = {"round" = "%d"}\n' % len(content)
                self.assertEqual(self.alloy.reload(self.config(extra))[0], 200)
                eventually(lambda: self.reported(report), what="the failure to be reported")
                eventually(self.is_healthy, what="the configuration before to be restored")
                self.assertEqual(self.alloy.metrics()["remotecfg_last_load_successful"], 1)
        self.assertEqual(self.alloy.stop(), 0)

    def test_a_start_with_a_broken_configuration_runs_the_cached_one(self):
        self.serve(GOOD)
        self.run_alloy()
        eventually(self.is_healthy, what="the remote configuration to run")
        self.assertEqual(self.alloy.stop(), 0)
        self.server.content = BROKEN
        self.server.calls.clear()
        self.alloy.start()
        eventually(self.is_healthy, what="the cached configuration to run")
        self.assertTrue(self.reported(b"expected expression"))
        self.assertEqual(self.alloy.metrics()["remotecfg_last_load_successful"], 0)
        self.assertEqual(self.alloy.stop(), 0)

    def test_a_server_that_comes_up_after_the_start_is_registered_with(self):
        self.serve(GOOD)
        self.run_alloy()
        eventually(self.is_healthy, what="the remote configuration to run")
        self.assertEqual(self.alloy.stop(), 0)
        self.end_server()
        self.alloy.start()
        eventually(self.is_healthy, what="the cached configuration to run")
        self.serve(GOOD)
        eventually(lambda: self.server.calls, 40, "the server to be asked")
        self.assertEqual(self.server.calls[0][0], "RegisterCollector")

    def test_the_support_bundle_holds_it(self):
        self.serve(GOOD)
        self.run_alloy()
        eventually(self.runs, what="the remote configuration to run")
        with urllib.request.urlopen(self.alloy.url("/-/support?duration=1"), timeout=120) as answer:
            bundle = zipfile.ZipFile(io.BytesIO(answer.read()))
        text = bundle.read("alloy-support-bundle/sources/remote-config/remote.alloy").decode()
        self.assertIn('local.file "remote"', text)


if __name__ == "__main__":
    unittest.main()
