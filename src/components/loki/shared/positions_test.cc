#include "components/loki/shared/positions.h"

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "base/file.h"

namespace alloy::loki {
namespace {

struct TestFolder {
  TestFolder() {
    char name[] = "/tmp/positions.XXXXXX";
    path = mkdtemp(name);
  }
  ~TestFolder() { std::filesystem::remove_all(path); }
  std::string path;
};

}  // namespace

TEST_CASE("positions are written as Alloy does, and read back") {
  const Positions positions = {{{"/var/log/a.log", R"({b="x", job="j"})"}, "8"},
                               {{"/var/log/it's \n", "{}"}, "0"},
                               {{"cursor-x", "{}"}, "s=1;i=2"}};
  const std::string text = write_positions(positions);
  CHECK(
      text.starts_with("positions:\n  ? path: /var/log/a.log\n    labels: '{b=\"x\", job=\"j\"}'\n"
                       "  : \"8\"\n"));
  const auto again = parse_positions(text);
  REQUIRE(again);
  CHECK(*again == positions);
  CHECK(write_positions({}) == "positions: {}\n");
  CHECK(parse_positions("positions: {}\n")->empty());
  CHECK(parse_positions("")->empty());
}

TEST_CASE("what is no positions file is an error") {
  CHECK_FALSE(parse_positions("positions: [1]\n"));
  CHECK_FALSE(parse_positions("positions:\n  a: b\n"));
  CHECK_FALSE(parse_positions("\t{"));
  CHECK_FALSE(parse_legacy_positions("positions: [not, a, map]\n"));
}

TEST_CASE("a positions file remembers, forgets what is gone, and takes over the older format") {
  const TestFolder folder;
  const std::string path = folder.path + "/positions.yml";
  const std::string legacy = folder.path + "/old.yml";
  std::ofstream(legacy) << "positions:\n  /none/a.log: \"4\"\n  cursor-x: abc\n";
  auto file = PositionsFile::open(path, legacy);
  REQUIRE(file);
  CHECK((*file)->get({"/none/a.log", "{}"}) == "4");
  (*file)->put({legacy, "{}"}, "7");
  (*file)->forget_missing_files();
  REQUIRE((*file)->save());
  CHECK(std::filesystem::status(path).permissions() == std::filesystem::perms{0600});

  std::ofstream(legacy) << "positions:\n  /none/b.log: \"5\"\n";
  const auto again = PositionsFile::open(path, legacy);
  REQUIRE(again);
  CHECK((*again)->all() == Positions{{{legacy, "{}"}, "7"}, {{"cursor-x", "{}"}, "abc"}});
}

TEST_CASE("a positions file that can't be understood is refused, a missing one is empty") {
  const TestFolder folder;
  const std::string path = folder.path + "/positions.yml";
  CHECK((*PositionsFile::open(path))->all().empty());
  std::ofstream(path) << "positions: 3\n";
  CHECK(PositionsFile::open(path).error().message() ==
        "invalid yaml positions file [" + path + "]: positions: not a map");
}

}  // namespace alloy::loki
