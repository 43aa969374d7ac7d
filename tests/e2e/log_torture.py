"""Writers, a sink and a tormentor for the torture test of log files (log_torture_test.py).

A line says which file it was written to and its number there, and the rest of it follows from these,
so that the sink knows each line, and every line that was torn or invented."""
import collections
import hashlib
import os
import pathlib
import random
import re
import threading
import time

from http_targets import Quiet, Server
from log_sink import decode_push

LINE = re.compile(r"file (\d+) line (\d+) (x*)\Z")


def line_of(index, number):
    return f"file {index} line {number} {'x' * (number * 7919 % 173)}"


Arrival = collections.namedtuple("Arrival", "time body answered")


class TortureSink(Server):
    """Takes pushes, fails as it is told to, and keeps when each line came."""

    def __init__(self, files):
        self.arrivals = [{} for _ in range(files)]  # {number of a line: [number of a request]}
        self.requests = []
        self.strange = []  # Lines that nobody wrote.
        self.mode = "ok"
        self.lock = threading.Lock()
        outer = self

        class Handler(Quiet):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                mode = outer.mode
                if mode == "slow":
                    time.sleep(0.3)
                if mode.isdigit():
                    return self.answer(int(mode), b"not now")
                if mode != "reset":
                    outer.take(body, answered=mode != "silent")
                if mode in ("reset", "silent"):
                    self.close_connection = True
                    return self.connection.close()
                self.send_response(204)
                self.end_headers()

        super().__init__(Handler)
        self.httpd.handle_error = lambda *_: None  # Clients that are killed are meant to be.

    @property
    def url(self):
        return f"http://{self.address}/loki/api/v1/push"

    def take(self, body, answered):
        streams = decode_push(body)
        with self.lock:
            request = len(self.requests)
            self.requests.append(Arrival(time.monotonic(), hashlib.md5(body).digest(), answered))
            for _, lines in streams:
                for line in lines:
                    match = LINE.match(line)
                    known = match and line == line_of(int(match[1]), int(match[2]))
                    if known:
                        self.arrivals[int(match[1])].setdefault(int(match[2]), []).append(request)
                    else:
                        self.strange.append(line)


