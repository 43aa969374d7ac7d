"""Our nodes and nodes built on the original's own library in one cluster: they agree on who is in
it and who owns which target, through join, leave, crash and restart.

Needs ALLOY (our program) and CKIT_NODE (the program of main.go)."""

import collections
import http.server
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.request

TARGETS = 300
# Patience, not an expectation: how long anything may take on a busy machine.
LIMIT = 240


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def get_json(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=5) as answer:
        return json.load(answer)


class Scraped(http.server.ThreadingHTTPServer):
    """All targets in one server; remembers which node asked for which target, and when."""

    daemon_threads = True

    def __init__(self):
        self.times = collections.defaultdict(list)  # (node, target) -> times
        self.lock = threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                with outer.lock:
                    outer.times[self.headers["X-Node"], int(self.path[1:])].append(time.monotonic())
                body = b"x 1\n"
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        pass  # Nodes that are killed break their connections off.

    def scrapers_since(self, start):
        found = collections.defaultdict(set)
        with self.lock:
            for (node, target), times in self.times.items():
                if times[-1] >= start:
                    found[target].add(node)
        return found


class Node:
    def __init__(self, name, port):
        self.name, self.port, self.process = name, port, None

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def stop(self, how):
        self.process.send_signal(how)
        self.process.wait(timeout=30)


class Peer(Node):
    """A node on the original's library."""

    def start(self, join=()):
        args = [os.environ["CKIT_NODE"], "-name", self.name, "-listen", self.address]
        if join:
            args += ["-join", ",".join(join)]
        self.process = subprocess.Popen(args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def participants(self):
        peers = get_json(f"http://{self.address}/peers")
        return sorted(p["name"] for p in peers if p["state"] == "participant")

    def owners(self, targets):
        return get_json(f"http://{self.address}/owners", targets)


class Ours(Node):
    def __init__(self, name, port, folder, targets):
        super().__init__(name, port)
        self.folder = pathlib.Path(folder) / name
        self.folder.mkdir()
        listed = ",\n".join(
            "{" + ", ".join(f'"{k}" = "{v}"' for k, v in t.items()) + "}" for t in targets)
        (self.folder / "config.alloy").write_text(f"""
prometheus.scrape "s" {{
  targets         = [{listed}]
  forward_to      = []
  scrape_interval = "5s"
  scrape_timeout  = "5s"
  http_headers    = {{"X-Node" = ["{name}"]}}
  clustering {{ enabled = true }}
}}
""")

    def start(self, join=()):
        args = [os.environ["ALLOY"], "run", "config.alloy", f"--storage.path={self.folder}/data",
                f"--server.http.listen-addr={self.address}", "--cluster.enabled",
                f"--cluster.node-name={self.name}", f"--cluster.advertise-address={self.address}",
                f"--cluster.join-addresses={','.join(join)}", "--cluster.rejoin-interval=5s"]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(args, cwd=self.folder, stdout=log, stderr=log)

    def participants(self):
        peers = get_json(f"http://{self.address}/api/v0/web/peers")
        return sorted(p["name"] for p in peers if p["state"] == "participant")


class MixedCluster(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.scraped = Scraped()
        address = "127.0.0.1:%d" % self.scraped.server_address[1]
        self.targets = [{"__address__": address, "__metrics_path__": f"/{i}", "target": str(i)}
                        for i in range(TARGETS)]
        self.nodes = []

    def tearDown(self):
        for node in self.nodes:
            if node.process and node.process.poll() is None:
                node.process.kill()
                node.process.wait()
        self.scraped.shutdown()
        self.scraped.server_close()
        self.folder.cleanup()

    def add(self, node):
        self.nodes.append(node)
        return node

    def within(self, condition, what):
        end = time.monotonic() + LIMIT
        last = None
        while time.monotonic() < end:
            try:
                if condition():
                    return
            except (OSError, ValueError) as error:
                last = error
            time.sleep(0.1)
        logs = "".join(n.name + ":\n" + (n.folder / "log").read_text()[-3000:]
                       for n in self.nodes if isinstance(n, Ours))
        self.fail(f"not within {LIMIT} s: {what} ({last})\n{logs}")

    def agree(self, nodes):
        names = sorted(n.name for n in nodes)
        self.within(lambda: all(n.participants() == names for n in nodes),
                    f"all see {names}")

    def scraped_by_owners(self, peer):
        """Each target that one of ours owns is scraped by it, and by no other."""
        owners = peer.owners(self.targets)
        ours = {n.name for n in self.nodes if isinstance(n, Ours)}
        self.assertTrue(all(owners))

        def holds():
            start = time.monotonic()
            time.sleep(12)
            found = self.scraped.scrapers_since(start)
            return all(found[i] == ({owner} & ours) for i, owner in enumerate(owners))

        self.within(holds, "targets are scraped by their owners alone")

    def test_join_leave_crash_and_restart(self):
        a = self.add(Peer("peer-a", free_port()))
        b = self.add(Peer("peer-b", free_port()))
        x = self.add(Ours("ours-x", free_port(), self.folder.name, self.targets))
        y = self.add(Ours("ours-y", free_port(), self.folder.name, self.targets))
        a.start()
        self.within(lambda: a.participants() == ["peer-a"], "the first node runs")
        b.start([a.address])
        x.start([a.address])
        self.agree([a, b, x])
        y.start([x.address])
        self.agree([a, b, x, y])
        self.scraped_by_owners(a)

        x.stop(signal.SIGTERM)
        self.assertEqual(x.process.returncode, 0)
        self.agree([a, b, y])
        self.scraped_by_owners(a)

        x.start([b.address])
        self.agree([a, b, x, y])
        self.scraped_by_owners(b)

        b.stop(signal.SIGKILL)
        self.agree([a, x, y])
        self.scraped_by_owners(a)

        y.stop(signal.SIGKILL)
        y.start([a.address])
        self.agree([a, x, y])
        self.scraped_by_owners(a)


if __name__ == "__main__":
    unittest.main()
