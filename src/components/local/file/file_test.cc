#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "values/secret.h"

namespace alloy {

extern const ComponentType local_file;

namespace {

// A file in a folder of its own.
struct TestFile {
  TestFile() {
    char name[] = "/tmp/local_file.XXXXXX";
    folder = mkdtemp(name);
    path = folder + "/text";
  }
  ~TestFile() { std::filesystem::remove_all(folder); }
  void write(std::string_view text) const { std::ofstream(path) << text; }
  std::string arguments(std::string_view more = "") const {
    return fmt::format("filename = \"{}\"\n{}\n", path, more);
  }
  std::string folder;
  std::string path;
};

std::string content_of(const ComponentHarness& harness) {
  const Value exports = harness.exports_value();
  return exports.is_object() ? exports.as_object()->find("content")->secret()->text() : "";
}

}  // namespace

TEST_CASE("local.file exports what the file contains, as a secret where asked to") {
  const TestFile file;
  file.write("one\n");
  ComponentHarness harness(local_file);
  REQUIRE(harness.update(file.arguments()));
  CHECK(content_of(harness) == "one\n");
  CHECK(!harness.exports_value().as_object()->find("content")->secret()->is_secret());
  CHECK(harness.health().message == "read file");
  CHECK(harness.metric("local_file_timestamp_last_accessed_unix_seconds") == 1893456000);
  REQUIRE(harness.update(file.arguments("is_secret = true")));
  CHECK(harness.exports_value().as_object()->find("content")->secret()->is_secret());
}

TEST_CASE("local.file follows changes, and a file that is replaced or appears again") {
  const TestFile file;
  file.write("one");
  ComponentHarness harness(local_file);
  REQUIRE(harness.update(file.arguments()));
  harness.start();
  file.write("two");
  CHECK(harness.wait_until([&] { return content_of(harness) == "two"; }));

  std::filesystem::remove(file.path);
  CHECK(harness.wait_until([&] { return harness.health().state == HealthState::unhealthy; }));
  CHECK(harness.health().message ==
        "failed to read file: open " + file.path + ": no such file or directory");
  CHECK(content_of(harness) == "two");

  std::ofstream(file.path + ".new") << "three";
  std::filesystem::rename(file.path + ".new", file.path);
  CHECK(harness.wait_until([&] { return content_of(harness) == "three"; }));
  CHECK(harness.health().state == HealthState::healthy);
}

TEST_CASE("local.file notices by polling what its detector can't see") {
  const TestFile file;
  file.write("one");
  ComponentHarness harness(local_file);
  REQUIRE(harness.update(file.arguments("detector = \"poll\"\npoll_frequency = \"5m\"")));
  harness.start();
  CHECK(harness.wait_until([&] { return harness.clock().sleepers() == 1; }));
  file.write("two");
  harness.clock().advance(5min);
  CHECK(harness.wait_until([&] { return content_of(harness) == "two"; }));
}

TEST_CASE("local.file goes on with the old file when the new one can't be read") {
  const TestFile file;
  file.write("one");
  ComponentHarness harness(local_file);
  REQUIRE(harness.update(file.arguments()));
  harness.start();
  CHECK(harness.update("filename = \"/none/at/all\"").error().message() ==
        "failed to read file: open /none/at/all: no such file or directory");
  file.write("two");
  CHECK(harness.wait_until([&] { return content_of(harness) == "two"; }));
}

TEST_CASE("local.file refuses a missing file, another detector and no time between polls") {
  const TestFile file;
  ComponentHarness harness(local_file);
  CHECK(harness.update(file.arguments()).error().message() ==
        "failed to read file: open " + file.path + ": no such file or directory");
  CHECK(harness.update(file.arguments("detector = \"guess\"")).error().message() ==
        "test:2:12: \"guess\" unrecognized detector \"guess\", expected fsnotify or poll");
  CHECK(harness.update(file.arguments("poll_frequency = \"0s\"")).error().message() ==
        "poll_frequency must be greater than 0");
}

}  // namespace alloy
