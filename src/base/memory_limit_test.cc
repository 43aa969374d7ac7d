#include "base/memory_limit.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <unistd.h>

#include <doctest/doctest.h>

namespace alloy {
namespace {

// A machine with these files and environment variables.
struct Machine {
  std::string root =
      std::filesystem::temp_directory_path() / ("memory_limit_test." + std::to_string(::getpid()));
  std::map<std::string, std::string> variables = {{"AUTOMEMLIMIT", "0.9"}};

  ~Machine() { std::filesystem::remove_all(root); }
  void file(const std::string& path, std::string_view text) {
    std::filesystem::create_directories(std::filesystem::path(root + path).parent_path());
    std::ofstream(root + path) << text;
  }
  Result<MemoryLimit> limit() const {
    return find_memory_limit({.variable = [this](const char* name) -> std::optional<std::string> {
                                const auto found = variables.find(name);
                                return found == variables.end() ? std::nullopt
                                                                : std::optional(found->second);
                              },
                              .root = root});
  }
  uint64_t bytes() const { return limit().value().bytes; }
  void unified(std::string_view group) {
    file("/proc/self/mountinfo",
         "25 30 0:23 / /proc rw - proc proc rw\n30 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 "
         "rw\n");
    file("/proc/self/cgroup", "0::" + std::string(group) + "\n");
  }
};

TEST_CASE("GOMEMLIMIT is read as Go reads it") {
  CHECK(parse_memory_limit("1048576") == 1048576);
  CHECK(parse_memory_limit("512MiB") == uint64_t{512} << 20);
  CHECK(parse_memory_limit("2GiB") == uint64_t{2} << 30);
  CHECK(parse_memory_limit("3KiB") == 3072);
  CHECK(parse_memory_limit("7B") == 7);
  CHECK(parse_memory_limit("1TiB") == uint64_t{1} << 40);
  CHECK(parse_memory_limit("off") == 0);
  for (const char* wrong : {"", "1GB", "1.5GiB", "-1", "MiB", "10 MiB", "9999999TiB"})
    CHECK_FALSE(parse_memory_limit(wrong).has_value());
}

TEST_CASE("GOMEMLIMIT goes before the control group, and off turns both off") {
  Machine machine;
  machine.unified("/");
  machine.file("/sys/fs/cgroup/memory.max", "1000000\n");
  machine.variables["GOMEMLIMIT"] = "300MiB";
  CHECK(machine.bytes() == uint64_t{300} << 20);
  CHECK(machine.limit()->source == "GOMEMLIMIT");
  machine.variables["GOMEMLIMIT"] = "off";
  CHECK(machine.bytes() == 0);
  machine.variables["GOMEMLIMIT"] = "much";
  CHECK_FALSE(machine.limit().has_value());
}

TEST_CASE("nine tenths of the control group's limit are the limit") {
  Machine machine;
  machine.unified("/");
  machine.file("/sys/fs/cgroup/memory.max", "1000000\n");
  CHECK(machine.bytes() == 900000);
  CHECK(machine.limit()->source == "cgroup");
  machine.variables["AUTOMEMLIMIT"] = "0.5";
  CHECK(machine.bytes() == 500000);
  machine.variables["AUTOMEMLIMIT"] = "off";
  CHECK(machine.bytes() == 0);
  machine.variables.erase("AUTOMEMLIMIT");
  CHECK(machine.bytes() == 0);
  machine.variables["AUTOMEMLIMIT"] = "1.5";
  CHECK_FALSE(machine.limit().has_value());
}

TEST_CASE("the lowest limit of the groups around counts") {
  Machine machine;
  machine.unified("/system.slice/alloy.service");
  machine.file("/sys/fs/cgroup/system.slice/memory.max", "2000000\n");
  machine.file("/sys/fs/cgroup/system.slice/alloy.service/memory.max", "max\n");
  CHECK(machine.bytes() == 1800000);
  machine.file("/sys/fs/cgroup/system.slice/alloy.service/memory.max", "1000000\n");
  CHECK(machine.bytes() == 900000);
}

TEST_CASE("control groups of version 1 are read, as a container mounts them too") {
  Machine machine;
  machine.file("/proc/self/mountinfo",
               "31 30 0:27 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n");
  machine.file("/proc/self/cgroup", "5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n0::/\n");
  machine.file("/sys/fs/cgroup/memory/memory.limit_in_bytes", "500000\n");
  CHECK(machine.bytes() == 450000);
  machine.file("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  CHECK(machine.bytes() == 0);
}

TEST_CASE("without any limit there is none, unless the machine's memory is asked to be it") {
  Machine machine;
  machine.file("/proc/meminfo", "MemTotal:        1000 kB\nMemFree: 5 kB\n");
  CHECK(machine.bytes() == 0);
  machine.variables["AUTOMEMLIMIT_EXPERIMENT"] = "system";
  CHECK(machine.bytes() == 921600);
  CHECK(machine.limit()->source == "system");
}

TEST_CASE("what is resident is known") { CHECK(resident_bytes() > 100'000); }

}  // namespace
}  // namespace alloy
