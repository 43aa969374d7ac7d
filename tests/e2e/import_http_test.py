"""import.http from a server that has gone bad: a clear error in time, and the last good module stays."""
import threading
import time
import unittest

from http_targets import Quiet, Server
from peers import Alloy, Story, eventually, http

MODULE = b'declare "give" {\n  export "value" {\n    value = %d\n  }\n}\n'

CONFIG = """
import.http "m" {{
  url            = "http://{address}/module.alloy"
  poll_frequency = "300ms"
  poll_timeout   = "2s"
}}
m.give "g" {{ }}
"""


class ModuleServer(Server):
    """Serves a module, or what `misbehave` names."""

    def __init__(self):
        self.misbehave = None
        self.value = 1
        self.stopping = threading.Event()
        outer = self

        class Handler(Quiet):
            def do_GET(self):
                try:
                    if outer.misbehave is None:
                        self.answer(200, MODULE % outer.value)
                    else:
                        getattr(self, "serve_" + outer.misbehave)()
                except OSError:
                    pass  # The other side hung up, as it should.

            def serve_endless(self):
                self.send_response(200)
                self.end_headers()
                while not outer.stopping.is_set():
                    self.wfile.write(b"// and so on and so on\n" * 4000)

            def serve_slow(self):
                self.send_response(200)
                self.end_headers()
                while not outer.stopping.is_set():
                    self.wfile.write(b"/")
                    self.wfile.flush()
                    time.sleep(0.1)

            def serve_silence(self):
                outer.stopping.wait(20)

            def serve_circles(self):
                self.send_response(302)
                self.send_header("Location", self.path)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def serve_refusal(self):
                self.answer(500, b"no")

            def serve_nonsense(self):
                self.answer(200, b"declare {{{")

        super().__init__(Handler)

    def __exit__(self, *_):
        self.stopping.set()
        super().__exit__()


class ImportHttp(Story):

    def setUp(self):
        super().setUp()
        self.server = self.enter(ModuleServer())

    def tearDown(self):
        if self.has_failed():
            print(self.alloy.log()[-5000:])

    def start(self):
        self.alloy = self.enter(Alloy(self.folder, CONFIG.format(address=self.server.address)))

    def value(self):
        [export] = self.alloy.component("m.give.g")["exports"]
        return export["value"]["value"]

    def errors(self):
        return [line for line in self.alloy.log().splitlines()
                if "level=error" in line and "import.http.m" in line]

    def check_last_good_module_stays(self, misbehaviour):
        self.start()
        self.assertEqual(self.value(), 1)
        self.server.misbehave = misbehaviour
        eventually(self.errors, 30, "an error in the log")
        self.assertEqual(self.value(), 1)
        self.assertEqual(http(self.alloy.url("/-/ready"))[0], 200)
        self.server.value = 2
        self.server.misbehave = None
        eventually(lambda: self.value() == 2, 30, "the module after the server's recovery")
        self.assertEqual(self.alloy.stop(), 0)

    def test_an_endless_body(self):
        self.check_last_good_module_stays("endless")

    def test_a_slow_body(self):
        self.check_last_good_module_stays("slow")

    def test_no_answer(self):
        self.check_last_good_module_stays("silence")

    def test_redirects_in_circles(self):
        self.check_last_good_module_stays("circles")

    def test_a_refusal(self):
        self.check_last_good_module_stays("refusal")

    def test_content_that_is_no_module(self):
        self.check_last_good_module_stays("nonsense")

    def test_a_server_that_is_bad_from_the_start_ends_the_start_with_its_reason(self):
        for misbehaviour in ("endless", "silence", "circles"):
            with self.subTest(misbehaviour):
                self.server.misbehave = misbehaviour
                folder = self.folder / misbehaviour
                folder.mkdir()
                self.alloy = Alloy(folder, CONFIG.format(address=self.server.address))
                with self.alloy.start_only():
                    self.assertEqual(self.alloy.child.wait(30), 1)
                self.assertIn("Failed to evaluate node for config block", self.alloy.log())


if __name__ == "__main__":
    unittest.main()
