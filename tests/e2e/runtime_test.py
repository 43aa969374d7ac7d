"""What the runtime says about a configuration: in its log, in the health of its nodes."""
import io
import subprocess
import unittest
import urllib.request
import zipfile

from peers import ALLOY, Alloy, Story, eventually

MODULE = 'declare "give" {{\n  export "value" {{\n    value = {}\n  }}\n}}\n'
IMPORT = 'import.file "m" {{\n  filename = "{}"\n}}\nm.give "g" {{ }}\n'
UNHEALTHY = 'alloy_component_controller_running_components{controller_id="",controller_path="/",health_type="unhealthy"}'


class Imports(Story):
    def setUp(self):
        super().setUp()
        self.module = self.folder / "module.alloy"
        self.module.write_text(MODULE.format(1))
        self.alloy = self.enter(Alloy(self.folder, IMPORT.format(self.module)))

    def unhealthy(self):
        return self.alloy.metrics().get(UNHEALTHY, 0)

    def value(self):
        [export] = self.alloy.component("m.give.g")["exports"]
        return export["value"]["value"]

    def check_refused_and_mended(self, content, line):
        self.module.write_text(content)
        eventually(lambda: self.unhealthy() == 1, what="the import to be unhealthy")
        self.assertIn(line, self.alloy.log())
        self.assertIn('config_path=. config_id=import.file.m', self.alloy.log())
        self.assertEqual(self.value(), 1)
        # The very content that is in force is a mend, too.
        self.module.write_text(MODULE.format(1))
        eventually(lambda: self.unhealthy() == 0, what="the import to be healthy again")
        self.module.write_text(MODULE.format(2))
        eventually(lambda: self.value() == 2, what="the new content")

    def test_content_that_cannot_be_parsed(self):
        self.check_refused_and_mended("declare {{{", 'msg="failed to parse file on update" ')

    def test_content_that_no_module_may_hold(self):
        self.check_refused_and_mended('local.file "x" { filename = "/etc/hostname" }',
                                      'msg="failed to process imported content" ')

    def test_an_import_inside_that_fails(self):
        self.check_refused_and_mended('import.file "x" { filename = "nothing.alloy" }',
                                      'msg="failed to evaluate nested import" ')

    def test_a_file_that_is_gone_for_a_while(self):
        away = self.folder / "away"
        self.module.rename(away)
        eventually(lambda: self.unhealthy() == 1, what="the import to be unhealthy")
        away.rename(self.module)
        eventually(lambda: self.unhealthy() == 0, what="the import to be healthy again")


class Log(Story):
    def check_logged(self, config, *lines):
        alloy = self.enter(Alloy(self.folder, config, args=["--stability.level=experimental"]))
        for line in lines:
            self.assertIn(line, alloy.log())
        self.assertEqual(alloy.stop(), 0)
        return alloy.log()

    def test_old_functions_and_shadowed_names_are_told(self):
        self.check_logged(
            'declare "array" { export "value" { value = env("HOME") } }\n'
            'array "a" { }\n'
            'discovery.relabel "r" { targets = [{a = array.a.value}] }\n',
            'level=warn msg="this stdlib function is deprecated; ',
            "function=env",
            'msg="a component is shadowing an existing stdlib name" controller_path=/ '
            'controller_id="" component=array.a stdlib_name=array')

    def test_items_without_the_field_that_names_them_are_told(self):
        self.check_logged(
            'foreach "f" {\n  collection = [{a = 1}]\n  var = "x"\n  id = "b"\n  template { }\n}\n',
            'level=warn msg="specified id not found in collection item" '
            "component_path=/ component_id=foreach.f id=b")

    def test_each_component_that_ends_is_told(self):
        log = self.check_logged('discovery.relabel "r" { targets = [] }\n')
        self.assertIn('msg="node exited without error" controller_path=/ controller_id="" '
                      "node=discovery.relabel.r", log)


class Recovery(Story):
    def test_going_back_to_what_worked_mends_a_failed_update(self):
        good = self.folder / "good"
        good.write_text("1")
        config = 'local.file "f" {{ filename = "{}" }}\n'
        alloy = self.enter(Alloy(self.folder, config.format(good)))
        status, answer = alloy.reload(config.format("/nowhere"))
        self.assertEqual(status, 400, answer)
        self.assertEqual(alloy.component("local.file.f")["health"]["state"], "unhealthy")
        self.assertEqual(alloy.reload(config.format(good))[0], 200)
        self.assertEqual(alloy.component("local.file.f")["health"]["state"], "healthy")


class Refusals(Story):
    def check_refused(self, config, reason):
        path = self.folder / "c.alloy"
        path.write_text(config)
        ended = subprocess.run([ALLOY, "run", path, f"--storage.path={self.folder}/storage",
                                "--server.http.listen-addr=127.0.0.1:0"],
                               capture_output=True, text=True, timeout=20)
        self.assertEqual(ended.returncode, 1)
        self.assertIn(reason, ended.stderr)

    def test_certificates_of_windows(self):
        filters = "windows_certificate_filter {\n server { }\n client { }\n }"
        self.check_refused("http {\n tls {\n %s\n }\n}\n" % filters,
                           "the Windows Certificate filter is only available on Windows platforms")
        self.check_refused('http {\n tls {\n cert_file = "x"\n %s\n }\n}\n' % filters,
                           "cannot specify any key, certificate or CA when using windows certificate filter")

    def test_targets_that_are_none(self):
        self.check_refused('prometheus.scrape "s" {\n targets = [10]\n forward_to = []\n}\n',
                           "10 target::ConvertFrom: conversion from 'int64' is not supported")


class SupportBundle(Story):
    def test_it_holds_the_files_of_the_configuration(self):
        alloy = self.enter(Alloy(self.folder, 'local.file "f" { filename = "/etc/hostname" }\n'))
        with urllib.request.urlopen(alloy.url("/-/support?duration=1"), timeout=120) as answer:
            bundle = zipfile.ZipFile(io.BytesIO(answer.read()))
        text = bundle.read("alloy-support-bundle/sources/config.alloy").decode()
        self.assertEqual(text, 'local.file "f" {\n\tfilename = "/etc/hostname"\n}\n')


if __name__ == "__main__":
    unittest.main()
