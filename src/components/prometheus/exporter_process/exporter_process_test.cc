#include <algorithm>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "components/prometheus/exporter_process/groups.h"

namespace alloy::prometheus::exporter_process {
namespace {

namespace fs = std::filesystem;

// A proc file system with the processes of a test.
class FakeProc {
 public:
  FakeProc() : path_(fs::temp_directory_path() / fmt::format("exporter_process_{}", ::getpid())) {
    fs::create_directories(path_);
    write("stat", "cpu 1 2\nbtime 1000000\n");
  }
  ~FakeProc() { fs::remove_all(path_); }

  struct Process {
    int pid;
    int parent = 1;
    std::string name = "worker";
    std::string command_line = "/usr/bin/worker --shard 7";
    int user_ticks = 0;
    int start_ticks = 500;
  };
  void add(const Process& process) {
    const std::string folder = fmt::format("{}", process.pid);
    fs::create_directories(path_ / folder / "fd");
    write(folder + "/stat",
          fmt::format("{} ({}) S {} 1 1 0 -1 0 5 0 3 0 {} 20 0 0 20 0 1 0 {} 4096000 10\n",
                      process.pid, process.name, process.parent, process.user_ticks,
                      process.start_ticks));
    std::string line = process.command_line;
    std::ranges::replace(line, ' ', '\0');
    write(folder + "/cmdline", line + '\0');
    write(folder + "/status", "Uid:\t0\t0\t0\t0\nVmSwap:\t  2 kB\nvoluntary_ctxt_switches:\t9\n");
    write(folder + "/io", "read_bytes: 100\nwrite_bytes: 200\n");
    write(folder + "/limits", "Max open files            10                 20       files\n");
    write(folder + "/smaps_rollup", "Rss: 8 kB\nPss: 3 kB\nSwapPss: 1 kB\n");
    write(folder + "/fd/0", "");
  }
  void remove(int pid) { fs::remove_all(path_ / std::to_string(pid)); }
  ProcFileSystem open() const { return *ProcFileSystem::open(path_.string()); }

