#include <filesystem>
#include <fstream>

#include "components/discovery/shared/fake_server.h"

namespace alloy {

extern const ComponentType discovery_file;

namespace discovery {
namespace {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "files.XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string path(std::string_view name) const { return path_ + "/" + std::string(name); }
  void write(std::string_view name, std::string_view text) const {
    std::ofstream(path(name), std::ios::trunc) << text;
  }
  std::string line(std::string_view address, std::string_view name) const {
    return fmt::format("{{__address__=\"{}\", __meta_filepath=\"{}\"}}\n", address, path(name));
  }

 private:
  std::string path_;
};

}  // namespace

TEST_CASE("discovery.file reads what matches and follows changes without waiting") {
  Folder folder;
  folder.write("a.json", R"([{"targets":["a:1"]}])");
  folder.write("b.yaml", "- targets: ['b:1']\n");
  folder.write("c.txt", "x");
  ComponentHarness harness(discovery_file);
  REQUIRE(harness.update(
      fmt::format("files = [\"{}\", \"{}\"]", folder.path("*.json"), folder.path("*.yaml"))));
  harness.start();
  const std::string b = folder.line("b:1", "b.yaml");
  CHECK(wait_for_targets(harness, folder.line("a:1", "a.json") + b));
  folder.write("a.json", R"([{"targets":["a:2"]}])");
  CHECK(wait_for_targets(harness, folder.line("a:2", "a.json") + b));
  std::filesystem::remove(folder.path("a.json"));
  CHECK(wait_for_targets(harness, b));
  CHECK(harness.metric("prometheus_sd_file_mtime_seconds") > 0);
}

TEST_CASE("discovery.file keeps what a file said before it broke") {
  Folder folder;
  folder.write("a.json", R"([{"targets":["old:1"]}])");
  ComponentHarness harness(discovery_file);
  REQUIRE(harness.update(fmt::format("files = [\"{}\"]", folder.path("*.json"))));
  harness.start();
  const std::string old = folder.line("old:1", "a.json");
  REQUIRE(wait_for_targets(harness, old));
  folder.write("a.json", R"([{"targets":)");
  folder.write("b.json", R"([{"targets":["new:1"]}])");
  CHECK(wait_for_targets(harness, folder.line("new:1", "b.json") + old));
  CHECK(harness.wait_until([&] {
    harness.clock().advance(1s);
    return harness.health().message.contains("a.json: cannot parse JSON");
  }));
  CHECK(harness.metric("prometheus_sd_file_read_errors_total") > 0);
}

}  // namespace discovery
}  // namespace alloy
