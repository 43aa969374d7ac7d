#include "components/loki/source_file/rotated_files.h"

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

namespace alloy::loki::source_file {
namespace {

struct TestFolder {
  TestFolder() {
    char name[] = "/tmp/rotated.XXXXXX";
    path = mkdtemp(name);
  }
  ~TestFolder() { std::filesystem::remove_all(path); }
  void write(const std::string& name, std::string_view text) const {
    std::ofstream(path + "/" + name) << text;
  }
  std::string path;
};

}  // namespace

TEST_CASE("the names that rotation gives are known") {
  for (const char* name : {"app.log.1", "app.log-20240131", "app-2024-01-31.log", "app.2.log",
                           "app.log.old", "app.log.2024-01-31T10:00:00Z"}) {
    CAPTURE(name);
    CHECK(is_rotated_name("app.log", name));
  }
  for (const char* name : {"app.log", "app.log.1.gz", "other.log.1", "app-error.log", "app.logs.1",
                           "app.log.tmp", "app.log.", "app"}) {
    CAPTURE(name);
    CHECK_FALSE(is_rotated_name("app.log", name));
  }
  CHECK(is_rotated_name("messages", "messages.1"));
  CHECK_FALSE(is_rotated_name(".log", "1.log"));
}

TEST_CASE("a renamed file is found by its inode and what it begins with") {
  const TestFolder folder;
  folder.write("a.log", "one\n");
  const auto file = open_file(folder.path + "/a.log");
  const auto info = inspect(file->get());
  const Head head = Head::of_file(file->get(), 4);
  std::filesystem::rename(folder.path + "/a.log", folder.path + "/elsewhere");
  const auto found = find_renamed(folder.path + "/a.log", {.inode = info->inode, .head = head});
  REQUIRE(found);
  CHECK(found->path == folder.path + "/elsewhere");
  const auto finds = [&](const Identity& identity) {
    return find_renamed(folder.path + "/a.log", identity).has_value();
  };
  const Inode inode = info->inode;
  CHECK_FALSE(finds({.inode = inode, .head = Head::of("two\n")}));
  CHECK(finds({.inode = inode, .born_max_ns = info->born_ns}));
  CHECK_FALSE(finds({.inode = inode, .born_max_ns = info->born_ns - 1}));
  if (info->is_birth_known) {
    CHECK(finds({.inode = inode, .head = head, .born_ns = info->born_ns}));
    CHECK_FALSE(finds({.inode = inode, .head = head, .born_ns = info->born_ns - 1}));
  }
  CHECK(finds({.inode = inode, .head = head, .print = Print::of("ne\n", 4)}));
  CHECK_FALSE(finds({.inode = inode, .head = head, .print = Print::of("no\n", 4)}));
}

TEST_CASE("copies must be long enough, and those in between are told by when they were made") {
  const TestFolder folder;
  const std::string path = folder.path + "/a.log";
  folder.write("a.log", "new\n");
  folder.write("a.log.1", "one\ntwo\n");
  folder.write("a.log.2", "one\n");
  const auto begins_alike = [](const FoundFile& file) {
    return Head::of("one\n").matches(file.file.get());
  };
  const auto copy = find_copy(path, 6, Inode(), begins_alike);
  REQUIRE(copy);
  CHECK(copy->path == path + ".1");
  CHECK_FALSE(find_copy(path, 9, Inode(), begins_alike));
  CHECK_FALSE(find_copy(path, 6, copy->info.inode, begins_alike));
  const int64_t born = copy->info.born_ns;
  CHECK(find_between(path, born, born + 3'600'000'000'000).size() >= 1);
  CHECK(find_between(path, born + 3'600'000'000'000, born + 7'200'000'000'000).empty());
}

TEST_CASE("files begin alike up to a size") {
  const TestFolder folder;
  folder.write("a", "one\ntwo\n");
  folder.write("b", "one\nthree\n");
  const auto a = open_file(folder.path + "/a");
  const auto b = open_file(folder.path + "/b");
  CHECK(begin_alike(a->get(), b->get(), 5));
  CHECK_FALSE(begin_alike(a->get(), b->get(), 6));
  CHECK_FALSE(begin_alike(a->get(), a->get(), 9));
}

}  // namespace alloy::loki::source_file
