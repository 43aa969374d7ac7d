"""prometheus.exporter.blackbox beside Debian's blackbox exporter: the same probes of the same servers
give the same series, and the same values wherever they are no times."""
import re
import socketserver
import ssl
import struct
import threading
import unittest
import urllib.parse

from http_targets import Quiet, Server
from peers import Alloy, Certificate, Process, Story, eventually, free_port, has, http as fetch

MODULES = """
modules:
  web: {{prober: http, timeout: 5s, http: {{preferred_ip_protocol: ip4}}}}
  strict: {{prober: http, timeout: 5s, http: {{valid_status_codes: [200], valid_http_versions: [HTTP/1.1],
    fail_if_body_not_matches_regexp: [hello], fail_if_header_not_matches: [{{header: X-Kind, regexp: 'te.t'}}]}}}}
  bad_body: {{prober: http, timeout: 5s, http: {{fail_if_body_matches_regexp: [hell]}}}}
  stays: {{prober: http, timeout: 5s, http: {{follow_redirects: false, valid_status_codes: [302]}}}}
  zipped: {{prober: http, timeout: 5s, http: {{compression: gzip, headers: {{Accept-Encoding: gzip}}}}}}
  post: {{prober: http, timeout: 5s, http: {{method: POST, body: ping, headers: {{X-Probe: "yes"}}}}}}
  tls: {{prober: http, timeout: 5s, http: {{tls_config: {{ca_file: {ca}}}, fail_if_not_ssl: true}}}}
  tls_any: {{prober: http, timeout: 5s, http: {{tls_config: {{insecure_skip_verify: true}}}}}}
  tls_strange: {{prober: http, timeout: 5s}}
  plain: {{prober: http, timeout: 5s, http: {{fail_if_not_ssl: true}}}}
  small: {{prober: http, timeout: 5s, http: {{body_size_limit: 3B}}}}
  conn: {{prober: tcp, timeout: 5s}}
  tls_conn: {{prober: tcp, timeout: 5s, tcp: {{tls: true, tls_config: {{ca_file: {ca}}}}}}}
  mail: {{prober: tcp, timeout: 5s, tcp: {{query_response: [
    {{expect: "^220 ([a-z]+) ready"}}, {{send: "EHLO ${{1}}"}}, {{expect: "^250 (.*)"}}, {{send: QUIT}}]}}}}
  wrong_mail: {{prober: tcp, timeout: 1s, tcp: {{query_response: [{{expect: "^nothing"}}]}}}}
  dns: {{prober: dns, timeout: 5s, dns: {{query_name: example.org, query_type: A,
    validate_answer_rrs: {{fail_if_not_matches_regexp: ["example.org.\\t.*\\tIN\\tA\\t192.0.2.7"]}}}}}}
  dns_soa: {{prober: dns, timeout: 5s, dns: {{query_name: example.org, query_type: SOA}}}}
  dns_code: {{prober: dns, timeout: 5s, dns: {{query_name: missing.org, query_type: A}}}}
  dns_tcp: {{prober: dns, timeout: 5s, dns: {{query_name: example.org, query_type: A, transport_protocol: tcp}}}}
  ping: {{prober: icmp, timeout: 5s}}
"""

TIMES = re.compile(r"_seconds$|_seconds\{")


class Web(Quiet):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/ok")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path == "/loop":
            self.send_response(302)
            self.send_header("Location", "/loop")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path == "/zip":
            import gzip
            body = gzip.compress(b"hello zip")
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        elif self.path == "/missing":
            self.send_error(404)
        else:
            self.send_response(200)
            self.send_header("X-Kind", "test")
            self.send_header("Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT")
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"hello")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        ok = body == b"ping" and self.headers["X-Probe"] == "yes"
        self.send_response(200 if ok else 400)
        self.send_header("Content-Length", "0")
        self.end_headers()


class Mail(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 wonderland ready\r\n")
        while line := self.rfile.readline():
            if line.strip() == b"EHLO wonderland":
                self.wfile.write(b"250 hello\r\n")
            elif line.strip() == b"QUIT":
                return


def dns_answer(question):
    identity, name_end = question[:2], 12
    while question[name_end]:
        name_end += question[name_end] + 1
    asked, = struct.unpack(">H", question[name_end + 1:name_end + 3])
    section = question[12:name_end + 5]
    if b"missing" in section:
        return identity + struct.pack(">HHHHH", 0x8183, 1, 0, 0, 0) + section
    if asked == 6:
        data = b"\x02ns\xc0\x0c\x04mail\xc0\x0c" + struct.pack(">IIIII", 2026112401, 1, 2, 3, 4)
    else:
        data = bytes([192, 0, 2, 7])
    record = b"\xc0\x0c" + struct.pack(">HHIH", asked, 1, 300, len(data)) + data
    return identity + struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0) + section + record


