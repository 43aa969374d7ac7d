"""Scrape targets and a remote_write sink made for the stories: exact, or broken on purpose."""
import http.server
import pathlib
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "examples"))
import sink  # noqa: E402  The decoder that the demo uses, too.


class Server:
    """An HTTP server in a thread, as a context manager."""

    def __init__(self, handler, port=0):
        http.server.ThreadingHTTPServer.allow_reuse_address = True
        self.httpd = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
        self.httpd.daemon_threads = True
        self.port = self.httpd.server_address[1]
        self.address = f"127.0.0.1:{self.port}"

    def __enter__(self):
        threading.Thread(target=self.httpd.serve_forever, kwargs={"poll_interval": 0.05},
                         daemon=True).start()
        return self

    def __exit__(self, *_):
        self.httpd.shutdown()
        self.httpd.server_close()


class Quiet(http.server.BaseHTTPRequestHandler):
    """A handler that keeps the test's output clean."""

    def log_message(self, *_):
        pass

    def answer(self, status, body, content_type="text/plain; version=0.0.4"):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class CountingTarget(Server):
    """Serves `e2e_scrapes_total N` where N counts the scrapes: what is missing downstream shows."""

    def __init__(self, series=1):
        self.served = 0
        self.lock = threading.Lock()
        outer = self

        class Handler(Quiet):
            def do_GET(self):
                with outer.lock:
                    number = outer.served + 1
                    body = [b"# TYPE e2e_scrapes_total counter\ne2e_scrapes_total %d\n" % number]
                    body += [b'e2e_bulk{number="%d",filler="%032d"} %d\n' % (i, i, number)
                             for i in range(series - 1)]
                    self.answer(200, b"".join(body))
                    outer.served = number

        super().__init__(Handler)


class BrokenTargets(Server):
    """One target that fails in a different way on each path."""

    def __init__(self):
        self.stopping = threading.Event()
        outer = self

        class Handler(Quiet):
            def do_GET(self):
                try:
                    getattr(self, "serve_" + self.path.strip("/"))()
                except OSError:
                    pass  # The scraper hung up first, as it should.

            def serve_good(self):
                self.answer(200, b"e2e_good 1\n")

            def serve_garbage(self):
                self.answer(200, bytes(range(1, 256)) * 8)

            def serve_half(self):
                self.answer(200, b"e2e_half 1\ne2e_half_two{broken 2\n")

            def serve_error(self):
                self.answer(500, b"no\n")

            def serve_endless(self):
                self.send_response(200)
                self.end_headers()
                line = b'e2e_endless{filler="%s"} 1\n' % (b"x" * 200)
                while not outer.stopping.is_set():
                    self.wfile.write(line * 300)

            def serve_slow(self):
                self.send_response(200)
                self.end_headers()
                while not outer.stopping.is_set():
                    self.wfile.write(b"e2e_slow 1\n")
                    time.sleep(0.2)

            def serve_early(self):
                """Promises more than it sends, then resets the connection."""
                self.send_response(200)
                self.send_header("Content-Length", "100000")
                self.end_headers()
                self.wfile.write(b"e2e_early 1\n")
                self.wfile.flush()
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()

        super().__init__(Handler)

    def __exit__(self, *_):
        self.stopping.set()
        super().__exit__()


class Sink(Server):
    """Takes remote_write 1.0 and keeps every sample: {labels: [(ms, value)]}."""

    def __init__(self, port=0):
        self.series = {}
        self.status = 200
        self.requests = 0
        self.lock = threading.Lock()
        outer = self

        class Handler(Quiet):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with outer.lock:
                    outer.requests += 1
                    if outer.status == 200:
                        for labels, samples in sink.decode_write_request(body):
                            key = tuple(sorted(labels.items()))
                            outer.series.setdefault(key, []).extend(samples)
                    self.answer(outer.status, b"")

        super().__init__(Handler, port)

    @property
    def write_url(self):
        return f"http://{self.address}/api/v1/write"

    def values(self, name, **labels):
        """The values of the one series that has this name and these labels."""
        wanted = {"__name__": name, **labels}.items()
        with self.lock:
            found = [s for key, s in self.series.items() if wanted <= dict(key).items()]
        assert len(found) <= 1, (name, len(found))
        return [value for _, value in found[0]] if found else []
