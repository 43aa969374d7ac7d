#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "signals/targets.h"

namespace alloy {

extern const ComponentType local_file_match;

namespace {

struct TestFolder {
  TestFolder() {
    char name[] = "/tmp/file_match.XXXXXX";
    path = mkdtemp(name);
  }
  ~TestFolder() { std::filesystem::remove_all(path); }
  void write(const std::string& name) const {
    const std::filesystem::path file = path + "/" + name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << "x";
  }
  std::string path;
};

// The exported targets, each as name=value pairs with the folder left out.
std::string targets_of(const ComponentHarness& harness, const std::string& folder) {
  std::string out;
  const Value exports = harness.exports_value();
  if (!exports.is_object()) return "none";
  const Value* targets = exports.as_object()->find("targets");
  for (size_t i = 0; i < targets->as_array()->size(); ++i) {
    const auto target = to_target(targets->as_array()->at(i));
    for (const Label& label : target->labels())
      out += fmt::format("{}={} ", label.name, label.value);
    out += "; ";
  }
  for (size_t at = 0; (at = out.find(folder)) != std::string::npos;) out.erase(at, folder.size());
  return out;
}

}  // namespace

TEST_CASE("local.file_match exports a target for each file, without directories and exclusions") {
  const TestFolder folder;
  for (const char* name : {"b.log", "a.log", "sub/c.log", "skip/d.log", "e.txt"})
    folder.write(name);
  ComponentHarness harness(local_file_match);
  REQUIRE(harness.update(fmt::format(
      R"(path_targets = [
           {{"__path__" = "{0}/**/*.log", "__path_exclude__" = "{0}/skip/*", "job" = "j"}},
           {{"__path__" = "{0}/*"}},
           {{"__path__" = "[bad"}},
         ])",
      folder.path)));
  harness.start();
  REQUIRE(harness.wait_until([&] { return harness.exports_count() == 1; }));
  const std::string exclude = "__path_exclude__=/skip/* ";
  CHECK(targets_of(harness, folder.path) ==
        "__path__=/a.log " + exclude + "job=j ; __path__=/b.log " + exclude +
            "job=j ; __path__=/sub/c.log " + exclude +
            "job=j ; __path__=/a.log ; __path__=/b.log ; __path__=/e.txt ; ");
}

TEST_CASE("local.file_match notices new files with the next sync, and new arguments at once") {
  const TestFolder folder;
  folder.write("a.log");
  ComponentHarness harness(local_file_match);
  REQUIRE(
      harness.update(fmt::format(R"(path_targets = [{{"__path__" = "{}/*.log"}}])", folder.path)));
  harness.start();
  REQUIRE(harness.wait_until([&] { return harness.clock().sleepers() == 1; }));
  folder.write("b.log");
  harness.clock().advance(10s);
  CHECK(harness.wait_until(
      [&] { return targets_of(harness, folder.path) == "__path__=/a.log ; __path__=/b.log ; "; }));
  REQUIRE(harness.update(fmt::format(R"(path_targets = [{{"__path__" = "{}/b*"}}])", folder.path)));
  CHECK(
      harness.wait_until([&] { return targets_of(harness, folder.path) == "__path__=/b.log ; "; }));
}

TEST_CASE("local.file_match leaves out files that have not changed for long") {
  const TestFolder folder;
  folder.write("old.log");
  folder.write("new.log");
  std::filesystem::last_write_time(
      folder.path + "/old.log",
      std::filesystem::file_time_type::clock::now() - std::chrono::hours(2));
  ComponentHarness harness(local_file_match);
  REQUIRE(
      harness.update(fmt::format("path_targets = [{{\"__path__\" = \"{}/*\"}}]\n"
                                 "ignore_older_than = \"1h\"",
                                 folder.path)));
  harness.start();
  REQUIRE(harness.wait_until([&] { return harness.exports_count() == 1; }));
  CHECK(targets_of(harness, folder.path) == "__path__=/new.log ; ");
}

TEST_CASE("local.file_match refuses a sync period of zero") {
  ComponentHarness harness(local_file_match);
  CHECK(harness.update("path_targets = []\nsync_period = \"0s\"").error().message() ==
        "sync_period must be greater than 0");
}

}  // namespace alloy
