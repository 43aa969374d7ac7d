#include "components/loki/source_file/read_marks.h"

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

namespace alloy::loki::source_file {
namespace {

struct TestFolder {
  TestFolder() {
    char name[] = "/tmp/read_marks.XXXXXX";
    path = mkdtemp(name);
  }
  ~TestFolder() { std::filesystem::remove_all(path); }
  std::string path;
};

}  // namespace

TEST_CASE("read marks survive whoever wrote them") {
  const TestFolder folder;
  const std::string path = folder.path + "/marks";
  const PositionKey key{"/a.log", "{}"};
  {
    auto marks = ReadMarks::open(path);
    REQUIRE(marks);
    for (int i = 0; i < 2000; ++i)
      REQUIRE((*marks)->add({fmt::format("/{}", i), "{}"}, {1, 2}, {}, i));
    auto mark = (*marks)->add(key, {7, 8}, Head::of("hello"), 5);
    REQUIRE(mark);
    mark->set_offset(42);
    mark->set_publishing(42);
  }
  auto marks = ReadMarks::open(path);
  REQUIRE(marks);
  const auto found = (*marks)->find(key);
  REQUIRE(found.size() == 1);
  CHECK(found[0].offset() == 42);
  CHECK(found[0].inode() == Inode{7, 8});
  CHECK(found[0].head() == Head::of("hello"));
  CHECK(found[0].agrees_with(42));
  CHECK(found[0].agrees_with(ReadMark::unpublished));
  CHECK_FALSE(found[0].agrees_with(41));
  CHECK((*marks)->find({"/1999", "{}"})[0].offset() == 1999);
  CHECK((*marks)->find({"/1999", "{a}"}).empty());
}

TEST_CASE("read marks are found by path, by inode and labels, and can move") {
  const TestFolder folder;
  auto marks = ReadMarks::open(folder.path + "/marks");
  REQUIRE(marks);
  const auto older = (*marks)->add({"/a", "{x}"}, {1, 10}, {}, 1);
  const auto newer = (*marks)->add({"/a", "{x}"}, {1, 11}, {}, 2);
  REQUIRE(older);
  REQUIRE(newer);
  CHECK((*marks)->find_path("/a").size() == 2);
  CHECK((*marks)->find({"/a", "{x}"})[1].offset() == 2);
  CHECK((*marks)->find_inode({1, 10}, "{x}").size() == 1);
  CHECK((*marks)->find_inode({1, 10}, "{y}").empty());
  (*marks)->move(*older, {"/b", "{y}"});
  CHECK((*marks)->find_path("/a").size() == 1);
  CHECK((*marks)->find_inode({1, 10}, "{y}").size() == 1);
  CHECK((*marks)->has_path(*older, "/b"));
  (*marks)->set_inode(*newer, {.inode = {1, 12}});
  CHECK((*marks)->find_inode({1, 12}, "{x}").size() == 1);
  (*marks)->free(*older);
  CHECK((*marks)->find_path("/b").empty());
}

TEST_CASE("a file that holds something else becomes an empty one") {
  const TestFolder folder;
  std::ofstream(folder.path + "/marks") << std::string(100000, 'x');
  auto marks = ReadMarks::open(folder.path + "/marks");
  REQUIRE(marks);
  CHECK((*marks)->find_path("/a").empty());
  CHECK((*marks)->add({"/a", "{}"}, {1, 2}, {}, 3));
}

TEST_CASE("the head of a file tells it from others while it grows") {
  const TestFolder folder;
  const std::string path = folder.path + "/a";
  std::ofstream(path) << "one\ntwo\n";
  const auto file = open_file(path);
  REQUIRE(file);
  const Head head = Head::of_file(file->get(), 8);
  CHECK(head.size() == 8);
  std::ofstream(path, std::ios::app) << "three\n";
  CHECK(head.matches(file->get()));
  std::ofstream(path) << "uno\ntwo\nthree\n";
  CHECK_FALSE(head.matches(file->get()));
  CHECK(Head::of_file(file->get(), 100).empty());
  CHECK(Head::of(std::string(5000, 'x')).size() == 1024);
}

TEST_CASE("all marks count as long as nobody else has written positions.yml") {
  const TestFolder folder;
  const std::string path = folder.path + "/marks";
  {
    auto marks = *ReadMarks::open(path, 0);
    auto mark = marks->add({"/a.log", "{}"}, {7, 8}, Head::of("hello"), 5);
    REQUIRE(mark);
    CHECK(marks->agree(*mark, 42));
    marks->set_published(1);
    marks->set_publishing(2);
  }
  for (const uint64_t text : {1, 2}) {
    const auto marks = *ReadMarks::open(path, text);
    CHECK(marks->agree(marks->find({"/a.log", "{}"})[0], 42));
  }
  const auto marks = *ReadMarks::open(path, 3);
  CHECK_FALSE(marks->agree(marks->find({"/a.log", "{}"})[0], 42));
}

}  // namespace alloy::loki::source_file
