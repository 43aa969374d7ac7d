"""import.git from a repository that goes away or wants files of this machine: the last good module stays."""
import subprocess
import unittest

from peers import ALLOY, Alloy, Story, eventually

MODULE = 'declare "give" {{\n  export "value" {{\n    value = {}\n  }}\n}}\n'
CONFIG = """
import.git "m" {{
  repository     = "{repository}"
  path           = "{path}"
  pull_frequency = "300ms"
}}
m.give "g" {{ }}
"""
UNHEALTHY = 'alloy_component_controller_running_components{controller_id="",controller_path="/",health_type="unhealthy"}'


class ImportGit(Story):
    def setUp(self):
        super().setUp()
        self.repository = self.folder / "repository"
        subprocess.run(["git", "init", "-q", "-b", "main", self.repository], check=True)
        self.secret = self.folder / "secret.alloy"
        self.secret.write_text(MODULE.format(666))
        self.module = self.repository / "module.alloy"
        self.module.write_text(MODULE.format(1))
        self.commit()

    def commit(self):
        git = ["git", "-C", self.repository, "-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run([*git, "commit", "-qm", "a change"], check=True)

    def config(self, path="module.alloy"):
        return CONFIG.format(repository=self.repository, path=path)

    def value(self):
        [export] = self.alloy.component("m.give.g")["exports"]
        return export["value"]["value"]

    def unhealthy(self):
        return self.alloy.metrics().get(UNHEALTHY, 0)

    def check_stays_and_recovers(self, mend):
        eventually(lambda: self.unhealthy() == 1, 30, "the import to be unhealthy")
        self.assertEqual(self.value(), 1)
        mend()
        eventually(lambda: self.unhealthy() == 0, 30, "the import to be healthy again")
        self.module.unlink()
        self.module.write_text(MODULE.format(2))
        self.commit()
        eventually(lambda: self.value() == 2, 30, "the new content")

    def test_a_repository_that_is_gone_for_a_while(self):
        self.alloy = self.enter(Alloy(self.folder, self.config()))
        self.assertEqual(self.value(), 1)
        away = self.folder / "away"
        self.repository.rename(away)
        self.check_stays_and_recovers(lambda: away.rename(self.repository))

    def test_a_commit_with_a_link_out_of_the_repository(self):
        self.alloy = self.enter(Alloy(self.folder, self.config()))
        self.module.unlink()
        self.module.symlink_to(self.secret)
        self.commit()

        def mend():
            self.module.unlink()
            self.module.write_text(MODULE.format(1))
            self.commit()

        self.check_stays_and_recovers(mend)
        self.assertIn("leads out of the repository", self.alloy.log())

    def test_paths_and_folders_that_lead_out_end_the_start(self):
        folder = self.repository / "folder"
        folder.mkdir()
        (folder / "module.alloy").symlink_to(self.secret)
        self.commit()
        for path in ("../../../secret.alloy", "folder"):
            with self.subTest(path):
                (self.folder / "c.alloy").write_text(self.config(path))
                ended = subprocess.run(
                    [ALLOY, "run", self.folder / "c.alloy", f"--storage.path={self.folder}/storage",
                     "--server.http.listen-addr=127.0.0.1:0"],
                    capture_output=True, text=True, timeout=30)
                self.assertEqual(ended.returncode, 1)
                self.assertRegex(ended.stderr, "leads out of the repository|no such file")
                self.assertIn("Failed to evaluate node for config block", ended.stderr)


if __name__ == "__main__":
    unittest.main()
