"""Clients that mean harm, or are merely broken, against the program's HTTP server: whatever they do,
others are answered meanwhile, memory stays bounded, and nothing is left of them afterwards.

ALLOY_STRESS_SECONDS says how long each of them is at it (1 by default).
"""
import os
import random
import socket
import ssl
import struct
import threading
import time
import unittest

from peers import Alloy, Certificate, Story, eventually, http

SECONDS = float(os.environ.get("ALLOY_STRESS_SECONDS", "1"))
CLIENTS = 8
# Sanitizers keep what was freed for a while.
GROWTH_MAX = int(os.environ.get("ALLOY_STRESS_GROWTH_MB", "150")) << 20

CONFIG = """
livedebugging {
  enabled = true
}
prometheus.exporter.self "own" { }
prometheus.scrape "own" {
  targets         = prometheus.exporter.self.own.targets
  forward_to      = [prometheus.relabel.own.receiver]
  scrape_interval = "100ms"
  scrape_timeout  = "100ms"
}
prometheus.relabel "own" {
  forward_to = []
}
"""

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = (
    0, 1, 2, 3, 4, 6, 7, 8, 9)
END_STREAM, END_HEADERS = 1, 4


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def literal(name, value):
    """A header field without compression (RFC 7541, section 6.2.2), both parts below 127 bytes."""
    return bytes([0, len(name)]) + name + bytes([len(value)]) + value


def request(path=b"/metrics", method=b"GET"):
    return (literal(b":method", method) + literal(b":scheme", b"http") + literal(b":path", path) +
            literal(b":authority", b"x"))


class Attacks:
    """Each method is one client's life: it gets a connection and a random number generator, and may
    find itself hung up on at any time."""

    def http1_stream_left_open(self, s, r):
        path = r.choice(("debug/prometheus.relabel.own", "graph", "graph?window=1"))
        s.sendall(f"GET /api/v0/web/{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        if r.random() < 0.5:
            s.recv(r.randrange(1, 4000))
        time.sleep(r.random() * 0.05)

    def http1_slow_reader(self, s, r):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 50)
        for _ in range(10):
            s.recv(10)
            time.sleep(0.02)

    def http1_pipeline_never_read(self, s, r):
        s.settimeout(0.3)
        while True:
            s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 100)

    def http1_half_open(self, s, r):
        s.sendall(b"GET /metrics HT"[:r.randrange(16)])
        time.sleep(0.1)

    def http1_huge_head(self, s, r):
        s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        for i in range(1000):
            s.sendall(b"x-%d: %s\r\n" % (i, b"y" * r.randrange(10000)))

    def http1_body_that_never_comes(self, s, r):
        s.sendall(b"POST /-/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n" + b"x" * 999)
        time.sleep(0.05)

    def http1_chunks_of_nonsense(self, s, r):
        s.sendall(b"POST /api/v0/component/prometheus.exporter.self.own/metrics HTTP/1.1\r\nHost: x\r\n"
                  b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(1000):
            s.sendall(r.choice((b"1;" + b"e" * 5000 + b"\r\nx\r\n", b"ffffffff\r\n", b"0\r\n", b"\r\n")))

    def garbage(self, s, r):
        for _ in range(50):
            s.sendall(r.randbytes(r.randrange(1, 3000)))

    def reset_at_once(self, s, r):
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def http2_rapid_reset(self, s, r):
        s.sendall(PREFACE + frame(SETTINGS))
        for i in range(1, 40001, 2):
            s.sendall(frame(HEADERS, END_STREAM | END_HEADERS, i, request()) +
                      frame(RST_STREAM, 0, i, struct.pack(">I", 8)))

    def http2_continuation_flood(self, s, r):
        s.sendall(PREFACE + frame(SETTINGS) + frame(HEADERS, END_STREAM, 1, request()))
        for i in range(20000):
            s.sendall(frame(CONTINUATION, 0, 1, literal(b"x-%d" % i, b"y" * 100) * (r.random() < 0.9)))

    def http2_settings_flood(self, s, r):
        self.flood_unread(s, frame(SETTINGS, 0, 0, struct.pack(">HI", 3, 100)))

    def http2_ping_flood(self, s, r):
        self.flood_unread(s, frame(PING, 0, 0, b"12345678"))

    def http2_empty_data_flood(self, s, r):
        self.flood_unread(s, frame(DATA, 0, 1),
                          frame(HEADERS, END_HEADERS, 1, request(b"/-/reload", b"PUT")))

    def http2_priority_flood(self, s, r):
        self.flood_unread(s, frame(PRIORITY, 0, 5, struct.pack(">IB", 3, 1)))

    def http2_window_flood(self, s, r):
        self.flood_unread(s, frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 1)))

    def http2_refused_streams(self, s, r):
        """Streams beyond the limit, each of which is to be answered with a reset."""
        s.settimeout(0.5)
        s.sendall(PREFACE + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 0)))
        for i in range(1, 20001, 2):
            s.sendall(frame(HEADERS, END_STREAM | END_HEADERS, i, request()))

    def http2_answers_never_taken(self, s, r):
        """No window for any answer, or one that opens byte by byte."""
        s.sendall(PREFACE + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 0)))
        for i in range(1, 400, 2):
            s.sendall(frame(HEADERS, END_STREAM | END_HEADERS, i, request()))
        for i in range(1, 400, 2):
            s.sendall(frame(WINDOW_UPDATE, 0, i, struct.pack(">I", 1)))
            s.recv(r.randrange(1, 100))
        time.sleep(0.05)

    def http2_header_bomb(self, s, r):
        """One large field in the compression table, which is then named again and again."""
        s.sendall(PREFACE + frame(SETTINGS))
        big = bytes([0x40, 1]) + b"x" + bytes([0x7f, 0xe1, 0x1e]) + b"y" * 4000
        for i in range(1, 200, 2):
            s.sendall(frame(HEADERS, END_STREAM | END_HEADERS, i, request() + big + bytes([0xbe]) * 12000))

    def http2_streams_left_open(self, s, r):
        s.sendall(PREFACE + frame(SETTINGS))
        for i in range(1, 100, 2):
            path = r.choice((b"/api/v0/web/graph", b"/api/v0/web/debug/prometheus.relabel.own"))
            s.sendall(frame(HEADERS, END_STREAM | END_HEADERS, i, request(path)))
        time.sleep(r.random() * 0.1)

    def http2_nonsense(self, s, r):
        s.sendall(PREFACE + frame(SETTINGS))
        for _ in range(100):
            s.sendall(frame(r.randrange(12), r.randrange(256), r.randrange(6), r.randbytes(r.randrange(40))))

    def flood_unread(self, s, piece, before=b""):
        s.settimeout(0.5)
        s.sendall(PREFACE + frame(SETTINGS) + before)
        piece *= 500
        for _ in range(200):
            s.sendall(piece)


