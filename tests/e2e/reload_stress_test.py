"""Reloads between random valid and invalid configurations, while samples flow.

ALLOY_STRESS_RELOADS says how many (60 by default, so that it runs with every change; 1000 for a
build with sanitizers, see docs/architecture.md).
"""
import os
import random
import unittest

from http_targets import CountingTarget, Sink
from peers import Alloy, Story, eventually

RELOADS = int(os.environ.get("ALLOY_STRESS_RELOADS", "60"))
CONFIGURATIONS = 200
# With sanitizers everything takes longer.
PATIENCE = float(os.environ.get("ALLOY_STRESS_PATIENCE", "60"))

KEPT = """
prometheus.scrape "kept" {{
  targets         = [{{"__address__" = "{target}", "job" = "counting"}}]
  forward_to      = [prometheus.relabel.kept.receiver]
  scrape_interval = "200ms"
  scrape_timeout  = "200ms"
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
"""

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

    def test_reloads_lose_and_repeat_nothing_and_restart_nothing_that_did_not_change(self):
        target = self.enter(CountingTarget())
        sink = self.enter(Sink())
        for i in range(3):
            (self.folder / f"file{i}").write_text(str(i))
        kept = KEPT.format(target=target.address, sink=sink.write_url)
        configurations = Configurations(20261124, kept, self.folder)
        choices = [configurations.make() for _ in range(CONFIGURATIONS)]
        self.alloy = self.enter(Alloy(self.folder, kept))
        eventually(lambda: target.served > 0, PATIENCE, "the first scrape")

        pick = random.Random(RELOADS)
        for i in range(RELOADS):
            text, valid = pick.choice(choices)
            status, body = self.alloy.reload(text)
            self.assertEqual(status, 200 if valid else 400, f"reload {i}: {body}\n{text}")
        self.assertEqual(self.alloy.reload(kept)[0], 200)
        served = target.served
        eventually(lambda: target.served >= served + 3, PATIENCE, "scrapes after the last reload")

        # Both count from the component's start: had it been started again, they would have too.
        count = ('prometheus_target_scrape_duration_seconds_count'
                 '{component_id="prometheus.scrape.kept",component_path="/"}')
        self.assertGreaterEqual(self.alloy.metrics()[count] + 1, served)
        syncs = {k: v for k, v in self.alloy.metrics().items()
                 if k.startswith("prometheus_target_scrape_pool_sync_total")}
        self.assertEqual(list(syncs.values()), [1.0], syncs)

        self.assertEqual(self.alloy.stop(timeout=PATIENCE), 0, self.alloy.log()[-3000:])
        received = [int(v) for v in sink.values("e2e_scrapes_total") if v == v]
        self.assertEqual(received, list(range(1, len(received) + 1)))
        self.assertGreaterEqual(len(received) + 1, target.served)
        self.assertNotIn("Sanitizer", self.alloy.log())


if __name__ == "__main__":
    unittest.main()
