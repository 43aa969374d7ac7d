#include "app/seed.h"

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

namespace alloy::app {
namespace {

// A folder that is removed with everything in it.
struct TemporaryFolder {
  std::filesystem::path path;

  TemporaryFolder() {
    std::string name = std::filesystem::temp_directory_path() / "alloy-seed-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
};

}  // namespace

TEST_CASE("the installation keeps its id across restarts") {
  const TemporaryFolder folder;
  const std::string storage = folder.path / "not" / "there" / "yet";
  const Seed first = load_seed(storage, "v1", real_clock());
  CHECK(first.is_written.has_value());
  CHECK(first.uid.size() == 36);
  CHECK(first.uid[14] == '4');
  CHECK(load_seed(storage, "v2", real_clock()).uid == first.uid);
}

TEST_CASE("a seed file that is no JSON is replaced") {
  const TemporaryFolder folder;
  std::ofstream(folder.path / "alloy_seed.json") << "{\"UID\":";
  const Seed seed = load_seed(folder.path, "v1", real_clock());
  CHECK(seed.uid.size() == 36);
  CHECK(load_seed(folder.path, "v1", real_clock()).uid == seed.uid);
}

TEST_CASE("without a place to keep it there is an id all the same, and a reason") {
  const TemporaryFolder folder;
  std::ofstream(folder.path / "file") << "";
  const Seed seed = load_seed(folder.path / "file" / "below", "v1", real_clock());
  CHECK(seed.uid.size() == 36);
  REQUIRE_FALSE(seed.is_written.has_value());
  CHECK(seed.is_written.error().message().starts_with("open "));
}

}  // namespace alloy::app