class TlsAttacks:
    """The same for a port that speaks TLS."""

    def silence(self, s, r):
        time.sleep(0.05)

    def half_a_hello(self, s, r):
        s.sendall(bytes.fromhex("16030100f5010000f10303")[:r.randrange(12)])
        time.sleep(0.02)

    def plain_http(self, s, r):
        s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        s.recv(1000)

    def garbage(self, s, r):
        s.sendall(r.randbytes(2000))
        s.recv(1000)

    def left_after_the_handshake(self, s, r):
        with self.context().wrap_socket(s) as tls:
            if r.random() < 0.5:
                tls.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"[:r.randrange(40)])

    def cut_in_the_handshake(self, s, r):
        def cut():
            time.sleep(r.random() * 0.005)
            s.shutdown(socket.SHUT_RDWR)
        cutter = threading.Thread(target=cut)
        cutter.start()
        try:
            self.context().wrap_socket(s.dup(), do_handshake_on_connect=True).close()
        finally:
            cutter.join()

    @staticmethod
    def context():
        return ssl._create_unverified_context()


class HostileClients(Story):

    def tearDown(self):
        if self.has_failed():
            print(self.alloy.log()[-4000:])

    def resident(self):
        with open(f"/proc/{self.alloy.child.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def attack(self, life, seed):
        """Several clients live this life over and over; returns the longest that others waited."""
        until = time.monotonic() + SECONDS

        def repeat(i):
            r = random.Random(f"{seed} {i}")
            while time.monotonic() < until:
                try:
                    with socket.create_connection(("127.0.0.1", self.alloy.port), 5) as s:
                        life(s, r)
                except OSError:
                    pass  # Turned away: just as well.
        clients = [threading.Thread(target=repeat, args=(i,), daemon=True) for i in range(CLIENTS)]
        for client in clients:
            client.start()
        longest = 0.0
        began = 0.0
        while began < until:  # At least once, however late the clients let us begin.
            began = time.monotonic()
            status, _ = http(self.url("/-/healthy"), timeout=60)
            self.assertEqual(status, 200)
            longest = max(longest, time.monotonic() - began)
            time.sleep(0.02)
        for client in clients:
            client.join(30)
            self.assertFalse(client.is_alive(), life.__name__)
        return longest

    def outlive(self, attacks):
        before = self.resident()
        for name in sorted(n for n in dir(attacks) if n[0] != "_" and n not in ("flood_unread", "context")):
            longest = self.attack(getattr(attacks, name), name)
            self.assertTrue(self.alloy.alive(), name)
            growth = self.resident() - before
            print(f"{name}: others waited {longest:.2f} s, memory grew by {growth >> 20} MB", flush=True)
            self.assertLess(growth, GROWTH_MAX, name)

    def test_plain(self):
        self.url = lambda path: f"http://127.0.0.1:{self.alloy.port}{path}"
        self.alloy = self.enter(Alloy(self.folder, CONFIG, patience=60))
        self.outlive(Attacks())
        self.assertEqual(self.alloy.stop(), 0)

    def test_tls(self):
        own = Certificate(self.folder)
        tls = f'http {{\n  tls {{\n    cert_file = "{own.cert}"\n    key_file  = "{own.key}"\n  }}\n}}\n'
        self.url = lambda path: f"https://127.0.0.1:{self.alloy.port}{path}"
        self.alloy = Alloy(self.folder, CONFIG + tls, patience=60)
        self.alloy.url = self.url
        self.enter(self.alloy)
        self.outlive(TlsAttacks())
        self.assertEqual(self.alloy.stop(), 0)


if __name__ == "__main__":
    unittest.main()
