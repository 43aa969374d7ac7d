"""Reloads between random valid and invalid configurations, while samples and lines flow: straight
ones, and some from inside a module and a foreach, which are built by a graph of their own.

ALLOY_STRESS_RELOADS says how many (60 by default, so that it runs with every change; 1000 for a
build with sanitizers, see docs/architecture.md), ALLOY_STRESS_SEED between which.
"""
import os
import random
import unittest

from http_targets import CountingTarget, Sink
from log_sink import LogSink, LogWriter
from peers import Alloy, Story, eventually

RELOADS = int(os.environ.get("ALLOY_STRESS_RELOADS", "60"))
SEED = int(os.environ.get("ALLOY_STRESS_SEED", "20261124"))
CONFIGURATIONS = 200
# With sanitizers everything takes longer.
PATIENCE = float(os.environ.get("ALLOY_STRESS_PATIENCE", "60"))

KEPT = """
prometheus.scrape "kept" {{
  targets         = [{{"__address__" = "{target}", "job" = "counting"}}]
  forward_to      = [prometheus.relabel.kept.receiver]
  scrape_interval = "500ms"
  scrape_timeout  = "500ms"
}}
prometheus.relabel "kept" {{
  forward_to = [prometheus.remote_write.kept.receiver]
  rule {{
    target_label = "kept"
    replacement  = "yes"
  }}
}}
prometheus.remote_write "kept" {{
  endpoint {{
    url = "{sink}"
  }}
}}
declare "inner" {{
  argument "to" {{ }}
  prometheus.scrape "kept" {{
    targets         = [{{"__address__" = "{inner}", "job" = "inner"}}]
    forward_to      = argument.to.value
    scrape_interval = "500ms"
    scrape_timeout  = "500ms"
  }}
}}
inner "kept" {{
  to = [prometheus.relabel.kept.receiver]
}}
foreach "kept" {{
  collection     = [{{"__address__" = "{each}", "job" = "each"}}]
  enable_metrics = true
  var            = "target"
  template {{
    prometheus.scrape "kept" {{
      targets         = [target]
      forward_to      = [prometheus.relabel.kept.receiver]
      scrape_interval = "500ms"
      scrape_timeout  = "500ms"
    }}
  }}
}}
loki.source.file "kept" {{
  targets    = [{{"__path__" = "{lines}"}}]
  forward_to = [loki.process.kept.receiver]
}}
loki.process "kept" {{
  forward_to = [loki.write.kept.receiver]
  stage.static_labels {{
    values = {{"kept" = "yes"}}
  }}
}}
loki.write "kept" {{
  endpoint {{
    url        = "{logs}"
    batch_wait = "100ms"
  }}
}}
"""

# Where what is kept is scraped: its job and the identity of the component.
SCRAPES = {
    "counting": ("prometheus.scrape.kept", "/"),
    "inner": ("prometheus.scrape.kept", "/inner.kept"),
    "each": ("prometheus.scrape.kept", "/foreach.kept/"),
}

MISTAKES = (
    'prometheus.relabel "bad" {',                                    # Does not end.
    'prometheus.relabel "bad" { forward_to = [local.file.none] }',   # Refers to nothing.
    'prometheus.relabel "bad" { forwards_to = [] }',                 # No such argument.
    'no.such "component" { }',
    'declare "loop" { loop "a" { } }\nloop "a" { }',
    'local.file "bad" { filename = "/none/such" }',                  # Fails when it is built.
)


class Configurations:
    """Random ones, from a seed; each with the data path that must never change in it."""

    def __init__(self, seed, kept, folder):
        self.random = random.Random(seed)
        self.kept = kept
        self.folder = folder

    def make(self):
        """The text, and whether it is valid."""
        choose = self.random.choice
        blocks = [self.kept]
        for i in range(self.random.randrange(8)):
            blocks.append(choose(self.kinds())(i))
        valid = self.random.random() < 0.7
        if not valid:
            blocks.append(choose(MISTAKES))
            valid = False
        self.random.shuffle(blocks)
        return "\n".join(blocks), valid

    def kinds(self):
        return self.file, self.targets, self.relabel, self.module, self.imported

    def number(self):
        return self.random.randrange(3)

    def file(self, i):
        return f'local.file "f{i}" {{\n  filename = "{self.folder}/file{self.number()}"\n}}'

    def targets(self, i):
        return (f'discovery.relabel "d{i}" {{\n  targets = [{{"__address__" = "127.0.0.1:1", '
                f'"n" = "{self.number()}"}}]\n}}\nprometheus.scrape "d{i}" {{\n'
                f'  targets = discovery.relabel.d{i}.output\n'
                f'  forward_to = [prometheus.relabel.kept.receiver]\n  scrape_interval = "1h"\n}}')

    def relabel(self, i):
        return (f'prometheus.relabel "r{i}" {{\n  forward_to = [prometheus.relabel.kept.receiver]\n'
                f'  max_cache_size = {1000 + self.number()}\n}}')

    def module(self, i):
        return (f'declare "m{i}" {{\n  argument "n" {{ }}\n  local.file "f" {{\n'
                f'    filename = "{self.folder}/file" + argument.n.value\n  }}\n'
                f'  export "out" {{\n    value = local.file.f.content\n  }}\n}}\n'
                f'm{i} "a" {{\n  n = "{self.number()}"\n}}')

    def imported(self, i):
        return (f'import.string "i{i}" {{\n  content = `declare "c" {{\n    export "out" {{\n'
                f'      value = {self.number()}\n    }}\n  }}`\n}}\ni{i}.c "a" {{ }}')


