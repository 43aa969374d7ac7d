"""Nodes of a cluster find each other: through TLS, and by asking a Kubernetes API server. They wait
for enough of them, notice who has their name, and bear what hostile senders say."""
import http.server
import json
import pathlib
import struct
import subprocess
import threading
import unittest

from peers import Alloy, Certificate, Story, eventually, http as request


class KubernetesApi:
    """An API server that knows one list of pods, and what it was asked."""

    def __init__(self, pods):
        outer = self
        self.paths = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.paths.append(self.path)
                body = json.dumps({"kind": "PodList", "items": pods}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.httpd.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.httpd.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.httpd.shutdown()
        self.httpd.server_close()

    def kubeconfig(self, path):
        path.write_text(f"""
current-context: x
contexts: [{{name: x, context: {{cluster: c, user: u}}}}]
clusters: [{{name: c, cluster: {{server: "{self.url}"}}}}]
users: [{{name: u, user: {{token: t}}}}]
""")
        return path


TRANSPORT = "/api/v1/ckit/transport/"
CLUSTERED = """
prometheus.scrape "s" {
  targets         = [%s]
  forward_to      = []
  scrape_interval = "24h"
  clustering { enabled = true }
}
""" % ", ".join('{__address__ = "127.0.0.1:9", i = "%d"}' % i for i in range(20))


def frame(payload):
    if len(payload) <= 0xFFFF:
        return b"\xcc" + struct.pack(">H", len(payload)) + payload
    return b"\xcd" + struct.pack(">I", len(payload)) + payload


def raw(data):
    """Bytes as the cluster's MessagePack has them."""
    return (bytes([0xA0 | len(data)]) if len(data) < 32
            else b"\xda" + struct.pack(">H", len(data))) + data


def push_pull(nodes, listed=()):
    """One that says it has so many nodes."""
    return b"\x06\x93\xd2" + struct.pack(">i", nodes) + b"\x00\xc2" + b"".join(listed)


def invented_node(i):
    return (b"\x97" + raw(b"invented-%d" % i) + raw(b"\x7f\0\0\1") + b"\x01\xc0\x01\x00"
            + raw(b"\x01\x05\x02\0\0\0"))


class ClusterStory(Story):
    scheme = "http"

    def node(self, name, *args, config="", join=None, last=None):
        folder = self.folder / name
        folder.mkdir()
        own = ["--cluster.enabled", f"--cluster.node-name={name}"]
        if join:
            own.append(f"--cluster.join-addresses={join}")
        node = Alloy(folder, config, [*own, *args])
        # It advertises a name, not an interface of the machine.
        node._argv.append(last or f"--cluster.advertise-address=127.0.0.1:{node.port}")
        return self.enter(node.start_only())

    def participants(self, node):
        status, body = request(f"{self.scheme}://127.0.0.1:{node.port}/api/v0/web/peers")
        assert status == 200, (status, body)
        return sorted(p["name"] for p in json.loads(body) if p["state"] == "participant")

    def test_nodes_talk_through_tls(self):
        self.scheme = "https"
        own = Certificate(self.folder, "own")
        tls = ["--cluster.enable-tls", f"--cluster.tls-ca-path={own.cert}",
               f"--cluster.tls-cert-path={own.cert}", f"--cluster.tls-key-path={own.key}"]
        serving = f"""
http {{
  tls {{
    cert_file        = "{own.cert}"
    key_file         = "{own.key}"
    client_ca_file   = "{own.cert}"
    client_auth_type = "VerifyClientCertIfGiven"
  }}
}}
"""
        a = self.node("a", *tls, config=serving)
        eventually(lambda: self.participants(a) == ["a"], what="the first node")
        b = self.node("b", *tls, f"--cluster.join-addresses=127.0.0.1:{a.port}",
                      "--cluster.rejoin-interval=1s", config=serving)
        for node in (a, b):
            eventually(lambda: self.participants(node) == ["a", "b"], 60, "both nodes")
        # Who trusts another authority stays alone.
        other = Certificate(self.folder, "other")
        stranger = self.node("s", "--cluster.enable-tls", f"--cluster.tls-ca-path={other.cert}",
                             f"--cluster.tls-cert-path={other.cert}",
                             f"--cluster.tls-key-path={other.key}",
                             f"--cluster.join-addresses=127.0.0.1:{a.port}", config=serving)
        eventually(lambda: "failed to connect to peers" in stranger.log(), 60, "the refusal")
        self.assertEqual(self.participants(a), ["a", "b"])
        self.assertEqual(b.stop(), 0)

    def test_nodes_are_found_by_their_pods(self):
        a = self.node("a")
        eventually(lambda: self.participants(a) == ["a"], what="the first node")
        pods = [{"metadata": {"name": "a", "annotations": {
                    "consul.hashicorp.com/auto-join-port": str(a.port)}},
                 "status": {"phase": "Running", "podIP": "127.0.0.1"}},
                {"metadata": {"name": "gone"}, "status": {"phase": "Failed", "podIP": "127.0.0.9"}}]
        api = self.enter(KubernetesApi(pods))
        config = api.kubeconfig(self.folder / "kubeconfig")
        b = self.node("b", "--cluster.discover-peers=provider=k8s namespace=x "
                           f'label_selector="app=alloy" kubeconfig={config}')
        for node in (a, b):
            eventually(lambda: self.participants(node) == ["a", "b"], 60, "both nodes")
        self.assertEqual(api.paths[0],
                         "/api/v1/namespaces/x/pods?labelSelector=app%3Dalloy&fieldSelector=")

    def test_an_advertised_name_that_does_not_exist_is_said(self):
        node = self.node("a", last="--cluster.advertise-address=does-not-exist.invalid")
        self.assertEqual(node.child.wait(60), 1)
        self.assertIn('level=error msg="failed to create cluster node"', node.log())

    def own_targets(self, node):
        return node.metric_sum("prometheus_scrape_targets_gauge")

    def is_ready(self, node):
        return node.metric_sum("cluster_ready_for_traffic") == 1

    def test_a_cluster_that_is_too_small_gets_no_work(self):
        a = self.node("a", "--cluster.wait-for-size=2",
                      config=CLUSTERED + 'prometheus.exporter.unix "u" { }\n')
        eventually(lambda: self.participants(a) == ["a"], what="the first node")
        self.assertFalse(self.is_ready(a))
        self.assertEqual(self.own_targets(a), 0)
        self.assertEqual(a.metric_sum("cluster_minimum_size"), 2)
        self.assertIn("detected clustering is configured while using a host-specific exporter",
                      a.log())
        b = self.node("b", "--cluster.wait-for-size=2", config=CLUSTERED,
                      join=f"127.0.0.1:{a.port}")
        eventually(lambda: self.is_ready(a) and self.is_ready(b), 60, "both are ready")
        eventually(lambda: self.own_targets(a) + self.own_targets(b) == 20, 60, "all are shared")
        self.assertIn("minimum cluster size reached, marking cluster as ready to admit traffic",
                      a.log())
        # And when it shrinks again.
        self.assertEqual(b.stop(), 0)
        eventually(lambda: not self.is_ready(a) and self.own_targets(a) == 0, 60, "no more work")
        self.assertIn("minimum cluster size requirements are not met - marking cluster as not ready "
                      "for traffic", a.log())

    def test_a_cluster_waits_for_its_size_only_so_long(self):
        a = self.node("a", "--cluster.wait-for-size=2", "--cluster.wait-timeout=2s",
                      config=CLUSTERED)
        eventually(lambda: self.is_ready(a) and self.own_targets(a) == 20, 60, "the wait is over")
        passed = "deadline passed, marking cluster as ready to admit traffic"
        self.assertEqual(a.log().count(passed), 1)
        b = self.node("b", config=CLUSTERED, join=f"127.0.0.1:{a.port}")
        eventually(lambda: "minimum cluster size reached" in a.log(), 60, "it was reached after all")
        b.stop()
        # Then it waits anew.
        eventually(lambda: a.log().count(passed) == 2, 60, "the second wait is over")
        eventually(lambda: self.own_targets(a) == 20, 60, "everything is its own again")

    def test_a_name_that_is_taken_is_warned_about(self):
        a = self.node("a")
        eventually(lambda: self.participants(a) == ["a"], what="the first node")
        other = self.node("b", "--cluster.node-name=a", join=f"127.0.0.1:{a.port}")
        for node in (a, other):
            eventually(lambda: "Conflicting address for a. Mine: 127.0.0.1:" in node.log(), 60,
                       "the warning")
        eventually(lambda: any("node_conflict" in series for series in a.metrics()), 60,
                   "the conflict is counted")

    def send(self, node, kind, body, content_type="application/x.ckit"):
        """The HTTP status of the answer."""
        path = self.folder / "body"
        path.write_bytes(body)
        done = subprocess.run(
            ["curl", "-s", "--http2-prior-knowledge", "-X", "POST", "-m", "30", "-o", "/dev/null",
             "-w", "%{http_code}", "-H", f"content-type: {content_type}", "--data-binary",
             f"@{path}", f"http://127.0.0.1:{node.port}{TRANSPORT}{kind}"],
            stdout=subprocess.PIPE, timeout=60)
        return int(done.stdout)

    def rejections(self, node):
        return {series.split('"')[1]: value for series, value in node.metrics().items()
                if series.startswith("alloy_cluster_rejections_total{reason=")}

    def test_hostile_senders_are_counted_and_cost_little(self):
        a = self.node("a")
        eventually(lambda: self.participants(a) == ["a"], what="the first node")
        self.assertEqual(sum(self.rejections(a).values()), 0)
        self.assertEqual(self.send(a, "message", b""), 200)
        for body, status, reason in (
                (frame(b"\x00\x81"), 200, "malformed"),
                (b"GET / HTTP/1.1", 400, "malformed"),
                (b"\xcc\x00\x10abc", 400, "truncated"),
                (b"\xcd\x7f\xff\xff\xff", 400, "too_large"),
                (frame(b"\xf4\x03abc\x02\x80"), 200, "label"),
                (frame(b"\x0c\0\0\0\0\x02\x80"), 200, "checksum"),
                (frame(b"\x0d\x80"), 200, "unexpected"),
                (frame(b"\x00\x80"), 200, "implausible")):
            before = self.rejections(a)[reason]
            self.assertEqual(self.send(a, "message", body), status, reason)
            self.assertEqual(self.rejections(a)[reason], before + 1, reason)
        before = self.rejections(a)["too_large"]
        self.assertEqual(self.send(a, "stream", frame(push_pull(1_000_000))), 200)
        self.assertEqual(self.rejections(a)["too_large"], before + 1)
        # A list of nodes that don't exist, as long as may be.
        count = 60_000
        lies = frame(push_pull(count, map(invented_node, range(count))))
        for _ in range(3):
            self.assertEqual(self.send(a, "stream", lies), 200)
        eventually(lambda: self.rejections(a)["full"] >= count - 4096, 60, "no room for them")
        self.assertLessEqual(a.metric_sum("cluster_node_gossip_alive_peers"), 4096)
        status = pathlib.Path(f"/proc/{a.child.pid}/status").read_text()
        peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
        self.assertLess(peak, 400, "megabytes")
        self.assertEqual(a.stop(), 0)

    def test_a_provider_that_needs_an_account_is_refused(self):
        node = self.node("a", "--cluster.discover-peers=provider=gce project_name=x")
        self.assertEqual(node.child.wait(30), 1)
        self.assertIn("provider gce is not supported", node.log())


if __name__ == "__main__":
    unittest.main()
