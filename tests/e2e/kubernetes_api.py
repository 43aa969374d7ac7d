"""A Kubernetes API server: lists and watches pods and events, with bookmarks, 410 Gone and connections
that break; containers' logs, followed from a second on."""
import json
import threading
import time
import urllib.parse

from http_targets import Quiet, Server


class KubernetesApi(Server):
    """Objects are put below a path such as /api/v1/pods; logs belong to pods of the namespace d."""

    def __init__(self):
        self.lock = threading.Condition()
        self.objects = {}      # {path: {name: object}}
        self.events = []       # (version, path, watch event)
        self.logs = {}         # {pod: [line]}
        self.version = 100
        self.oldest = 0        # Watches from before get 410.
        self.generation = 0    # Streams of an older one break.
        self.requests = []
        outer = self

        class Handler(Quiet):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                url = urllib.parse.urlsplit(self.path)
                query = dict(urllib.parse.parse_qsl(url.query))
                with outer.lock:
                    outer.requests.append(self.path)
                outer.serve(self, url.path, query)

        super().__init__(Handler)

    @property
    def url(self):
        return f"http://{self.address}"

    def put(self, path, name, **rest):
        with self.lock:
            self.version += 1
            known = name in self.objects.setdefault(path, {})
            meta = {"name": name, "namespace": "d", "uid": f"u-{name}", "resourceVersion": str(self.version)}
            self.objects[path][name] = {"metadata": meta, **rest}
            self.tell(path, "MODIFIED" if known else "ADDED", self.objects[path][name])

    def remove(self, path, name):
        with self.lock:
            self.version += 1
            gone = self.objects[path].pop(name)
            gone["metadata"]["resourceVersion"] = str(self.version)
            self.tell(path, "DELETED", gone)

    def bookmark(self, path):
        with self.lock:
            self.version += 1
            self.tell(path, "BOOKMARK", {"metadata": {"resourceVersion": str(self.version)}})

    def tell(self, path, kind, thing):
        self.events.append((self.version, path, json.dumps({"type": kind, "object": thing}) + "\n"))
        self.lock.notify_all()

    def add_pod(self, name):
        self.logs.setdefault(name, [])
        self.put("/api/v1/pods", name,
                 spec={"containers": [{"name": "c", "image": "i"}], "nodeName": "n1", "restartPolicy": "Always"},
                 status={"phase": "Running", "podIP": "127.0.0.1",
                         "containerStatuses": [{"name": "c", "state": {"running": {}}}]})

    def write(self, pod, text):
        now = time.time_ns()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now // 10**9))
        with self.lock:
            self.logs[pod].append(f"{stamp}.{now % 10**9:09d}Z {text}\n")
            self.lock.notify_all()

    def break_streams(self):
        with self.lock:
            self.generation += 1
            self.lock.notify_all()

    def forget(self):
        """Breaks all streams; watches can't go on from where they were."""
        with self.lock:
            self.version += 1
            self.oldest = self.version
        self.break_streams()

    # Below: on the threads of the server.

    def serve(self, handler, path, query):
        if path == "/version":
            return self.say(handler, {"gitVersion": "v1.31.0"})
        if path.endswith("/log"):
            pod, since = path.split("/")[-2], query.get("sinceTime", "")[:19]
            return self.stream(handler, lambda: self.logs.get(pod, []),
                               lambda line: line if line[:19] >= since else "")
        if query.get("sendInitialEvents"):
            return self.say(handler, {"message": "sendInitialEvents is not supported"}, 422)
        if query.get("watch"):
            since = int(query.get("resourceVersion", "0"))
            if since < self.oldest:
                return self.say(handler, {"message": "too old resource version"}, 410)
            return self.stream(handler, lambda: self.events,
                               lambda e: e[2] if e[0] > since and e[1] == path else "")
        with self.lock:
            things = list(self.objects.get(path, {}).values())
            name = path.split("/")[-1]
            one = self.objects.get("/api/v1/pods", {}).get(name) if "/pods/" in path else None
            answer = one or {"metadata": {"resourceVersion": str(self.version)}, "items": things}
        return self.say(handler, answer)

    def say(self, handler, thing, status=200):
        body = json.dumps(thing).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def stream(self, handler, things, text_of):
        """Sends what there is and what comes, until the streams are broken."""
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        sent = 0
        with self.lock:
            generation = self.generation
        try:
            while True:
                with self.lock:
                    self.lock.wait_for(lambda: len(things()) > sent or self.generation != generation, 0.5)
                    is_broken = self.generation != generation
                    text = "".join(text_of(thing) for thing in things()[sent:])
                    sent = len(things())
                if is_broken:
                    # In the middle of everything, as when a connection breaks.
                    handler.close_connection = True
                    return
                if text:
                    handler.wfile.write(f"{len(text.encode()):x}\r\n{text}\r\n".encode())
                    handler.wfile.flush()
        except OSError:
            handler.close_connection = True
