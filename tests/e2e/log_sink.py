"""A Loki that keeps what it is sent, and writers of log files that rotate them in every way."""
import collections
import os
import pathlib
import random
import threading
import time

from http_targets import Quiet, Server, sink


class LogSink(Server):
    """Takes pushes as protobuf and counts each line: {line: how often}."""

    def __init__(self, port=0):
        self.lines = collections.Counter()
        self.arrivals = {}  # In which request each line came first.
        self.labels = set()
        self.requests = 0
        self.status = 204
        self.lock = threading.Lock()
        outer = self

        class Handler(Quiet):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with outer.lock:
                    if outer.status == 204:
                        outer.requests += 1
                        for labels, lines in decode_push(body):
                            outer.labels.add(labels)
                            outer.lines.update(lines)
                            for line in lines:
                                outer.arrivals.setdefault(line, outer.requests)
                    self.answer(outer.status, b"")

        super().__init__(Handler, port)

    @property
    def url(self):
        return f"http://{self.address}/loki/api/v1/push"

    def missing(self, expected):
        with self.lock:
            return [line for line in expected if line not in self.lines]

    def repeated(self):
        with self.lock:
            return {line: count for line, count in self.lines.items() if count > 1}


def decode_push(body):
    """[(labels as text, [line])] of a push request: streams of entries, packed with snappy."""
    streams = []
    for number, stream in sink.fields(sink.snappy_uncompress(body)):
        if number != 1:
            continue
        labels, lines = "", []
        for field, value in sink.fields(stream):
            if field == 1:
                labels = bytes(value).decode()
            elif field == 2:
                lines += [bytes(v).decode() for f, v in sink.fields(value) if f == 2]
        streams.append((labels, lines))
    return streams


class LogWriter:
    """Appends numbered lines to one file and rotates it; what was written is in `lines`."""

    def __init__(self, path, seed):
        self.path = pathlib.Path(path)
        self.random = random.Random(seed)
        self.lines = []
        self.path.touch()

    def append(self, count):
        new = [f"{self.path.name} line {len(self.lines) + i} {'x' * self.random.randrange(200)}"
               for i in range(count)]
        with open(self.path, "a") as file:
            for line in new:
                file.write(line + "\n")
        self.lines += new

    def append_in_halves(self):
        line = f"{self.path.name} line {len(self.lines)} in two parts"
        with open(self.path, "a") as file:
            file.write(line[:15])
            file.flush()
            time.sleep(0.01)
            file.write(line[15:] + "\n")
        self.lines.append(line)

    def shift(self, last=30):
        """a.log.1 becomes a.log.2 and so on, the last one goes (not before anybody can have read it)."""
        for i in range(last, 0, -1):
            old = self.path.with_name(f"{self.path.name}.{i}")
            if old.exists():
                if i == last:
                    old.unlink()
                else:
                    old.rename(self.path.with_name(f"{self.path.name}.{i + 1}"))

    def rotate_by_rename(self):
        self.shift()
        self.path.rename(self.path.with_name(self.path.name + ".1"))
        self.path.touch()

    def rotate_by_copy(self):
        self.shift()
        copy = self.path.with_name(self.path.name + ".1")
        copy.write_bytes(self.path.read_bytes())
        os.truncate(self.path, 0)

    def replace_with_longer(self):
        """As editors write: the old lines and a new one, under the old name by a rename."""
        line = f"{self.path.name} line {len(self.lines)} by replacement"
        new = self.path.with_name(self.path.name + ".tmp~")
        new.write_bytes(self.path.read_bytes() + line.encode() + b"\n")
        new.rename(self.path)
        self.lines.append(line)
