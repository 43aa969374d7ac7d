#!/usr/bin/env python3
"""What being one of many nodes costs while nothing happens: CPU and memory of gossip.

    ALLOY=build/release/bin/alloy bench/cluster_gossip.py [--nodes 100] [--seconds 60]

Starts so many processes with an empty configuration that join one cluster, waits until all see all,
and compares them with processes that are in no cluster. It measures; it is no test.
"""
import argparse
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request


def free_ports(count):
    sockets = []
    for _ in range(count):
        s = socket.socket()
        s.bind(("127.0.0.1", 0))
        sockets.append(s)
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def start(folder, port, *args):
    node = pathlib.Path(folder) / str(port)
    node.mkdir()
    (node / "config.alloy").write_text("")
    argv = [os.environ["ALLOY"], "run", "config.alloy", "--storage.path=data",
            f"--server.http.listen-addr=127.0.0.1:{port}", "--disable-reporting", *args]
    with open(node / "log", "wb") as log:
        return subprocess.Popen(argv, cwd=node, stdout=log, stderr=log)


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return answer.read().decode()


def participants(port):
    try:
        peers = json.loads(get(port, "/api/v0/web/peers"))
        return sum(p["state"] == "participant" for p in peers)
    except OSError:
        return 0


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(pid):
    """Resident, and of that anonymous."""
    values = dict(line.split(":", 1) for line in
                  pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    return tuple(int(values[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon"))


def sent_bytes(port):
    names = ("cluster_transport_tx_bytes_total ", "cluster_transport_stream_tx_bytes_total ")
    return sum(float(line.split()[1]) for line in get(port, "/metrics").splitlines()
               if line.startswith(names))


def spread(values):
    values = sorted(values)
    return f"{sum(values) / len(values):.2f} ({values[0]:.2f} to {values[-1]:.2f})"


def measure(options, folder):
    ports = free_ports(options.nodes + 5)
    alone, ports = ports[:5], ports[5:]
    processes = {}
    try:
        for port in alone:
            processes[port] = start(folder, port)
        began = time.monotonic()
        for i, port in enumerate(ports):
            join = ",".join(f"127.0.0.1:{p}" for p in ports[max(0, i - 3):i])
            processes[port] = start(folder, port, "--cluster.enabled", f"--cluster.node-name=n{i}",
                                    f"--cluster.advertise-address=127.0.0.1:{port}",
                                    f"--cluster.join-addresses={join}")
            time.sleep(0.05)
        while not all(participants(port) == options.nodes for port in ports):
            if time.monotonic() > began + 300:
                raise SystemExit("the nodes don't find each other")
            time.sleep(1)
        print(f"{options.nodes} nodes agree {time.monotonic() - began:.0f} s after the first start")
        time.sleep(20)
        sent = {port: sent_bytes(port) for port in ports[:5]}
        before = {port: cpu_seconds(p.pid) for port, p in processes.items()}
        time.sleep(options.seconds)
        after = {port: cpu_seconds(p.pid) for port, p in processes.items()}
        traffic = [(sent_bytes(port) - sent[port]) / options.seconds for port in sent]
        for what, group in (("in no cluster", alone), ("in the cluster", ports)):
            cpu = [100 * (after[p] - before[p]) / options.seconds for p in group]
            memory = [megabytes(processes[p].pid) for p in group]
            print(f"{what}: CPU {spread(cpu)} % of a core, "
                  f"resident {spread([m[0] for m in memory])} MiB, "
                  f"anonymous {spread([m[1] for m in memory])} MiB")
        print(f"sent by a node each second: {spread(traffic)} bytes")
    finally:
        for process in processes.values():
            process.kill()
        for process in processes.values():
            process.wait(timeout=10)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # The nodes are ended, too.
    parser = argparse.ArgumentParser()
    parser.add_argument("--nodes", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=60)
    with tempfile.TemporaryDirectory() as folder:
        measure(parser.parse_args(), folder)


if __name__ == "__main__":
    main()
