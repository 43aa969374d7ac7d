"""A cluster on a network of its own, with links that are slow, lossy or cut, and nodes that come and
go in every way there is. After each change all nodes name the same owner for each of 10,000 targets,
and no more of them have moved than had to.

ALLOY is our program. With CKIT_NODE (the program of main.go) half of the nodes are built on the
original's own library; otherwise all are ours. ROUNDS (default 1) is how often everything happens;
QUICK=1 leaves out what takes minutes, since only time shows that a machine is gone. With TABLE=1
what was measured is printed for docs/clustering.md.
"""
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest

import namespaces

KEYS = 10_000
PORT = 12345
# An address in the network that nobody has: nothing here is about the scrapes themselves.
NOWHERE = "10.66.0.250:9"
TARGETS = [{"__address__": NOWHERE, "__metrics_path__": f"/{i}", "target": str(i)}
           for i in range(KEYS)]
# Patience, not an expectation: how long any agreement may take on a busy machine.
LIMIT = 240


class Node:
    def __init__(self, network, number, kind):
        self.name = f"{kind}-{number}"
        self.namespace = network.add(f"10.66.0.{number}")
        self.address = f"{self.namespace.ip}:{PORT}"
        self.process = None

    def start(self, join):
        self.process = self.namespace.call(self.spawn, [n.address for n in join if n is not self])

    def stop(self, how):
        self.process.send_signal(how)
        self.process.wait(timeout=60)

    def request(self, path, body=None):
        return self.namespace.call(self._request, path, body)

    # With nothing between: in the node's own network.
    def _request(self, path, body):
        connection = http.client.HTTPConnection(self.address, timeout=30)
        try:
            connection.request("POST" if body else "GET", path, body)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def participants(self):
        peers = json.loads(self.request(self.peers_path))
        return sorted(p["name"] for p in peers if p["state"] == "participant")


class Peer(Node):
    """A node on the original's library."""

    peers_path = "/peers"
    asked = json.dumps(TARGETS)

    def __init__(self, network, number, folder):
        super().__init__(network, number, "ckit")

    def spawn(self, join):
        argv = [os.environ["CKIT_NODE"], "-name", self.name, "-listen", self.address,
                "-rejoin", "5s", "-join", ",".join(join)]
        return subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def owned(self):
        """Which targets this node says that who owns."""
        owners = {}
        for key, owner in enumerate(json.loads(self.request("/owners", self.asked))):
            owners.setdefault(owner, set()).add(key)
        return owners


class Ours(Node):
    peers_path = "/api/v0/web/peers"

    def __init__(self, network, number, folder):
        super().__init__(network, number, "ours")
        self.folder = pathlib.Path(folder) / self.name
        self.folder.mkdir()
        listed = ",\n".join(
            "{" + ", ".join(f'"{k}" = "{v}"' for k, v in t.items()) + "}" for t in TARGETS)
        (self.folder / "config.alloy").write_text(f"""
prometheus.scrape "s" {{
  targets         = [{listed}]
  forward_to      = []
  scrape_interval = "24h"
  scrape_timeout  = "1s"
  clustering {{ enabled = true }}
}}
""")

    def spawn(self, join):
        argv = [os.environ["ALLOY"], "run", "config.alloy", f"--storage.path={self.folder}/data",
                f"--server.http.listen-addr=0.0.0.0:{PORT}", "--cluster.enabled",
                f"--cluster.node-name={self.name}", "--cluster.advertise-interfaces=net0",
                f"--cluster.join-addresses={','.join(join)}", "--cluster.rejoin-interval=5s",
                "--disable-reporting"]
        with open(self.folder / "log", "ab") as log:
            return subprocess.Popen(argv, cwd=self.folder, stdout=log, stderr=log)

    def owned(self):
        """What this node scrapes, as its component shows it."""
        shown = self.request("/api/v0/web/components/prometheus.scrape.s")
        return {self.name: {int(i) for i in re.findall(rf"http://{NOWHERE}/(\d+)", shown)}}


