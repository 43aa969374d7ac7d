"""The example of the README's first screen does what it says."""
import pathlib
import unittest

from http_targets import Sink
from peers import Alloy, Story, eventually

EXAMPLE = pathlib.Path(__file__).parents[2] / "examples/quickstart.alloy"


class Quickstart(Story):

    def test_its_own_metrics_arrive_at_the_sink(self):
        sink = self.enter(Sink())
        config = EXAMPLE.read_text().replace("http://127.0.0.1:9009/api/v1/write", sink.write_url)
        self.assertIn(sink.write_url, config)
        alloy = self.enter(Alloy(self.folder, config))
        eventually(lambda: 1.0 in sink.values("up"), what="up 1")
        [info] = eventually(lambda: [dict(k) for k in list(sink.series)
                                     if dict(k)["__name__"] == "alloy_build_info"])
        self.assertEqual(info["quickstart"], "yes")
        eventually(lambda: "alloy_build_info" in alloy.log(), what="prometheus.echo to print it")
        self.assertEqual(alloy.stop(), 0)


if __name__ == "__main__":
    unittest.main()