 private:
  void write(const std::string& name, const std::string& text) {
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  fs::path path_;
};

Groups groups_of(const FakeProc& proc, MatcherArguments rules, GroupOptions options = {}) {
  auto matcher = Matcher::create(std::move(rules));
  REQUIRE(matcher.has_value());
  return {proc.open(), {*std::move(matcher)}, options};
}

// "3" for the sample with these labels ({a="b",...}); "" if there is none.
std::string sample(Groups& groups, std::string_view name) {
  const std::string text = "\n" + write_exposition(groups.collect());
  const std::string line = fmt::format("\nnamedprocess_{} ", name);
  const size_t at = text.find(line);
  if (at == std::string::npos) return "";
  return text.substr(at + line.size(), text.find('\n', at + 1) - at - line.size());
}

TEST_CASE("prometheus.exporter.process adds up what the processes of a group use") {
  FakeProc proc;
  proc.add({.pid = 10});
  proc.add({.pid = 11, .start_ticks = 300});
  proc.add({.pid = 12, .name = "other", .command_line = "other"});
  Groups groups = groups_of(proc, {.comm = {"worker"}});
  REQUIRE(groups.update().has_value());
  CHECK(sample(groups, "namegroup_num_procs{groupname=\"worker\"}") == "2");
  CHECK(sample(groups, "namegroup_num_procs{groupname=\"other\"}") == "");
  CHECK(sample(groups, "namegroup_memory_bytes{groupname=\"worker\",memtype=\"virtual\"}") ==
        "8192000");
  CHECK(sample(groups, "namegroup_memory_bytes{groupname=\"worker\",memtype=\"swapped\"}") ==
        "4096");
  CHECK(sample(groups,
               "namegroup_memory_bytes{groupname=\"worker\",memtype=\"proportionalResident\"}") ==
        "6144");
  CHECK(sample(groups, "namegroup_open_filedesc{groupname=\"worker\"}") == "2");
  CHECK(sample(groups, "namegroup_worst_fd_ratio{groupname=\"worker\"}") == "0.1");
  CHECK(sample(groups, "namegroup_states{groupname=\"worker\",state=\"Sleeping\"}") == "2");
  CHECK(sample(groups, "namegroup_oldest_start_time_seconds{groupname=\"worker\"}") == "1000003");
  CHECK(sample(groups, "scrape_errors") == "0");
}

TEST_CASE("prometheus.exporter.process counts from the first look, and keeps what has ended") {
  FakeProc proc;
  proc.add({.pid = 10, .user_ticks = 1000});
  Groups groups = groups_of(proc, {.comm = {"worker"}});
  const std::string cpu = "namegroup_cpu_seconds_total{groupname=\"worker\",mode=\"user\"}";
  REQUIRE(groups.update().has_value());
  CHECK(sample(groups, cpu) == "0");
  const auto ticks = static_cast<int>(::sysconf(_SC_CLK_TCK));
  proc.add({.pid = 10, .user_ticks = 1000 + 2 * ticks});
  REQUIRE(groups.update().has_value());
  CHECK(sample(groups, cpu) == "2");
  proc.remove(10);
  proc.add({.pid = 12, .name = "other", .command_line = "other"});
  REQUIRE(groups.update().has_value());
  CHECK(sample(groups, cpu) == "2");
  CHECK(sample(groups, "namegroup_num_procs{groupname=\"worker\"}") == "0");
}

TEST_CASE("prometheus.exporter.process names groups by template and expression") {
  FakeProc proc;
  proc.add({.pid = 10});
  Groups groups = groups_of(proc, {.name = "{{.ExeBase}}-{{.Matches.shard}}-{{.PID}}",
                                   .exe = {"/usr/bin/worker"},
                                   .cmdline = {"--shard (?P<shard>\\d+)"}});
  REQUIRE(groups.update().has_value());
  CHECK(sample(groups, "namegroup_num_procs{groupname=\"worker-7-10\"}") == "1");
}

TEST_CASE("prometheus.exporter.process takes children into their parent's group if asked to") {
  FakeProc proc;
  proc.add({.pid = 10});
  proc.add({.pid = 11, .parent = 10, .name = "sh", .command_line = "sh"});
  proc.add({.pid = 12, .parent = 11, .name = "cat", .command_line = "cat"});
  Groups with = groups_of(proc, {.comm = {"worker"}});
  REQUIRE(with.update().has_value());
  CHECK(sample(with, "namegroup_num_procs{groupname=\"worker\"}") == "3");
  Groups without = groups_of(proc, {.comm = {"worker"}}, {.tracks_children = false});
  REQUIRE(without.update().has_value());
  CHECK(sample(without, "namegroup_num_procs{groupname=\"worker\"}") == "1");
}

TEST_CASE("prometheus.exporter.process forgets empty groups only if asked to") {
  FakeProc proc;
  proc.add({.pid = 10});
  Groups groups = groups_of(proc, {.comm = {"worker"}}, {.forgets_empty = true});
  REQUIRE(groups.update().has_value());
  proc.remove(10);
  proc.add({.pid = 12, .name = "other", .command_line = "other"});
  REQUIRE(groups.update().has_value());
  CHECK(sample(groups, "namegroup_num_procs{groupname=\"worker\"}") == "");
}

TEST_CASE("prometheus.exporter.process looks at processes again only if asked to") {
  FakeProc proc;
  proc.add({.pid = 10, .name = "starting"});
  Groups once = groups_of(proc, {.comm = {"worker"}});
  Groups again = groups_of(proc, {.comm = {"worker"}}, {.rechecks = true});
  REQUIRE(once.update().has_value());
  REQUIRE(again.update().has_value());
  proc.add({.pid = 10});
  REQUIRE(once.update().has_value());
  REQUIRE(again.update().has_value());
  CHECK(sample(once, "namegroup_num_procs{groupname=\"worker\"}") == "");
  CHECK(sample(again, "namegroup_num_procs{groupname=\"worker\"}") == "1");
}

TEST_CASE("prometheus.exporter.process refuses matchers that can't match") {
  const auto mistake = [](MatcherArguments rules) {
    const auto matcher = Matcher::create(std::move(rules));
    REQUIRE_FALSE(matcher.has_value());
    return matcher.error().message();
  };
  CHECK(mistake({}) == "process_names is invalid: no matchers provided");
  CHECK(
      mistake({.cmdline = {"("}})
          .starts_with("process_names is invalid: bad cmdline regex \"(\": error parsing regexp"));
  CHECK(mistake({.name = "{{", .comm = {"x"}})
            .starts_with("process_names is invalid: bad name template \"{{\": "));
}

}  // namespace
}  // namespace alloy::prometheus::exporter_process
