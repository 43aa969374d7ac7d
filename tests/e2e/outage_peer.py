"""The targets and the sink of the outage test (tests/outage/outage_peer.cc), and what is watched of
alloy meanwhile."""
import json
import os
import pathlib
import subprocess
import time

from peers import Process, http

PEER = os.environ.get("OUTAGE_PEER",
                      str(pathlib.Path(__file__).parents[2] / "build/dev/bin/outage_peer"))
PAGE = os.sysconf("SC_PAGE_SIZE")
TICK = os.sysconf("SC_CLK_TCK")


class OutagePeer(Process):

    def __init__(self, targets, series, folder):
        super().__init__([PEER, targets, series], folder, "outage_peer")
        self.address = None

    def start(self):
        # It ends when its standard input does, so it never outlives this process.
        self.child = subprocess.Popen(self._argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      text=True)
        self.address = self.child.stdout.readline().split()[-1]
        return self

    def __exit__(self, *_):
        self.child.stdin.close()
        try:
            self.child.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()
        self.child.stdout.close()

    def url(self, path):
        return f"http://{self.address}{path}"

    def set_status(self, status):
        http(self.url(f"/control?{status}"), method="POST")

    def totals(self):
        return json.loads(http(self.url("/totals"), timeout=60)[1])

    def missing(self):
        """[target, scrape, when it was served in ms, how many samples are missing] of each scrape
        that has not arrived as a whole."""
        return json.loads(http(self.url("/missing"), timeout=60)[1])

    @staticmethod
    def now():
        return int(time.time() * 1000)


class Watch:
    """Samples memory and counters of an alloy that may be started several times."""

    def __init__(self, alloy):
        self.alloy = alloy
        self.memory = {}  # By phase: first and highest, in bytes.
        self.lives = {}   # What was dropped, by process and reason.

    def pid(self):
        return self.alloy.child.pid

    def note(self, phase):
        with open(f"/proc/{self.pid()}/statm", encoding="ascii") as file:
            resident = int(file.read().split()[1]) * PAGE
        first, highest = self.memory.get(phase, (resident, resident))
        self.memory[phase] = (first, max(highest, resident))
        self.lives[self.pid()] = self._read_dropped()

    def during(self, seconds, phase):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.note(phase)
            time.sleep(min(1.0, max(0.0, end - time.monotonic())))
        self.note(phase)

    def _read_dropped(self):
        reasons = {}
        for name, value in self.alloy.metrics().items():
            if name.startswith("prometheus_remote_storage_samples_dropped_total") and value:
                reason = name.split('reason="')[1].split('"')[0]
                reasons[reason] = reasons.get(reason, 0) + int(value)
        return reasons

    def dropped(self):
        """Samples by reason, over all lives."""
        self.lives[self.pid()] = self._read_dropped()
        total = {}
        for reasons in self.lives.values():
            for reason, count in reasons.items():
                total[reason] = total.get(reason, 0) + count
        return total

    def peak(self, *phases):
        return max(self.memory[phase][1] for phase in phases if phase in self.memory)

    def cores(self, seconds):
        """How many cores it keeps busy."""
        def used():
            with open(f"/proc/{self.pid()}/stat", encoding="ascii") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / TICK
        before = used()
        time.sleep(seconds)
        return (used() - before) / seconds

    def __str__(self):
        return "memory in MiB, first and highest: " + ", ".join(
            f"{phase} {first / (1 << 20):.1f} {highest / (1 << 20):.1f}"
            for phase, (first, highest) in self.memory.items())