@unittest.skipUnless(namespaces.are_possible(), "network namespaces can't be made here")
class ClusterNetwork(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.network = namespaces.Network()
        self.addCleanup(self.network.close)
        kinds = [Ours, Peer] if "CKIT_NODE" in os.environ else [Ours, Ours]
        self.nodes = [kinds[i % 2](self.network, i + 1, self.folder) for i in range(5)]
        self.addCleanup(self.kill_all)
        self.living = []
        self.owners = None

    def kill_all(self):
        for node in self.nodes:
            if node.process and node.process.poll() is None:
                node.process.kill()
                node.process.wait(timeout=10)

    def within_limit(self, what, condition):
        """Waits until the condition gives something; the seconds that took, and what it gave."""
        start = time.monotonic()
        last = None
        while time.monotonic() < start + LIMIT:
            try:
                last = condition()
                if last:
                    return time.monotonic() - start, last
            except (OSError, ValueError, http.client.HTTPException) as error:
                last = error
            time.sleep(0.1)
        logs = "".join(f"{n.name}:\n" + (n.folder / "log").read_text()[-3000:]
                       for n in self.nodes if isinstance(n, Ours))
        self.fail(f"not within {LIMIT} s: {what} (last: {last})\n{logs}")

    def same_owners(self, nodes):
        """The owner of each key, if all nodes agree on it."""
        owners = {}
        for node in nodes:
            for owner, keys in node.owned().items():
                if owners.setdefault(owner, keys) != keys:
                    return None
        if sum(map(len, owners.values())) != KEYS or len(set().union(*owners.values())) != KEYS:
            return None
        return {key: owner for owner, keys in owners.items() for key in keys}

    def agree(self, nodes):
        """Seconds until all see each other, and who owns what then."""
        names = sorted(n.name for n in nodes)
        seconds, _ = self.within_limit(
            f"all see {names}", lambda: all(n.participants() == names for n in nodes))
        _, owners = self.within_limit("all name the same owners", lambda: self.same_owners(nodes))
        self.assertEqual(sorted(set(owners.values())), names)
        return seconds, owners

    @staticmethod
    def tell(what, seconds, moved):
        if os.environ.get("TABLE"):
            print(f"| {what} | {seconds:.1f} | {100 * moved / KEYS:.1f} % |", flush=True)

    def settle(self, what, came=None, went=None):
        """After a change: agreement, and only the keys of who came or went have moved."""
        seconds, owners = self.agree(self.living)
        before, self.owners = self.owners, owners
        if before is None:
            return
        moved = {key for key in owners if owners[key] != before[key]}
        self.tell(what, seconds, len(moved))
        if came:
            self.assertEqual({owners[key] for key in moved}, {came.name})
        elif went:
            self.assertEqual({before[key] for key in moved}, {went.name})
        else:
            return self.assertFalse(moved)
        share = 1 / (len(self.living) + (went is not None))
        self.assertGreater(len(moved) / KEYS, 0.7 * share)
        self.assertLess(len(moved) / KEYS, 1.3 * share)

    def start(self, node, what):
        node.start(self.living)
        self.living.append(node)
        self.settle(f"{node.name} {what}", came=node)

    def end(self, node, how, what):
        self.living.remove(node)
        node.stop(how)
        if how == signal.SIGTERM:
            self.assertEqual(node.process.returncode, 0)
        self.settle(f"{node.name} {what}", went=node)

    def restart(self, stopped, killed):
        for node in stopped:
            self.end(node, signal.SIGTERM, "is stopped")
            self.start(node, "starts again")
        for node in killed:
            self.end(node, signal.SIGKILL, "is killed")
            self.start(node, "starts again")

    def part_and_heal(self):
        group, rest = self.nodes[:2], self.nodes[2:]
        self.network.part(*(n.namespace.ip for n in group))
        start = time.monotonic()
        self.agree(group)
        self.agree(rest)
        self.tell("two are cut off from three: each side alone", time.monotonic() - start, 0)
        self.network.part()
        self.settle("the cut is mended")

    def live_with_bad_links(self):
        self.network.delay, self.network.loss = (0.02, 0.1), 0.05
        self.settle("links take 20 to 100 ms and lose 5 %")
        node = self.nodes[2]
        self.end(node, signal.SIGTERM, "is stopped, on bad links")
        self.start(node, "starts again, on bad links")
        node = self.nodes[3]
        self.end(node, signal.SIGKILL, "is killed, on bad links")
        self.start(node, "starts again, on bad links")
        self.network.delay, self.network.loss = (0.0, 0.0), 0.0
        self.settle("links are good again")

    def lose_a_machine(self):
        node = self.nodes[4]
        self.network.part(node.namespace.ip)
        self.end(node, signal.SIGKILL, "vanishes with its machine")
        self.network.part()
        self.start(node, "starts again")

    def test_everybody_names_the_same_owners_whatever_happens(self):
        for node in self.nodes[:4]:
            node.start(self.living)
            self.living.append(node)
        self.settle("four nodes start")
        self.start(self.nodes[4], "joins")
        for _ in range(int(os.environ.get("ROUNDS", "1"))):
            if "QUICK" in os.environ:
                self.restart(self.nodes[1:2], self.nodes[0:1])
                self.live_with_bad_links()
            else:
                self.restart(self.nodes[1:5], self.nodes[0:2])
                self.live_with_bad_links()
                self.part_and_heal()
                self.lose_a_machine()


if __name__ == "__main__":
    unittest.main()
