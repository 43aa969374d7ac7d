#include "base/file.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "base/executor.h"

namespace alloy {
namespace {

struct Folder {
  Folder() {
    char name[] = "/tmp/file_test.XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string write(const std::string& name, std::string_view text) const {
    std::ofstream(path + "/" + name) << text;
    return path + "/" + name;
  }
  std::string path;
};

Task<> watch(std::string directory, std::vector<std::string>* names, Event* seen, StopToken stop,
             Result<>* result, std::atomic<bool>* ended) {
  const auto on_change = [names, seen](std::string_view name) {
    names->emplace_back(name);
    seen->notify();
  };
  *result = co_await watch_directory(std::move(directory), on_change, std::move(stop));
  *ended = true;
  seen->notify();
}

Task<> write_and_wait(const Folder* folder, Event* seen, StopSource* stop) {
  co_await seen->wait(StopToken{});
  folder->write("a", "x");
  co_await seen->wait(StopToken{});
  stop->request_stop();
}

Task<> remove_and_wait(const Folder* folder, Event* seen, std::atomic<bool>* ended) {
  co_await seen->wait(StopToken{});
  std::filesystem::remove_all(folder->path);
  while (!*ended) co_await seen->wait(StopToken{}, 5s);
}

}  // namespace

TEST_CASE("a file is read whole, and what can't be read says why as Go does") {
  const Folder folder;
  CHECK(read_file(folder.write("text", "a\nb")) == "a\nb");
  CHECK(read_file(folder.path + "/none").error().message() ==
        "open " + folder.path + "/none: no such file or directory");
  CHECK(read_file(folder.path + "/none").error().kind() == ErrorKind::not_found);
  CHECK(read_file(folder.path).error().message() == "read " + folder.path + ": is a directory");
  CHECK(read_file(folder.write("large", "12345"), 4).error().kind() == ErrorKind::full);
}

TEST_CASE("a directory's changes are told until asked to stop") {
  const Folder folder;
  Executor executor(2);
  TaskGroup group(executor.any());
  std::vector<std::string> names;
  Event seen;
  StopSource stop;
  Result<> result;
  std::atomic<bool> ended = false;
  group.spawn(watch(folder.path, &names, &seen, stop.get_token(), &result, &ended));
  executor.run(write_and_wait(&folder, &seen, &stop));
  executor.run(group.join());
  CHECK(names.front().empty());
  CHECK(names.back() == "a");
  CHECK(result.has_value());
}

TEST_CASE("watching a directory that vanishes ends with an error") {
  const Folder folder;
  Executor executor(1);
  TaskGroup group(executor.any());
  std::vector<std::string> names;
  Event seen;
  Result<> result;
  std::atomic<bool> ended = false;
  group.spawn(watch(folder.path, &names, &seen, StopToken{}, &result, &ended));
  executor.run(remove_and_wait(&folder, &seen, &ended));
  executor.run(group.join());
  CHECK(result.error().kind() == ErrorKind::not_found);
}

}  // namespace alloy
