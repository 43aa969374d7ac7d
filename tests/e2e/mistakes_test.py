"""A configuration with ten different mistakes: each is reported at its place, in one go."""
import re
import subprocess
import unittest

from peers import ALLOY, Alloy, Story, http

# Each mistake stands at the mark; the mark itself is taken out before the file is written.
CONFIG = """\
local.file "secret" {
  filename  = "/etc/hostname"
  is_secret = @1 "no"
  @2 colour    = "red"
}

@3 local.fail "typo" {
  filename = "x"
}

@4 local.file {
  filename = "x"
}

@5 local.file "empty" { }

@6 local.file "secret" {
  filename = "again"
}

prometheus.scrape "nodes" {
  targets    = [{"__address__" = "127.0.0.1:1"}]
  forward_to = [@7 prometheus.remote_write.nowhere.receiver]

  @8 clustering = true
}

prometheus.remote_write "sink" {
  @9 endpoints {
    url = "http://127.0.0.1:1"
  }
}

prometheus.relabel "numbers" {
  forward_to     = []
  max_cache_size = @10 true
}
"""
MESSAGES = {
    1: "expected bool, got string",
    2: 'unrecognized attribute name "colour"',
    3: 'cannot find the definition of component name "local.fail"',
    4: 'component "local.file" must have a label',
    5: 'missing required attribute "filename"',
    6: r"block local\.file\.secret already declared at config\.alloy:1:1",
    7: r'component "prometheus\.remote_write\.nowhere\.receiver" does not exist or is out of scope',
    8: '"clustering" must be a block, but is used as an attribute',
    9: 'unrecognized block name "endpoints"',
    10: "expected number, got bool",
}


def marked(config):
    """The text without its marks, and {mark: (line, column)}."""
    places, lines = {}, []
    for number, line in enumerate(config.splitlines(), 1):
        mark = re.search(r"@(\d+) ", line)
        if mark:
            places[int(mark[1])] = (number, mark.start() + 1)
            line = line[:mark.start()] + line[mark.end():]
        lines.append(line)
    return "\n".join(lines) + "\n", places


class Mistakes(Story):

    def validate(self, config):
        (self.folder / "config.alloy").write_text(config)
        return subprocess.run([ALLOY, "validate", "config.alloy"], cwd=self.folder, text=True,
                              capture_output=True, timeout=20, check=False)

    def test_ten_mistakes_are_ten_diagnostics_at_their_places(self):
        config, places = marked(CONFIG)
        result = self.validate(config)
        self.assertEqual(result.returncode, 1)
        found = {(int(line), int(column)): message for line, column, message in
                 re.findall(r"^Error: config\.alloy:(\d+):(\d+): (.*)$", result.stderr, re.M)}
        for mark, place in places.items():
            with self.subTest(mark=mark, line=config.splitlines()[place[0] - 1].strip()):
                self.assertIn(place, found, result.stderr)
                self.assertRegex(found[place], MESSAGES[mark])
        self.assertEqual(len(found), len(places), result.stderr)

    def test_a_diagnostic_shows_the_lines_around_it(self):
        result = self.validate('local.file "a" {\n\tfilename = "x"\n\tnope     = 1\n}\n')
        self.assertEqual(result.stderr, (
            'Error: config.alloy:3:2: unrecognized attribute name "nope"\n'
            "\n"
            '2 |     filename = "x"\n'
            "3 |     nope     = 1\n"
            "  |     ^^^^^^^^^^^^\n"
            "4 | }\n"
            "Error: validation failed\n"))

    def test_a_rejected_reload_leaves_no_trace(self):
        good = 'local.file "a" {\n  filename = "/etc/hostname"\n}\n'
        alloy = self.enter(Alloy(self.folder, good))
        before = alloy.component("local.file.a")
        self.assertEqual(before["health"]["state"], "healthy")
        for bad in (good + "local.file {", good.replace('"/etc/hostname"', "missing.one.value"),
                    'local.file "b" {\n  filename = "/etc/hostname"\n}\n' + good * 2):
            status, body = alloy.reload(bad)
            self.assertEqual(status, 400, body)
            self.assertEqual(alloy.component("local.file.a"), before)
            self.assertEqual(alloy.component("local.file.b"), {})
        self.assertEqual(alloy.reload(good)[0], 200)
        self.assertEqual(http(alloy.url("/-/healthy"))[0], 200)


if __name__ == "__main__":
    unittest.main()
