"""What the end-to-end stories talk to: alloy itself and its real peers, on free loopback ports.

Every process is a context manager that ends what it started. Nothing sleeps to make a test pass:
`eventually` polls until a condition holds, and fails with the reason when it never does.
"""
import base64
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

ALLOY = os.environ.get("ALLOY", str(pathlib.Path(__file__).parents[2] / "build/dev/bin/alloy"))
_given_ports = set()


def free_port():
    """A loopback port nobody listens on, never given twice by this process."""
    while True:
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        if port not in _given_ports:
            _given_ports.add(port)
            return port


def eventually(condition, timeout=20.0, what="the condition to hold", step=0.1):
    """Returns the first truthy result of condition(); an exception counts as "not yet"."""
    end = time.monotonic() + timeout
    while True:
        try:
            last = condition()
            if last:
                return last
        except Exception as error:  # Not yet: a refused connection, a missing field, ...
            last = error
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout:g} s for {what}; last: {last!r}")
        time.sleep(step)


def http(url, auth=None, timeout=5.0, method="GET"):
    """Status and body of a request, whatever the status (and whoever signed the certificate)."""
    request = urllib.request.Request(url, method=method)
    if auth:
        request.add_header("Authorization", "Basic " + base64.b64encode(":".join(auth).encode()).decode())
    anybody = ssl._create_unverified_context()
    try:
        with urllib.request.urlopen(request, timeout=timeout, context=anybody) as response:
            return response.status, response.read().decode("utf8", "replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode("utf8", "replace")


class Process:
    """A child process with its output in a file of its own."""

    def __init__(self, argv, folder, name):
        self.log_path = pathlib.Path(folder) / f"{name}.log"
        self._argv = [str(a) for a in argv]
        self.child = None

    def start(self):
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen(self._argv, stdin=subprocess.DEVNULL, stdout=log,
                                          stderr=subprocess.STDOUT)
        return self

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def alive(self):
        return self.child is not None and self.child.poll() is None

    def kill(self):
        self.child.send_signal(signal.SIGKILL)
        return self.child.wait(10)

    def stop(self, timeout=30):
        """Asks it to end and returns the exit status."""
        if self.alive():
            self.child.terminate()
        try:
            return self.child.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self._argv[0]} did not end within {timeout} s:\n{self.log()[-3000:]}")

    def __enter__(self):
        return self.start() if self.child is None else self

    def __exit__(self, *_):
        if self.alive():
            self.kill()


class Alloy(Process):
    """`alloy run` with its configuration and storage in one folder."""

    def __init__(self, folder, config, args=(), storage="storage", wrap=(), patience=20):
        self.patience = patience
        self.folder = pathlib.Path(folder)
        self.config_path = self.folder / "config.alloy"
        self.config_path.write_text(config)
        self.port = free_port()
        self.storage = self.folder / storage
        argv = [*wrap, ALLOY, "run", self.config_path, f"--storage.path={self.storage}",
                f"--server.http.listen-addr=127.0.0.1:{self.port}", "--disable-reporting", *args]
        super().__init__(argv, folder, "alloy")

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def start(self):
        super().start()
        self.wait_ready()
        return self

    def start_only(self):
        return super().start()

    def wait_ready(self, timeout=None):
        def ready():
            if not self.alive():
                raise AssertionError("alloy ended")
            return http(self.url("/-/ready"))[0] == 200
        try:
            eventually(ready, timeout or self.patience, "alloy to be ready")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log()[-4000:]}") from None

    def reload(self, config, timeout=120.0):
        new = self.config_path.with_suffix(".new")  # Not half of it, whoever reads it when.
        new.write_text(config)
        os.replace(new, self.config_path)
        return http(self.url("/-/reload"), timeout=timeout, method="POST")

    def component(self, identity):
        status, body = http(self.url(f"/api/v0/web/components/{identity}"))
        return json.loads(body) if status == 200 else {}

    def metrics(self):
        """{series text: value} of its own /metrics."""
        status, body = http(self.url("/metrics"))
        assert status == 200, (status, body[:200])
        pairs = (line.rsplit(" ", 1) for line in body.splitlines() if line and line[0] != "#")
        return {name: float(value) for name, value in pairs}

    def metric_sum(self, name):
        """The sum over all series of one of its own metrics."""
        return sum(v for k, v in self.metrics().items() if k == name or k.startswith(name + "{"))


