#!/usr/bin/env python3
"""What an agent delivers when more is to be scraped than its core can do.

  overload.py BENCH AGENT SERIES...     BENCH: the bench program that drives the load (docs/benchmarks.md)
                                        AGENT: NAME[:KIND]=PATH; SERIES: how many are scraped every second

One core for the agent, one second between scrapes. For each load: what is offered and what arrives
in a window of 15 seconds, how old the oldest sample is on arrival, and the agent's memory.
"""
import argparse, importlib.machinery, importlib.util, json, os, shutil, sys, tempfile, time


def load(path):
    loader = importlib.machinery.SourceFileLoader("bench", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench", loader))
    loader.exec_module(module)
    return module


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("bench")
    p.add_argument("agent")
    p.add_argument("series", nargs="+", type=int)
    p.add_argument("--per-target", type=int, default=2000)
    p.add_argument("--warm", type=float, default=10)
    p.add_argument("--duration", type=float, default=15)
    p.add_argument("--cores", type=int, default=1)
    p.add_argument("--interval", type=float, default=1)
    p.add_argument("--loadgen")
    p.add_argument("--env", action="append", default=[], help="NAME=VALUE for the agent")
    p.add_argument("--log", help="file that gets the agent's log")
    a = p.parse_args()
    bench = load(a.bench)
    agent = bench.Agent(a.agent)
    work = tempfile.mkdtemp(prefix="overload-")
    opt = argparse.Namespace(
        loadgen=a.loadgen or os.path.join(bench.HERE, "loadgen", "loadgen"), cores=a.cores, work=work,
        keep=False, latency=None, per_target=a.per_target, target_port=9100, churn=0, gzip=False,
        interval=a.interval, remote_write=1, vmagent_proto="prom", alloy_args="")
    try:
        for series in a.series:
            r = bench.Run(opt, agent, "overload")
            r.env.update(e.split("=", 1) for e in a.env)
            try:
                bench.metrics_setup(r, series, opt.interval)
                time.sleep(a.warm)
                w = bench.metrics_window(r, a.duration)
                seen = r.stats()["series"]
                row = {"offered_per_s": round(r.series / opt.interval), "series_seen": seen,
                       **{k: w[k] for k in ("samples_per_s", "served_per_s", "cores", "cpu_s_per_M",
                                            "lag_max_ms", "rss", "rss_peak", "noise_cores")
                          if k in w}}
                print(agent.name, json.dumps(row), flush=True)
                if a.log:
                    shutil.copy(os.path.join(r.work, "agent.log"), a.log)
            finally:
                r.close()
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
