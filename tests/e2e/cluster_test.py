"""Nodes of a cluster find each other: through TLS, and by asking a Kubernetes API server."""
import http.server
import json
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


class ClusterStory(Story):
    scheme = "http"

    def node(self, name, *args, config=""):
        folder = self.folder / name
        folder.mkdir()
        node = Alloy(folder, config, ["--cluster.enabled", f"--cluster.node-name={name}", *args])
        # It advertises a name, not an interface of the machine.
        node._argv.append(f"--cluster.advertise-address=127.0.0.1:{node.port}")
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

    def test_a_provider_that_needs_an_account_is_refused(self):
        node = self.node("a", "--cluster.discover-peers=provider=gce project_name=x")
        self.assertEqual(node.child.wait(30), 1)
        self.assertIn("provider gce is not supported", node.log())


if __name__ == "__main__":
    unittest.main()