class Certificate:
    """A self-signed certificate for localhost and its key, as PEM files."""

    def __init__(self, folder, name="server"):
        self.cert = pathlib.Path(folder) / f"{name}.crt"
        self.key = pathlib.Path(folder) / f"{name}.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                        "-keyout", self.key, "-out", self.cert], check=True, capture_output=True)

    def web_config(self):
        """What makes Debian's exporters and Prometheus serve TLS with it."""
        return f"tls_server_config:\n  cert_file: {self.cert}\n  key_file: {self.key}\n"


class NodeExporter(Process):
    """Debian's prometheus-node-exporter with the few collectors that say something everywhere."""

    def __init__(self, folder, certificate=None):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.scheme = "https" if certificate else "http"
        web_config = pathlib.Path(folder) / "node-web.yml"
        web_config.write_text(certificate.web_config() if certificate else "")
        collectors = ["loadavg", "stat", "uname", "time"]
        super().__init__(["prometheus-node-exporter", f"--web.listen-address={self.address}",
                          f"--web.config.file={web_config}", "--collector.disable-defaults",
                          *(f"--collector.{name}" for name in collectors)], folder, "node-exporter")

    def start(self):
        super().start()
        eventually(lambda: http(f"{self.scheme}://{self.address}/metrics")[0] == 200, what="node-exporter")
        return self


class Prometheus(Process):
    """Debian's Prometheus server that receives remote_write, behind basic auth."""

    user = "alloy"

    def __init__(self, folder, password, certificate=None):
        self.folder = pathlib.Path(folder)
        self.port = free_port()
        self.certificate = certificate
        self.base_url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}"
        self.web_config = self.folder / "web.yml"
        self.set_password(password)
        (self.folder / "prometheus.yml").write_text("global: {scrape_interval: 1h}\n")
        super().__init__(["prometheus", f"--config.file={self.folder}/prometheus.yml",
                          f"--storage.tsdb.path={self.folder}/tsdb",
                          f"--web.listen-address=127.0.0.1:{self.port}",
                          f"--web.config.file={self.web_config}",
                          "--web.enable-remote-write-receiver"], folder, "prometheus")

    @property
    def write_url(self):
        return f"{self.base_url}/api/v1/write"

    def set_password(self, password):
        """Replaces the accepted password; the server reads the file again at each request."""
        out = subprocess.run(["htpasswd", "-niBC", "4", self.user], input=password, text=True,
                             capture_output=True, check=True).stdout
        digest = out.strip().split(":", 1)[1]
        replacement = self.web_config.with_suffix(".new")
        tls = self.certificate.web_config() if self.certificate else ""
        replacement.write_text(f"{tls}basic_auth_users:\n  {self.user}: {digest}\n")
        os.replace(replacement, self.web_config)
        self.password = password

    def start(self):
        super().start()
        url = f"{self.base_url}/-/ready"
        eventually(lambda: http(url, auth=(self.user, self.password))[0] == 200, 30,
                   "prometheus to be ready")
        return self

    def query(self, expression):
        """The result of an instant query: a list of {metric, value | values}."""
        url = f"{self.base_url}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        status, body = http(url, auth=(self.user, self.password))
        assert status == 200, (status, body)
        return json.loads(body)["data"]["result"]

    def samples(self, selector, window="15m"):
        """[(timestamp, value)] of the one series that matches."""
        result = self.query(f"{selector}[{window}]")
        assert len(result) == 1, (selector, [r["metric"] for r in result])
        return [(float(t), float(v)) for t, v in result[0]["values"]]


class Story(unittest.TestCase):
    """A test with a folder of its own, removed afterwards."""

    maxDiff = None

    def run(self, result=None):
        self._result = result
        self._failed_before = len(result.errors) + len(result.failures)
        return super().run(result)

    def has_failed(self):
        """Whether the test method that just ran did not pass; for tearDown."""
        return len(self._result.errors) + len(self._result.failures) > self._failed_before

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="alloy-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.processes = contextlib.ExitStack()
        self.addCleanup(self.processes.close)

    def enter(self, process):
        """Starts a process (or server) that ends with the test."""
        return self.processes.enter_context(process)


def has(*programs):
    """Whether all these programs are installed."""
    return all(shutil.which(p) for p in programs)
