"""A configuration with nearly every kind of work in it, the peers it needs, and traffic for it: what
the stress stories stop, reload and disturb."""
import json
import random
import socket
import threading
import urllib.error
import urllib.request

from http_targets import CountingTarget, Quiet, Server, Sink
from log_sink import LogSink, LogWriter
from peers import free_port, http

CONFIG = """
livedebugging {{
  enabled = true
}}
logging {{
  level    = "debug"
  write_to = [loki.write.out.receiver]
}}
remotecfg {{
  url            = "http://{control}"
  poll_frequency = "10s"
}}
import.http "module" {{
  url            = "http://{control}/module"
  poll_frequency = "1s"
}}
module.scraped "a" {{
  targets = discovery.relabel.all.output
  to      = [prometheus.relabel.all.receiver]
}}
foreach "file" {{
  collection = ["/etc/hostname", "/etc/hosts"]
  var        = "name"
  template {{
    local.file "f" {{
      filename = name
    }}
  }}
}}
remote.http "text" {{
  url            = "http://{control}/text"
  poll_frequency = "1m"
  poll_timeout   = "50s"
}}
discovery.http "targets" {{
  url              = "http://{control}/targets"
  refresh_interval = "1s"
}}
discovery.file "targets" {{
  files = ["{folder}/targets*.json"]
}}
discovery.dns "names" {{
  names            = ["localhost"]
  type             = "A"
  port             = {target_port}
  refresh_interval = "1s"
}}
discovery.process "all" {{
  refresh_interval = "1s"
}}
discovery.relabel "all" {{
  targets = array.concat(discovery.http.targets.targets, discovery.file.targets.targets,
                         discovery.dns.names.targets)
  rule {{
    target_label = "text"
    replacement  = remote.http.text.content
  }}
}}
prometheus.exporter.unix "machine" {{ }}
prometheus.exporter.self "own" {{ }}
prometheus.exporter.process "all" {{
  matcher {{
    comm = ["alloy"]
  }}
}}
prometheus.exporter.statsd "in" {{
  listen_udp = "127.0.0.1:{statsd}"
  listen_tcp = ""
}}
prometheus.exporter.blackbox "outside" {{
  config = "{{ modules: {{ web: {{ prober: http, timeout: 1s }} }} }}"
  target {{
    name    = "control"
    address = "http://{control}/text"
    module  = "web"
  }}
}}
prometheus.scrape "all" {{
  targets         = discovery.relabel.all.output
  forward_to      = [prometheus.relabel.all.receiver]
  scrape_interval = "100ms"
  scrape_timeout  = "100ms"
  clustering {{
    enabled = true
  }}
}}
prometheus.scrape "exporters" {{
  targets = array.concat(
    prometheus.exporter.unix.machine.targets,
    prometheus.exporter.self.own.targets,
    prometheus.exporter.process.all.targets,
    prometheus.exporter.statsd.in.targets,
    prometheus.exporter.blackbox.outside.targets,
  )
  forward_to      = [prometheus.relabel.all.receiver]
  scrape_interval = "300ms"
  scrape_timeout  = "300ms"
}}
prometheus.receive_http "in" {{
  http {{
    listen_address = "127.0.0.1"
    listen_port    = {receive}
  }}
  forward_to = [prometheus.relabel.all.receiver]
}}
prometheus.relabel "all" {{
  forward_to = [prometheus.remote_write.out.receiver]
  rule {{
    target_label = "host"
    replacement  = constants.hostname
  }}
}}
prometheus.remote_write "out" {{
  endpoint {{
    url = "{metrics}"
  }}
  endpoint {{
    name = "dead"
    url  = "http://127.0.0.1:{dead}/none"
  }}
}}
local.file_match "logs" {{
  path_targets = [{{"__path__" = "{folder}/*.log"}}]
  sync_period  = "1s"
}}
loki.source.file "files" {{
  targets    = local.file_match.logs.targets
  forward_to = [loki.process.all.receiver]
}}
loki.source.syslog "in" {{
  listener {{
    address = "127.0.0.1:{syslog}"
  }}
  listener {{
    address  = "127.0.0.1:{syslog}"
    protocol = "udp"
  }}
  forward_to = [loki.process.all.receiver]
}}
loki.source.api "in" {{
  http {{
    listen_address = "127.0.0.1"
    listen_port    = {api}
  }}
  forward_to = [loki.process.all.receiver]
}}
loki.process "all" {{
  forward_to = [loki.write.out.receiver]
  stage.regex {{
    expression = "line (?P<number>\\\\d+)"
  }}
  stage.metrics {{
    metric.counter {{
      name      = "lines_total"
      match_all = true
      action    = "inc"
    }}
  }}
  stage.static_labels {{
    values = {{"job" = "all"}}
  }}
}}
loki.write "out" {{
  endpoint {{
    url        = "{logs}"
    batch_wait = "100ms"
  }}
}}
"""

