"""A program's life seen from outside: signals at any moment, a taken address, remote configuration."""
import http.server
import signal
import subprocess
import threading
import time
import unittest

from peers import ALLOY, Alloy, Story, eventually, http as ask

LOCAL = 'local.file "f" {\n  filename = "/etc/hostname"\n}\n'
REMOTE = 'remotecfg {{\n  url = "http://127.0.0.1:{}"\n}}\n'


class Collector(http.server.BaseHTTPRequestHandler):
    """A server of configurations that always has the same one; Connect over HTTP/1.1."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append(self.path.rsplit("/", 1)[1])
        time.sleep(self.server.delay)
        content = b'local.file "remote" {\n  filename = "/etc/hostname"\n}\n'
        body = b""
        if self.path.endswith("/GetConfig"):
            body = b"\x0a" + bytes([len(content)]) + content + b"\x12\x02h1"
        self.send_response(200)
        self.send_header("Content-Type", "application/proto")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        """A program that is told to end does not wait for a slow answer."""


def serve(story):
    server = Server(("127.0.0.1", 0), Collector)
    server.calls = []
    server.delay = 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    story.addCleanup(server.server_close)
    story.addCleanup(server.shutdown)
    return server


class Signals(Story):
    def test_a_hangup_while_the_configuration_is_loaded_is_remembered(self):
        server = serve(self)
        server.delay = 1
        alloy = Alloy(self.folder, REMOTE.format(server.server_port))
        self.addCleanup(alloy.__exit__)
        alloy.start_only()
        eventually(lambda: server.calls, what="the program to be in the middle of loading")
        alloy.child.send_signal(signal.SIGHUP)
        eventually(lambda: "config reloaded" in alloy.log(), what="the early SIGHUP to take effect")
        self.assertEqual(alloy.stop(), 0)

    def test_ready_says_why_not_while_the_configuration_is_loaded(self):
        server = serve(self)
        server.delay = 2
        alloy = Alloy(self.folder, REMOTE.format(server.server_port))
        self.addCleanup(alloy.__exit__)
        alloy.start_only()
        eventually(lambda: server.calls, what="the program to be in the middle of loading")
        status, body = ask(alloy.url("/-/ready"))
        self.assertEqual(status, 503)
        self.assertIn("still being loaded", body)

    def test_a_broken_file_leaves_the_old_configuration_running(self):
        alloy = self.enter(Alloy(self.folder, LOCAL))
        alloy.config_path.write_text(LOCAL + "x = \n")
        alloy.child.send_signal(signal.SIGHUP)
        eventually(lambda: "failed to reload config" in alloy.log())
        self.assertIn('"localID":"local.file.f"', ask(alloy.url("/api/v0/web/components"))[1])
        self.assertEqual(alloy.stop(), 0)


class Listening(Story):
    def test_a_taken_address_is_an_error_with_its_name(self):
        first = self.enter(Alloy(self.folder, LOCAL))
        second = subprocess.run(
            [ALLOY, "run", first.config_path, f"--storage.path={self.folder}/second",
             f"--server.http.listen-addr=127.0.0.1:{first.port}"],
            capture_output=True, text=True, timeout=20)
        self.assertEqual(second.returncode, 1)
        self.assertIn(f"failed to listen on 127.0.0.1:{first.port}", second.stderr)


class RemoteConfiguration(Story):
    def test_it_runs_beside_the_local_one_and_survives_a_start_without_the_server(self):
        server = serve(self)
        detail = "/api/v0/web/remotecfg/components/local.file.remote"
        alloy = self.enter(Alloy(self.folder, REMOTE.format(server.server_port)))
        eventually(lambda: ask(alloy.url(detail))[0] == 200)
        self.assertEqual(alloy.stop(), 0)
        self.assertEqual(server.calls[-1], "UnregisterCollector")
        server.shutdown()
        server.server_close()

        alloy.start()
        eventually(lambda: ask(alloy.url(detail))[0] == 200, what="the cached configuration to run")
        self.assertEqual(alloy.stop(), 0)


if __name__ == "__main__":
    unittest.main()