class ReloadStress(Story):

    def tearDown(self):
        if self.has_failed():
            print(self.alloy.log()[-5000:])

    def setUp(self):
        super().setUp()
        self.targets = {job: self.enter(CountingTarget()) for job in SCRAPES}
        self.sink = self.enter(Sink())
        self.log_sink = self.enter(LogSink())
        self.writer = LogWriter(self.folder / "kept.log", SEED)
        for i in range(3):
            (self.folder / f"file{i}").write_text(str(i))
        self.kept = KEPT.format(
            target=self.targets["counting"].address, inner=self.targets["inner"].address,
            each=self.targets["each"].address, sink=self.sink.write_url,
            lines=self.writer.path, logs=self.log_sink.url)
        self.alloy = self.enter(
            Alloy(self.folder, self.kept, ["--stability.level=experimental"], patience=PATIENCE))

    def counted(self, metric):
        """{job: value} of a metric that counts from the start of each component that scrapes."""
        found = {}
        for series, value in self.alloy.metrics().items():
            for job, (identity, path) in SCRAPES.items():
                exact = path if path.endswith("/") and path != "/" else path + '"'
                if (series.startswith(metric + "{") and f'component_id="{identity}"' in series
                        and f'component_path="{exact}' in series):
                    found[job] = value
        return found

    def check_all_there(self, job):
        """Each number once, in order; returns the last. As many may be missing as scrapes failed (on a
        machine that is too busy to answer in time), no more."""
        received = [v for v in self.sink.values("e2e_scrapes_total", job=job, kept="yes") if v == v]
        self.assertEqual(received, sorted(set(received)), job)
        failed = self.sink.values("up", job=job, kept="yes").count(0)
        self.assertLessEqual(received[-1] - len(received), failed, f"{job}: {received}")
        return received[-1]

    def test_reloads_lose_and_repeat_nothing_and_restart_nothing_that_did_not_change(self):
        configurations = Configurations(SEED, self.kept, self.folder)
        choices = [configurations.make() for _ in range(CONFIGURATIONS)]
        eventually(lambda: all(t.served for t in self.targets.values()), PATIENCE, "first scrapes")

        pick = random.Random(SEED + RELOADS)
        for i in range(RELOADS):
            self.writer.append(pick.randrange(5))
            text, valid = pick.choice(choices)
            status, body = self.alloy.reload(text)
            self.assertEqual(status, 200 if valid else 400, f"reload {i}: {body}\n{text}")
        self.assertEqual(self.alloy.reload(self.kept)[0], 200)
        served = {job: target.served for job, target in self.targets.items()}
        eventually(lambda: all(self.targets[job].served >= served[job] + 3 for job in SCRAPES),
                   PATIENCE, "scrapes after the last reload")

        # Both count from the component's start: had it been started again, they would have too.
        scrapes = self.counted("prometheus_target_scrape_duration_seconds_count")
        for job in SCRAPES:
            self.assertGreaterEqual(scrapes[job] + 1, served[job], job)
        syncs = self.counted("prometheus_target_scrape_pool_sync_total")
        self.assertEqual(syncs, {job: 1.0 for job in SCRAPES})
        eventually(lambda: not self.log_sink.missing(self.writer.lines), PATIENCE, "all lines")

        self.assertEqual(self.alloy.stop(timeout=PATIENCE), 0, self.alloy.log()[-3000:])
        for job, target in self.targets.items():
            last = self.check_all_there(job)
            self.assertGreaterEqual(last + 1, target.served, job)
        self.assertEqual(self.log_sink.repeated(), {})
        self.assertNotIn("Sanitizer", self.alloy.log())


if __name__ == "__main__":
    unittest.main()
