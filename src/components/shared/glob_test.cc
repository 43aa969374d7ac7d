#include "components/shared/glob.h"

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

namespace alloy {
namespace {

bool matches(std::string_view pattern, std::string_view path) {
  const auto glob = Glob::parse(pattern);
  REQUIRE(glob);
  return glob->matches(path);
}

struct TestFolder {
  TestFolder() {
    char name[] = "/tmp/glob.XXXXXX";
    path = mkdtemp(name);
  }
  ~TestFolder() { std::filesystem::remove_all(path); }
  // The paths found, joined, with the folder left out.
  std::string find(const std::string& pattern) const {
    std::string out;
    for (const std::string& found : Glob::parse(path + pattern)->find())
      out += found.substr(path.size()) + " ";
    return out;
  }
  std::string path;
};

}  // namespace

TEST_CASE("stars, question marks and sets stop at slashes") {
  CHECK(matches("/a/*.log", "/a/b.log"));
  CHECK(matches("/a/*.log", "/a/.log"));
  CHECK_FALSE(matches("/a/*.log", "/a/b/c.log"));
  CHECK_FALSE(matches("/a/*", "/a"));
  CHECK(matches("/a/?", "/a/ä"));
  CHECK_FALSE(matches("/a/?", "/a/bb"));
  CHECK(matches("/[a-c]x", "/bx"));
  CHECK_FALSE(matches("/[^a-c]x", "/bx"));
  CHECK(matches("/[!a-c]x", "/dx"));
  CHECK(matches("/*a*b", "/xxaxxabb"));
  CHECK(matches("/\\*", "/*"));
  CHECK_FALSE(matches("/\\*", "/a"));
}

TEST_CASE("two stars stand for any number of directories, but only between slashes") {
  CHECK(matches("/a/**/b", "/a/b"));
  CHECK(matches("/a/**/b", "/a/x/y/b"));
  CHECK(matches("/a/**", "/a"));
  CHECK(matches("/a/**", "/a/x/y"));
  CHECK(matches("/**/c/**/d", "/b/c/d"));
  CHECK_FALSE(matches("/a**b", "/a/b"));
  CHECK(matches("/a**b", "/axb"));
}

TEST_CASE("braces hold alternatives, which may nest and contain slashes") {
  CHECK(matches("/{a,b/c}/*.{log,txt}", "/b/c/x.txt"));
  CHECK(matches("/{a{1,2},b}", "/a2"));
  CHECK_FALSE(matches("/{a,b}", "/c"));
  CHECK(matches("/x{,.old}", "/x"));
}

TEST_CASE("patterns that mean nothing are refused") {
  for (const char* pattern : {"[", "[]", "[a", "{a", "a}", "\\", "[a-]", "[-a]"}) {
    CAPTURE(pattern);
    CHECK_FALSE(Glob::parse(pattern));
  }
  std::string many;
  for (int i = 0; i < 20; ++i) many += "{a,b}";
  CHECK(Glob::parse(many).error().message() == "pattern with too many alternatives");
}

TEST_CASE("find walks by name, includes hidden files and follows links without going in circles") {
  const TestFolder folder;
  for (const char* name : {"/b/2.log", "/b/1.log", "/a/.h.log", "/a/deep/3.log"}) {
    const std::filesystem::path file = folder.path + name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << "x";
  }
  std::filesystem::create_directory_symlink(folder.path, folder.path + "/a/round");
  CHECK(folder.find("/*/*.log") == "/a/.h.log /b/1.log /b/2.log ");
  CHECK(folder.find("/**/*.log") == "/a/.h.log /a/deep/3.log /b/1.log /b/2.log ");
  CHECK(folder.find("/b/**") == "/b /b/1.log /b/2.log ");
  CHECK(folder.find("/b/1.log") == "/b/1.log ");
  CHECK(folder.find("/none/*").empty());
  CHECK(folder.find("/b/{1,2,1}.log") == "/b/1.log /b/2.log ");
  CHECK(folder.find("//b/./x/../1.log") == "/b/1.log ");
}

}  // namespace alloy
