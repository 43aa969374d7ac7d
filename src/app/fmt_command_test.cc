#include "app/fmt_command.h"

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "base/file.h"

namespace alloy::app {
namespace {

// What a run printed and ended with.
struct Ran {
  std::string out;
  std::string err;
  std::string error;
  int status = 0;
};

Ran run(const FmtOptions& options, std::string input = "") {
  Ran ran;
  Console console{.out = [&](std::string_view text) { ran.out += text; },
                  .err = [&](std::string_view text) { ran.err += text; },
                  .read_in = [&] { return input; }};
  const auto status = run_fmt(options, console);
  if (status) {
    ran.status = *status;
  } else {
    ran.error = status.error().message();
  }
  return ran;
}

// A file that is gone at the end of the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view content)
      : path_(std::filesystem::temp_directory_path() /
              fmt::format("fmt_command_test_{}.alloy", ::getpid())) {
    std::ofstream(path_) << content;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  std::string path() const { return path_.string(); }
  std::string content() const { return *read_file(path()); }

 private:
  std::filesystem::path path_;
};

TEST_CASE("fmt prints standard input in the standard layout") {
  CHECK(run({}, "a=1").out == "a = 1\n");
  CHECK(run({}, "").out == "\n");
}

TEST_CASE("fmt -w rewrites the file, and only if it changes") {
  const TemporaryFile file("a=1\n");
  std::filesystem::permissions(file.path(), std::filesystem::perms(0640));
  CHECK(run({.path = file.path(), .write = true}).out.empty());
  CHECK(file.content() == "a = 1\n");
  CHECK(std::filesystem::status(file.path()).permissions() == std::filesystem::perms(0640));
  const auto written = std::filesystem::last_write_time(file.path());
  run({.path = file.path(), .write = true});
  CHECK(std::filesystem::last_write_time(file.path()) == written);
}

TEST_CASE("fmt -t tells whether the layout would change") {
  CHECK(run({.test = true}, "a = 1\n").error.empty());
  const Ran changed = run({.test = true}, "a=1\n");
  CHECK(changed.error == "file <stdin> is not formatted correctly");
  CHECK(changed.out.empty());
}

TEST_CASE("fmt --diff shows what would change") {
  CHECK(run({.diff = true}, "a=1\n").out ==
        "--- <stdin>\n+++ <stdin> (formatted)\n@@ -1 +1 @@\n-a=1\n+a = 1\n");
  CHECK(run({.diff = true}, "a = 1\n").out.empty());
  CHECK(run({.test = true, .diff = true}, "a=1\n").error.starts_with("file <stdin>"));
}

TEST_CASE("fmt reports syntax errors without a snippet") {
  const Ran ran = run({}, "a = \n");
  CHECK(ran.err == "<stdin>:2:1: expected expression, got EOF\n");
  CHECK(ran.error == "encountered errors during formatting");
}

TEST_CASE("fmt refuses what makes no sense") {
  CHECK(run({.write = true}).error == "cannot use -w with standard input");
  CHECK(run({.path = "x", .write = true, .test = true}).error ==
        "cannot use -w/--write and -t/--test at the same time");
  CHECK(run({.path = "/"}).error == "cannot format a directory");
  CHECK(run({.path = "/no/such"}).error == "stat /no/such: no such file or directory");
}

}  // namespace
}  // namespace alloy::app