MODULE = b"""
declare "scraped" {
  argument "targets" { }
  argument "to" { }
  prometheus.scrape "s" {
    targets         = argument.targets.value
    forward_to      = argument.to.value
    scrape_interval = "200ms"
    scrape_timeout  = "200ms"
  }
}
"""


class Control(Server):
    """Everything that the program asks for: a module, targets, a text, remote configurations."""

    def __init__(self, target):
        self.asked = 0
        outer = self

        class Handler(Quiet):
            def do_GET(self):
                outer.asked += 1
                # Every second answer differs, so that the whole graph follows all the time.
                labels = {"odd": str(outer.asked % 2)}
                self.send({"/module": MODULE + b"// %d\n" % outer.asked,
                           "/text": b"%d" % (outer.asked % 3)}.get(self.path) or
                          json.dumps([{"targets": [target], "labels": labels}]).encode())

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                outer.asked += 1
                content = b'local.file "remote" {\n  filename = "/etc/hostname"\n}\n'
                self.send(b"\x0a" + bytes([len(content)]) + content + b"\x12\x02h1"
                          if self.path.endswith("/GetConfig") else b"", "application/proto")

            def send(self, body, content_type="application/json"):
                self.answer(200, body, content_type)

        super().__init__(Handler)
        self.httpd.handle_error = lambda *_: None  # A program that ends hangs up.


class Everything:
    """The peers of the configuration; `config(folder)` is one for a node with ports of its own."""

    def __init__(self, story):
        self.target = story.enter(CountingTarget(series=200))
        self.control = story.enter(Control(self.target.address))
        self.metrics = story.enter(Sink())
        self.logs = story.enter(LogSink())
        for server in (self.target, self.metrics, self.logs):
            server.httpd.handle_error = lambda *_: None

    def config(self, folder):
        folder.mkdir(exist_ok=True)
        (folder / "targets.json").write_text(json.dumps([{"targets": [self.target.address]}]))
        ports = {n: free_port() for n in ("statsd", "receive", "dead", "syslog", "api")}
        text = CONFIG.format(folder=folder, control=self.control.address,
                             target_port=self.target.port, metrics=self.metrics.write_url,
                             logs=self.logs.url, **ports)
        return text, ports


class Traffic:
    """Sends to one node on all its ports, and follows its streams, until it is left."""

    def __init__(self, alloy, ports, folder, seed):
        self.alloy, self.ports = alloy, ports
        self.random = random.Random(seed)
        self.writer = LogWriter(folder / "traffic.log", seed)
        self.stopping = threading.Event()
        kinds = (self.lines, self.syslog, self.push, self.statsd, self.requests, self.streams)
        self.threads = [threading.Thread(target=self.repeat, args=(kind,), daemon=True)
                        for kind in kinds]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(20)

    def repeat(self, kind):
        while not self.stopping.wait(0.02):
            try:
                kind()
            except OSError:
                pass  # Not there yet, or not there any more.

    def lines(self):
        self.writer.append(20)

    def syslog(self):
        message = b"<14>1 - h app - - - line %d\n" % self.random.randrange(1000)
        with socket.create_connection(("127.0.0.1", self.ports["syslog"]), 2) as tcp:
            tcp.sendall(message * 50)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.sendto(message, ("127.0.0.1", self.ports["syslog"]))

    def push(self):
        body = json.dumps({"streams": [{"stream": {"via": "api"}, "values": [["1", "x" * 100]] * 50}]})
        for port, path in ((self.ports["api"], "/loki/api/v1/push"),
                           (self.ports["receive"], "/api/v1/metrics/write")):
            request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body.encode(),
                                             {"Content-Type": "application/json"})
            try:
                urllib.request.urlopen(request, timeout=2).read()
            except urllib.error.HTTPError:
                pass  # Not what remote write looks like.

    def statsd(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            for i in range(20):
                udp.sendto(b"name%d:%d|c" % (i, i), ("127.0.0.1", self.ports["statsd"]))

    def requests(self):
        for path in ("/metrics", "/api/v0/web/components", "/api/v0/web/components/loki.process.all",
                     "/-/healthy", "/api/v0/web/peers"):
            http(self.alloy.url(path), timeout=2)

    def streams(self):
        """Opens a live stream and leaves it after a few bytes."""
        path = self.random.choice((
            "/api/v0/web/debug/loki.process.all", "/api/v0/web/debug/prometheus.relabel.all",
            "/api/v0/web/graph", "/api/v0/web/debug/discovery.relabel.all"))
        with socket.create_connection(("127.0.0.1", self.alloy.port), 1) as stream:
            stream.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            for _ in range(self.random.randrange(5)):
                stream.recv(1000)