class TortureWriter:
    """Writes numbered lines to one file and does to it what is done to log files.

    What is destroyed before the sink has it, is the writer's loss: these lines are excused."""

    KEPT = 30  # Rotated files beside the file.

    def __init__(self, folder, index, seed, sink):
        self.path = pathlib.Path(folder) / f"{index}.log"
        self.index = index
        self.random = random.Random(seed * 1000 + index)
        self.arrivals = sink.arrivals[index]
        self.written_at = []
        self.excused = set()
        self.events = []
        self.has_dates = index % 3 == 2  # Rotated files are named by a date rather than by a number.
        self.rotations = 0
        self.path.touch()

    def act(self):
        actions = {
            self.append: 60, self.append_in_halves: 8, self.rotate_by_rename: 6,
            self.rotate_by_rename_late: 4, self.rotate_by_copy: 8, self.replace_with_longer: 3,
            self.replace_with_new: 3, self.delete_and_create: 4, self.truncate: 4,
        }
        action = self.random.choices(list(actions), list(actions.values()))[0]
        before = len(self.written_at)
        action()
        info = self.path.stat()
        self.events.append((time.monotonic(), action.__name__, before, len(self.written_at),
                            info.st_ino, info.st_size))

    def make_lines(self, count):
        begin = len(self.written_at)
        self.written_at += [time.monotonic()] * count
        return "".join(line_of(self.index, begin + i) + "\n" for i in range(count))

    def append(self):
        # One call for all, or some.
        text = self.make_lines(self.random.randrange(1, 30))
        with open(self.path, "a") as file:
            file.write(text)

    def append_in_halves(self):
        text = self.make_lines(1)
        with open(self.path, "a") as file:
            file.write(text[:11])
            file.flush()
            time.sleep(self.random.random() * 0.01)
            file.write(text[11:])

    def excuse(self, path):
        """The file is about to go: whatever has not arrived by now may be lost."""
        for match in re.finditer(r"^file \d+ line (\d+) x*$", path.read_text(), re.M):
            if int(match[1]) not in self.arrivals:
                self.excused.add(int(match[1]))

    def has_arrived(self):
        numbers = re.findall(r"^file \d+ line (\d+) x*$", self.path.read_text(), re.M)
        return all(int(number) in self.arrivals for number in numbers)

    def may_destroy(self):
        """Mostly only what has arrived, so that much is left to be checked."""
        if not self.has_arrived() and self.random.random() < 0.9:
            return False
        self.excuse(self.path)
        return True

    def aside(self):
        """The name for the rotated file, free to be used."""
        self.rotations += 1
        if self.has_dates:
            old = self.path.with_name(f"{self.path.name}-2024{self.rotations - self.KEPT:06}")
            if old.exists():
                self.excuse(old)
                old.unlink()
            return self.path.with_name(f"{self.path.name}-2024{self.rotations:06}")
        for i in range(self.KEPT, 0, -1):
            old = self.path.with_name(f"{self.path.name}.{i}")
            if not old.exists():
                continue
            if i == self.KEPT:
                self.excuse(old)
                old.unlink()
            else:
                old.rename(self.path.with_name(f"{self.path.name}.{i + 1}"))
        return self.path.with_name(self.path.name + ".1")

    def rotate_by_rename(self):
        self.path.rename(self.aside())
        if self.random.random() < 0.3:
            time.sleep(self.random.random() * 0.1)  # For a while there is no file.
        self.path.touch()

    def rotate_by_rename_late(self):
        """Whoever writes notices the rotation late."""
        with open(self.path, "a") as file:
            self.path.rename(self.aside())
            self.path.touch()
            for _ in range(self.random.randrange(1, 4)):
                file.write(self.make_lines(self.random.randrange(1, 5)))
                file.flush()
                time.sleep(self.random.random() * 0.05)

    def rotate_by_copy(self):
        self.aside().write_bytes(self.path.read_bytes())
        os.truncate(self.path, 0)
        if self.random.random() < 0.5:
            self.append()

    def replace_with_longer(self):
        """As editors write: the old lines and a new one, under the old name by a rename."""
        new = self.path.with_name(self.path.name + ".tmp~")
        new.write_text(self.path.read_text() + self.make_lines(1))
        new.rename(self.path)

    def replace_with_new(self):
        if not self.may_destroy():
            return self.append()
        new = self.path.with_name(self.path.name + ".tmp~")
        new.write_text(self.make_lines(self.random.randrange(1, 30)))
        new.rename(self.path)

    def delete_and_create(self):
        if not self.may_destroy():
            return self.append()
        self.path.unlink()
        if self.random.random() < 0.3:
            time.sleep(self.random.random() * 0.1)
        self.append()

    def truncate(self):
        if not self.may_destroy():
            return self.append()
        os.truncate(self.path, 0)
        if self.random.random() < 0.7:
            self.append()

    def missing(self):
        return [n for n in range(len(self.written_at))
                if n not in self.arrivals and n not in self.excused]


class Tormentor:
    """Ends alloy in both ways and starts it again, and makes the sink fail, until told to stop."""

    SINK_MODES = ("503", "500", "429", "reset", "silent", "slow")

    def __init__(self, alloy, sink, seed):
        self.alloy = alloy
        self.sink = sink
        self.random = random.Random(seed)
        self.kills = []  # (begin, when it was ready again)
        self.stops = []
        self.stopping = threading.Event()
        self.error = None
        self.threads = [threading.Thread(target=self.guard, args=(work,), daemon=True)
                        for work in (self.end_alloy, self.disturb_sink)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(120)
        self.sink.mode = "ok"

    def guard(self, work):
        chance = random.Random(self.random.random())
        try:
            while not self.stopping.is_set():
                work(chance)
        except BaseException as error:  # Whatever it is, the test has to say so.
            self.error = error

    def end_alloy(self, chance):
        if self.stopping.wait(chance.uniform(0.2, 5)):
            return
        begin = time.monotonic()
        is_kill = chance.random() < 0.65
        if is_kill:
            self.alloy.kill()
        else:
            status = self.alloy.stop(60)
            assert status == 0, f"ended with {status}:\n{self.alloy.log()[-2000:]}"
        ended = time.monotonic()
        time.sleep(chance.choice((0, 0, 0.3, 1, 3)) * chance.random())
        self.alloy.start()
        (self.kills if is_kill else self.stops).append((begin, ended, time.monotonic()))

    def disturb_sink(self, chance):
        if self.stopping.wait(chance.uniform(0.2, 4)):
            return
        self.sink.mode = chance.choice(self.SINK_MODES)
        self.stopping.wait(chance.uniform(0.1, 2))
        self.sink.mode = "ok"
