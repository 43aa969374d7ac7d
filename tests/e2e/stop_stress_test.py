"""The program is told to stop, or to read its configuration again, at random moments of its life,
while it does everything at once: alone, and as one of three nodes of a cluster.

ALLOY_STRESS_STOPS says how often (a few by default; hundreds for a build with sanitizers, see
docs/architecture.md), ALLOY_STRESS_SEED when, ALLOY_STRESS_PATIENCE how long a stop may take.
"""
import os
import random
import signal
import subprocess
import threading
import time
import unittest

from everything import Everything, Traffic
from peers import Alloy, Story

STOPS = int(os.environ.get("ALLOY_STRESS_STOPS", "3"))
SEED = int(os.environ.get("ALLOY_STRESS_SEED", "1"))
# The longest that a stop may take; nothing in the configuration waits for long.
PATIENCE = float(os.environ.get("ALLOY_STRESS_PATIENCE", "60"))


class StopStress(Story):

    def setUp(self):
        super().setUp()
        self.peers = Everything(self)
        self.random = random.Random(SEED)
        self.longest = 0.0
        self.outcomes = {}

    def tearDown(self):
        print(f"outcomes {self.outcomes}, the longest stop took {self.longest:.1f} s")

    def node(self, name, *args):
        """A node and its ports; its storage is kept from one start to the next."""
        folder = self.folder / name
        config, ports = self.peers.config(folder)
        node = Alloy(folder, config, ["--stability.level=experimental", *args], patience=PATIENCE)
        self.addCleanup(node.__exit__)
        node.traffic_of_one_life = lambda: Traffic(node, ports, folder, self.random.random())
        return node

    def end(self, node, first, second=None):
        """Sends a signal, perhaps another one soon after, and judges how the program ended."""
        started = time.monotonic()
        # Before this line the program has no handler: then the signal itself ends it.
        early = "Alloy is starting" not in node.log()
        node.child.send_signal(first)
        allowed = {0, -first, -signal.SIGHUP} if early else {0}
        if second:
            time.sleep(self.random.choice((0, 0.001, 0.01, 0.1)))
            node.child.send_signal(second)
            allowed |= {-second, -first}
        try:
            status = node.child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            node.child.send_signal(signal.SIGABRT)
            self.fail(f"no end within {PATIENCE} s:\n{node.log()[-5000:]}")
        if second is None:
            self.longest = max(self.longest, time.monotonic() - started)
        log = node.log()
        self.assertIn(status, allowed, log[-5000:])
        self.assertNotIn("Sanitizer", log)
        self.assertNotIn("exceeded shutdown deadline", log)
        kind = f"{first.name}{'+' + second.name if second else ''} -> {status}"
        self.outcomes[kind] = self.outcomes.get(kind, 0) + 1
        node.log_path.unlink()

    def pause(self):
        time.sleep(self.random.choice((0, 0.01, 0.05, 0.2, 0.5, 1.0)) * self.random.random() * 2)

    def disturb(self, node):
        """Reloads, by signal and by request, right before the end."""
        for _ in range(self.random.randrange(4)):
            if self.random.random() < 0.5:
                node.child.send_signal(signal.SIGHUP)
            else:
                threading.Thread(target=self.reload_anyhow, args=(node,), daemon=True).start()
            if self.random.random() < 0.5:
                self.pause()

    def reload_anyhow(self, node):
        try:
            text = node.config_path.read_text()
            node.reload(text + f"// {self.random.random()}\n", timeout=PATIENCE)
        except OSError:
            pass  # It ended in the middle.

    def test_a_stop_at_any_moment_is_bounded_and_clean(self):
        node = self.node("alone")
        for i in range(STOPS):
            node.start_only()
            with node.traffic_of_one_life():
                # Every third one while it still starts.
                if i % 3:
                    node.wait_ready()
                    self.disturb(node)
                self.pause()
                signals = self.random.choice(((signal.SIGTERM,), (signal.SIGINT,),
                                              (signal.SIGTERM, signal.SIGTERM),
                                              (signal.SIGINT, signal.SIGTERM)))
                self.end(node, *signals)

    def test_nodes_come_and_go(self):
        nodes = [self.node(name, "--cluster.enabled", f"--cluster.node-name={name}",
                           "--cluster.rejoin-interval=1s") for name in ("a", "b", "c")]
        addresses = ",".join(f"127.0.0.1:{node.port}" for node in nodes)
        for node in nodes:
            node._argv += [f"--cluster.join-addresses={addresses}",
                           f"--cluster.advertise-address=127.0.0.1:{node.port}"]
            node.start_only()
        for _ in range(STOPS):
            node = self.random.choice(nodes)
            with node.traffic_of_one_life():
                self.disturb(node)
                self.pause()
                self.end(node, self.random.choice((signal.SIGTERM, signal.SIGINT)))
                for other in nodes:
                    self.assertTrue(other is node or other.alive(), other.log()[-5000:])
            node.start_only()
        for node in nodes:
            self.end(node, signal.SIGTERM)


if __name__ == "__main__":
    unittest.main()
