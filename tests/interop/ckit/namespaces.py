"""A network of its own for each node: a network namespace with one TUN device, and a switch between
all of them that delays, loses or refuses to carry packets as it is told.

Loopback can't do that: nothing there is ever slow, lost or parted. Namespaces made here have no
names; they vanish with the processes in them. Needs Linux and the right to make namespaces.
"""
import concurrent.futures
import ctypes
import fcntl
import heapq
import os
import random
import select
import socket
import struct
import threading
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK, SIOCSIFMTU = 0x8914, 0x8916, 0x891C, 0x8922
IFF_UP_RUNNING = 0x1 | 0x40
MTU = 9000  # A packet a message, mostly: the switch is Python.

_libc = ctypes.CDLL(None, use_errno=True)


def _control(request, interface, argument):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, request, struct.pack("16s24s", interface.encode(), argument))


def _address(ip):
    return struct.pack("HH4s", socket.AF_INET, 0, socket.inet_aton(ip))


class Namespace:
    """What `call` runs, and every process started there, sees this network and no other."""

    def __init__(self, ip):
        self.ip = ip
        # Namespaces belong to threads; whoever wants in goes through this one.
        self._thread = concurrent.futures.ThreadPoolExecutor(1)
        self.tun = self.call(self._enter)

    def _enter(self):
        if _libc.unshare(CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "no network namespace")
        tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"net0", IFF_TUN | IFF_NO_PI))
        _control(SIOCSIFADDR, "net0", _address(self.ip))
        _control(SIOCSIFNETMASK, "net0", _address("255.255.255.0"))
        _control(SIOCSIFMTU, "net0", struct.pack("i", MTU))
        for interface in ("lo", "net0"):
            _control(SIOCSIFFLAGS, interface, struct.pack("h", IFF_UP_RUNNING))
        return tun

    def call(self, function, *args):
        return self._thread.submit(function, *args).result(timeout=60)

    def close(self):
        os.close(self.tun)
        self._thread.shutdown()


class Network:
    """The switch. Conditions hold for what is sent from now on."""

    def __init__(self, seed=1):
        self.namespaces = {}  # Packed address -> namespace
        self.delay = (0.0, 0.0)  # Seconds, from and to.
        self.loss = 0.0
        self.parted = set()  # Addresses that only hear each other.
        self.carried = self.dropped = 0
        self._random = random.Random(seed)
        self._late = []
        self._order = 0
        self._poll = select.epoll()
        self._by_fd = {}
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def add(self, ip):
        namespace = Namespace(ip)
        self.namespaces[socket.inet_aton(ip)] = namespace
        self._by_fd[namespace.tun] = namespace
        self._poll.register(namespace.tun, select.EPOLLIN)
        return namespace

    def close(self):
        self._ends.set()
        self._thread.join(timeout=5)
        self._poll.close()
        for namespace in self.namespaces.values():
            namespace.close()

    def part(self, *ips):
        self.parted = {socket.inet_aton(ip) for ip in ips}

    def _carry(self, packet):
        if packet[0] >> 4 != 4:
            return
        source, destination = packet[12:16], packet[16:20]
        receiver = self.namespaces.get(destination)
        if (receiver is None or (source in self.parted) != (destination in self.parted)
                or self._random.random() < self.loss):
            self.dropped += 1
            return
        self.carried += 1
        if self.delay[1] == 0:
            return self._deliver(receiver, packet)
        self._order += 1
        when = time.monotonic() + self._random.uniform(*self.delay)
        heapq.heappush(self._late, (when, self._order, receiver, packet))

    def _deliver(self, receiver, packet):
        try:
            os.write(receiver.tun, packet)
        except OSError:
            self.dropped += 1  # Its queue is full.

    def _run(self):
        while not self._ends.is_set():
            wait = 0.1
            if self._late:
                wait = min(wait, max(0.0, self._late[0][0] - time.monotonic()))
            for fd, _ in self._poll.poll(wait):
                for _ in range(64):  # Nobody gets to starve the others.
                    try:
                        self._carry(os.read(fd, MTU + 100))
                    except BlockingIOError:
                        break
            while self._late and self._late[0][0] <= time.monotonic():
                _, _, receiver, packet = heapq.heappop(self._late)
                self._deliver(receiver, packet)


def are_possible():
    """Whether we may make namespaces here."""
    try:
        network = Network()
        network.add("10.66.0.1")
        network.close()
    except OSError:
        return False
    return True
