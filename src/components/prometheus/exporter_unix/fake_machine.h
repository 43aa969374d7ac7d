// For tests: a machine made of files, and a scrape of it.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "components/prometheus/exporter_unix/node.h"

namespace alloy::prometheus::exporter_unix {

class FakeMachine {
 public:
  FakeMachine() {
    static int count = 0;
    path_ = std::filesystem::temp_directory_path() /
            fmt::format("exporter_unix_{}_{}", ::getpid(), ++count);
    for (const char* folder : {"proc", "sys", "root", "udev"}) {
      std::filesystem::create_directories(path_ / folder);
    }
  }
  ~FakeMachine() { std::filesystem::remove_all(path_); }
  FakeMachine(const FakeMachine&) = delete;
  FakeMachine& operator=(const FakeMachine&) = delete;

  // "proc/loadavg" and the like.
  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary | std::ios::trunc) << text;
  }
  void link(const std::string& name, const std::string& target) {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::filesystem::create_symlink(target, path_ / name);
  }
  void remove(const std::string& name) { std::filesystem::remove_all(path_ / name); }
  std::string path(const std::string& name) const { return (path_ / name).string(); }

  // The arguments with the machine's paths.
  Arguments here(std::string collector, Arguments arguments = {}) const {
    arguments.procfs_path = path("proc");
    arguments.sysfs_path = path("sys");
    arguments.rootfs_path = path("root");
    arguments.udev_data_path = path("udev");
    arguments.set_collectors = {std::move(collector)};
    return arguments;
  }
  std::shared_ptr<Node> node(std::string collector, Arguments arguments = {}) const {
    auto node = Node::create(here(std::move(collector), std::move(arguments)), {}, real_clock());
    REQUIRE_MESSAGE(node.has_value(), (node ? "" : node.error().message()));
    return *std::move(node);
  }
  std::string scrape(std::string collector, Arguments arguments = {}) const {
    return node(std::move(collector), std::move(arguments))->collect();
  }

 private:
  std::filesystem::path path_;
};

// Whether a line is there, as a whole.
inline bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).contains("\n" + line + "\n");
}

// The value of a series ("name{…}"); "none" if it isn't there.
inline std::string value_of(const std::string& text, const std::string& series) {
  const std::string all = "\n" + text;
  const size_t at = all.find("\n" + series + " ");
  if (at == std::string::npos) return "none";
  const size_t start = at + series.size() + 2;
  return all.substr(start, all.find('\n', start) - start);
}

inline std::string success(const std::string& text, std::string_view collector) {
  return value_of(text,
                  fmt::format("node_scrape_collector_success{{collector=\"{}\"}}", collector));
}

}  // namespace alloy::prometheus::exporter_unix
