"""A Kafka cluster of one mock broker, and what stands in front of it to speak TLS and SASL."""
import pathlib
import socket
import ssl
import struct
import subprocess
import threading

from peers import ALLOY, free_port

PROGRAM = pathlib.Path(ALLOY).parent / "kafka_mock_cluster"
API_VERSIONS, SASL_HANDSHAKE, SASL_AUTHENTICATE = 18, 17, 36
UNSUPPORTED_VERSION, SASL_FAILED = 35, 58


class KafkaCluster:
    """Commands of tests/e2e/kafka_mock_cluster.cc."""

    def __enter__(self):
        self.child = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL, text=True)
        self.brokers = self._answer()
        return self

    def __exit__(self, *_):
        self.child.stdin.close()
        try:
            self.child.wait(10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait(10)
        self.child.stdout.close()

    def _answer(self):
        state, _, rest = self.child.stdout.readline().strip().partition(" ")
        assert state == "ok", rest
        return rest

    def tell(self, *words):
        self.child.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.child.stdin.flush()
        return self._answer()

    def topic(self, name, partitions=1):
        self.tell("topic", name, partitions)

    def produce(self, topic, text, count, partition=0):
        """Sends lines "<text> <number>" and returns them."""
        self.tell("produce", topic, partition, count, text)
        return [f"{text} {i}" for i in range(count)]

    def send(self, topic, value, partition=0):
        self.tell("send", topic, partition, value)

    def committed(self, group, topic, partition=0):
        """The group's offset, None before there is one."""
        offset = int(self.tell("committed", group, topic, partition))
        return None if offset < 0 else offset


def _read(connection, size):
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise ConnectionError
        data += piece
    return data


def _read_frame(connection):
    return _read(connection, struct.unpack(">i", _read(connection, 4))[0])


def _frame(body):
    return struct.pack(">i", len(body)) + body


class SecureFront:
    """Takes TLS connections, logs clients in by SASL/PLAIN and hands everything else on to a mock broker,
    which it replaces with itself wherever the broker tells its address."""

    def __init__(self, brokers, certificate, user, password):
        host, port = brokers.split(":")
        self.behind = (host, int(port))
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.wanted = f"\0{user}\0{password}".encode()
        self.refused = 0
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate.cert, certificate.key)
        self.listener = socket.create_server(("127.0.0.1", self.port))

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain):
        try:
            with plain, self.context.wrap_socket(plain, server_side=True) as client, \
                    socket.create_connection(self.behind) as broker:
                self._log_in(client, broker)
                threading.Thread(target=self._requests, args=(client, broker), daemon=True).start()
                while True:
                    client.sendall(_frame(self._own_address(_read_frame(broker))))
        except (OSError, ConnectionError):
            pass  # The client is gone, or was refused.

    def _requests(self, client, broker):
        try:
            while True:
                broker.sendall(_frame(_read_frame(client)))
        except (OSError, ConnectionError, ValueError):
            broker.close()

    def _own_address(self, answer):
        host, port = self.behind
        return answer.replace(host.encode() + struct.pack(">i", port),
                              b"127.0.0.1" + struct.pack(">i", self.port))

    def _log_in(self, client, broker):
        while True:
            request = _read_frame(client)
            api, version, correlation = struct.unpack(">hhi", request[:8])
            if api == API_VERSIONS:
                client.sendall(_frame(self._versions(request, version, broker)))
                continue
            head = struct.pack(">i", correlation)
            if api == SASL_HANDSHAKE:
                client.sendall(_frame(head + struct.pack(">hih", 0, 1, 5) + b"PLAIN"))
                continue
            assert api == SASL_AUTHENTICATE, api
            is_good = self.wanted in request
            client.sendall(_frame(head + struct.pack(">hhi", 0 if is_good else SASL_FAILED, -1, 0)
                                  + (struct.pack(">q", 0) if version else b"")))
            if is_good:
                return
            self.refused += 1

    @staticmethod
    def _versions(request, version, broker):
        """What the broker understands, and SASL."""
        if version > 0:  # The client asks again in the oldest way.
            return request[4:8] + struct.pack(">hi", UNSUPPORTED_VERSION, 0)
        broker.sendall(_frame(request))
        answer = _read_frame(broker)
        (count,) = struct.unpack(">i", answer[6:10])
        more = struct.pack(">hhh", SASL_HANDSHAKE, 0, 1) + struct.pack(">hhh", SASL_AUTHENTICATE, 0, 1)
        return answer[:6] + struct.pack(">i", count + 2) + answer[10:] + more