class DnsDatagram(socketserver.BaseRequestHandler):
    def handle(self):
        data, sock = self.request
        sock.sendto(dns_answer(data), self.client_address)


class DnsStream(socketserver.StreamRequestHandler):
    def handle(self):
        size, = struct.unpack(">H", self.rfile.read(2))
        answer = dns_answer(self.rfile.read(size))
        self.wfile.write(struct.pack(">H", len(answer)) + answer)


class Threaded:
    """A socketserver in a thread, as a context manager."""

    def __init__(self, kind, handler, port=0):
        self.server = kind(("127.0.0.1", port), handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05},
                         daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def series(text):
    return dict(line.rsplit(" ", 1) for line in text.splitlines() if line and line[0] != "#")


def comparable(text):
    """Names with labels, and the values of those that are no times."""
    return {name: None if TIMES.search(name) and "expiry" not in name else float(value)
            for name, value in series(text).items()}


@unittest.skipUnless(has("prometheus-blackbox-exporter", "openssl"), "peers missing")
class Blackbox(Story):

    def setUp(self):
        super().setUp()
        self.certificate = Certificate(self.folder)
        modules = self.folder / "modules.yml"
        modules.write_text(MODULES.format(ca=self.certificate.cert))
        self.web = self.enter(Server(Web))
        self.secure = Server(Web)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate.cert, self.certificate.key)
        self.secure.httpd.socket = context.wrap_socket(self.secure.httpd.socket, server_side=True)
        self.enter(self.secure)
        self.mail = self.enter(Threaded(socketserver.ThreadingTCPServer, Mail))
        self.dns = self.enter(Threaded(socketserver.ThreadingUDPServer, DnsDatagram))
        self.dns_tcp = self.enter(Threaded(socketserver.ThreadingTCPServer, DnsStream))
        port = free_port()
        self.peer = self.enter(Process(
            ["prometheus-blackbox-exporter", f"--config.file={modules}",
             f"--web.listen-address=127.0.0.1:{port}", "--log.level=debug"],
            self.folder, "blackbox"))
        self.peer_url = f"http://127.0.0.1:{port}/probe"
        eventually(lambda: fetch(f"http://127.0.0.1:{port}/-/healthy")[0] == 200, what="the peer")
        self.alloy = self.enter(Alloy(self.folder, f"""
            prometheus.exporter.blackbox "x" {{ config_file = "{modules}" }}"""))
        self.our_url = self.alloy.url("/api/v0/component/prometheus.exporter.blackbox.x/metrics")

    def ask(self, url, module, target, **more):
        query = urllib.parse.urlencode({"module": module, "target": target, **more})
        return fetch(f"{url}?{query}", timeout=10)

    def probes(self):
        web = f"127.0.0.1:{self.web.port}"
        secure = f"127.0.0.1:{self.secure.port}"
        yield from ((module, f"http://{web}{path}") for module, path in [
            ("web", "/ok"), ("web", "/moved"), ("web", "/loop"), ("web", "/missing"),
            ("strict", "/ok"), ("bad_body", "/ok"), ("stays", "/moved"), ("zipped", "/zip"),
            ("zipped", "/ok"), ("post", "/in"), ("plain", "/ok"), ("small", "/ok")])
        yield from ((module, f"https://{secure}/ok") for module in ("tls", "tls_any", "tls_strange"))
        yield "web", web
        yield "web", f"http://127.0.0.1:{free_port()}/nobody"
        yield "conn", web
        yield "conn", f"127.0.0.1:{free_port()}"
        yield "conn", "no port"
        yield "tls_conn", secure
        yield "mail", f"127.0.0.1:{self.mail.port}"
        yield "wrong_mail", f"127.0.0.1:{self.mail.port}"
        yield from ((module, f"127.0.0.1:{self.dns.port}") for module in ("dns", "dns_soa", "dns_code"))
        yield "dns_tcp", f"127.0.0.1:{self.dns_tcp.port}"
        yield "ping", "127.0.0.1"

    def test_the_same_probes_find_the_same(self):
        for module, target in self.probes():
            with self.subTest(module=module, target=target):
                theirs = self.ask(self.peer_url, module, target)
                ours = self.ask(self.our_url, module, target)
                self.assertEqual(ours[0], theirs[0])
                self.assertEqual(comparable(ours[1]), comparable(theirs[1]),
                                 self.ask(self.our_url, module, target, debug="true")[1])

    def test_bad_requests_are_refused_alike(self):
        for module, target in [("nonsense", "x"), ("web", "")]:
            theirs = self.ask(self.peer_url, module, target)
            ours = self.ask(self.our_url, module, target)
            self.assertEqual(ours, theirs)


if __name__ == "__main__":
    unittest.main()
