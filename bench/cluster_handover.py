#!/usr/bin/env python3
"""What a cluster does to each target while nodes come and go: gaps, doubles, false ends.

    ALLOY=build/release/bin/alloy bench/cluster_handover.py [--targets 300] [--stall 1.5]
                                                            [--ckit build/dev/bin/ckit_node]

Three nodes scrape 300 HTTP targets, each on a port of its own, every second and write to one sink,
which keeps the time of every sample and the node it came from. Then nodes join, leave (SIGTERM),
crash (kill -9) and restart one after another. Printed for each event: the longest gap of any target,
how many targets had one of more than 1.5 intervals, doubles (samples of one target by two nodes,
less than half an interval apart) and false ends (a staleness marker although the target went on).

With --ckit one node more, built on the original's library (tests/interop/ckit), is there all the time
and scrapes its share as the original does; it comes and goes too, at the end.

With --stall each second one of the nodes stands still for up to that long, as on a machine that has
too much to do. It measures; it is no test. Run it on a quiet machine.
"""
import argparse
import asyncio
import collections
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "examples"))
import sink  # noqa: E402

INTERVAL = 1.0


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Peers:
    """The targets and the sink, in one loop."""

    def __init__(self, count):
        self.count = count
        self.samples = collections.defaultdict(list)  # target -> [(seconds, node, is marker)]
        self.ports = []

    async def start(self):
        for _ in range(self.count):
            server = await asyncio.start_server(self.target, "127.0.0.1", 0)
            self.ports.append(server.sockets[0].getsockname()[1])
        server = await asyncio.start_server(self.receive, "127.0.0.1", 0, limit=1 << 24)
        self.sink_port = server.sockets[0].getsockname()[1]

    @staticmethod
    async def head(reader):
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin1").split("\r\n")
        return {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}

    async def target(self, reader, writer):
        body = b"x 1\n"
        answer = (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n"
                  b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        try:
            while True:
                await self.head(reader)
                writer.write(answer)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            writer.close()

    async def receive(self, reader, writer):
        try:
            while True:
                head = await self.head(reader)
                body = await reader.readexactly(int(head["content-length"]))
                if head.get("content-type") == "application/json":  # From the library's node.
                    for s in json.loads(body):
                        self.samples[s["target"]].append((s["ms"] / 1000, s["node"], False))
                    writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                    continue
                for labels, samples in sink.decode_write_request(body):
                    labels = dict(labels)
                    for milliseconds, value in samples:
                        self.samples[labels["instance"]].append(
                            (milliseconds / 1000, labels["node"], value != value))
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            writer.close()


class Node:
    def __init__(self, name, folder, peers):
        self.name, self.port = name, free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.folder = pathlib.Path(folder) / name
        self.folder.mkdir()
        self.process = None
        self.write_config(peers)

    def write_config(self, peers):
        targets = ",\n".join('{__address__ = "127.0.0.1:%d"}' % port for port in peers.ports)
        (self.folder / "config.alloy").write_text(f"""
logging {{ level = "debug" }}
prometheus.scrape "s" {{
  targets         = [{targets}]
  forward_to      = [prometheus.remote_write.w.receiver]
  scrape_interval = "1s"
  scrape_timeout  = "1s"
  clustering {{ enabled = true }}
}}
prometheus.remote_write "w" {{
  external_labels = {{node = "{self.name}"}}
  endpoint {{
    url           = "http://127.0.0.1:{peers.sink_port}/api/v1/write"
    send_exemplars = false
    metadata_config {{ send = false }}
    queue_config {{ batch_send_deadline = "200ms" }}
    write_relabel_config {{
      source_labels = ["__name__"]
      regex         = "up"
      action        = "keep"
    }}
  }}
}}
""")

    def argv(self, join):
        return [os.environ["ALLOY"], "run", "config.alloy", "--storage.path=data",
                f"--server.http.listen-addr={self.address}", "--cluster.enabled",
                f"--cluster.node-name={self.name}", f"--cluster.advertise-address={self.address}",
                f"--cluster.join-addresses={','.join(join)}", "--disable-reporting"]

    def start(self, join):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(self.argv(join), cwd=self.folder, stdout=log, stderr=log)

    def participants(self):
        try:
            with urllib.request.urlopen(f"http://{self.address}/api/v0/web/peers", timeout=2) as got:
                return sorted(p["name"] for p in json.load(got) if p["state"] == "participant")
        except OSError:
            return []

    async def stop(self, how):
        self.process.send_signal(how)
        while self.process.poll() is None:
            await asyncio.sleep(0.01)


class CkitNode(Node):
    """A node on the original's library that scrapes its share as the original does."""

    def __init__(self, name, folder, peers, program):
        super().__init__(name, folder, peers)
        self.program, self.peers = program, peers

    def argv(self, join):
        targets = ",".join(f"127.0.0.1:{port}" for port in self.peers.ports)
        return [self.program, "-name", self.name, "-listen", self.address, "-join", ",".join(join),
                "-rejoin", "5s", "-targets", targets,
                "-sink", f"http://127.0.0.1:{self.peers.sink_port}/samples"]

    def participants(self):
        try:
            with urllib.request.urlopen(f"http://{self.address}/peers", timeout=2) as got:
                return sorted(p["name"] for p in json.load(got) if p["state"] == "participant")
        except OSError:
            return []


class Measurement:
    def __init__(self, peers, nodes):
        self.peers, self.nodes, self.rows = peers, nodes, []
        self.verbose = False

    async def agree(self, nodes, limit=60):
        names = sorted(n.name for n in nodes)
        end = time.time() + limit
        while time.time() < end:
            lists = await asyncio.gather(
                *(asyncio.get_running_loop().run_in_executor(None, n.participants) for n in nodes))
            if all(found == names for found in lists):
                return
            await asyncio.sleep(0.1)
        raise SystemExit(f"the nodes do not agree on {names}")

    async def event(self, what, action, quiet=8.0):
        """Runs the action in a steady cluster and judges everything until it is steady again."""
        await asyncio.sleep(3)
        start = time.time()
        await action()
        await asyncio.sleep(quiet)
        end = time.time() - 2  # Later samples may still be on their way.
        self.judge(what, start - 2, end)

    def judge(self, what, start, end):
        longest, gapped, doubles, false_ends, missing = 0.0, 0, 0, 0, 0
        for port in self.peers.ports:
            target = f"127.0.0.1:{port}"
            seen = sorted(s for s in self.peers.samples[target] if start <= s[0] <= end)
            times = [t for t, _, marker in seen if not marker]
            if not times:
                missing += 1
                continue
            gaps = [b - a for a, b in zip([start] + times, times + [end])]
            # At the edges nothing can be said about less than an interval.
            longest = max([longest] + gaps)
            if self.verbose and what != "crash":
                marks = [s for s in seen if not s[2]]
                for (t, n, _), (u, o, _) in zip(marks, marks[1:]):
                    if u - t > 1.5 * INTERVAL or u - t < INTERVAL / 2:
                        print(f"  {target}: {t:.3f} {n} -> {u:.3f} {o}", file=sys.stderr)
            gapped += max(gaps) > 1.5 * INTERVAL
            # One node twice is a late scrape and the next one in time.
            marks = [s for s in seen if not s[2]]
            doubles += sum(b[0] - a[0] < INTERVAL / 2 and a[1] != b[1]
                           for a, b in zip(marks, marks[1:]))
            false_ends += sum(marker and t < times[-1] for t, _, marker in seen)
        self.rows.append((what, longest, gapped, doubles, false_ends, missing))
        print(f"| {what} | {longest:.2f} | {gapped} | {doubles} | {false_ends} |"
              + (f" MISSING {missing}" if missing else ""), flush=True)


async def measure(options, folder):
    peers = Peers(options.targets)
    await peers.start()
    nodes = [Node(f"node-{i}", folder, peers) for i in range(3)]
    m = Measurement(peers, nodes)
    m.verbose = options.verbose
    a, b, c = nodes
    d = CkitNode("ckit", folder, peers, options.ckit) if options.ckit else None
    always = [d] if d else []
    nodes += always

    def addresses(but):
        return [n.address for n in nodes if n is not but]

    async def join(node, living):
        node.start(addresses(node))
        await m.agree(living)

    async def leave(node):
        await node.stop(signal.SIGTERM)
        assert node.process.returncode == 0, node.process.returncode

    async def crash(node, living):
        await node.stop(signal.SIGKILL)
        await m.agree(living, 120)

    async def roll():
        for node in nodes:
            await leave(node)
            await join(node, nodes)
            await asyncio.sleep(3)

    async def stall():
        while True:
            await asyncio.sleep(1)
            node = random.choice(nodes)
            if node.process and node.process.poll() is None:
                node.process.send_signal(signal.SIGSTOP)
                await asyncio.sleep(random.uniform(0, options.stall))
                node.process.send_signal(signal.SIGCONT)

    stalling = None
    try:
        for node in nodes:
            if node is not c:
                node.start(addresses(node))
                await asyncio.sleep(0.5)
        await m.agree([a, b] + always)
        await asyncio.sleep(5)
        if options.stall:
            stalling = asyncio.create_task(stall())
        print("| event | longest gap, s | targets with a gap > 1.5 s | doubles | false ends |")
        print("| --- | ---: | ---: | ---: | ---: |", flush=True)
        for round_ in range(options.rounds):
            await m.event("join", lambda: join(c, nodes))
            await m.event("leave", lambda: leave(c))
            await m.event("join", lambda: join(c, nodes))
            await m.event("crash", lambda: crash(c, [a, b] + always))
            await m.event("restart after the crash", lambda: join(c, nodes))
            await m.event("rolling restart", roll)
            if d:
                await m.event("ckit's node leaves", lambda: leave(d))
                await m.event("ckit's node joins", lambda: join(d, nodes))
                await m.event("ckit's node crashes", lambda: crash(d, [a, b, c]))
                await m.event("ckit's node restarts", lambda: join(d, nodes))
            await leave(c)
            await m.agree([a, b] + always)
    finally:
        if stalling:
            stalling.cancel()
        for node in nodes:
            if node.process and node.process.poll() is None:
                node.process.kill()
                node.process.wait()


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # The nodes are ended, too.
    parser = argparse.ArgumentParser()
    parser.add_argument("--targets", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--verbose", action="store_true", help="tell each gap and double")
    parser.add_argument("--stall", type=float, default=0, help="stop nodes for up to so many seconds")
    parser.add_argument("--ckit", help="program of tests/interop/ckit")
    parser.add_argument("--keep", help="folder for the nodes' logs")
    options = parser.parse_args()
    if options.keep:
        os.makedirs(options.keep, exist_ok=True)
        asyncio.run(measure(options, options.keep))
        return
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(options, folder))


if __name__ == "__main__":
    main()
