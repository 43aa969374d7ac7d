#include "components/prometheus/exporter_process/process.h"

#include <algorithm>
#include <charconv>
#include <dirent.h>
#include <filesystem>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"

namespace alloy::prometheus::exporter_process {
namespace {

uint64_t number(std::string_view text) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string read_or_empty(const std::string& path) { return read_file(path).value_or(""); }

// The number behind "key:" at the start of a line, blanks left out.
std::optional<uint64_t> find_number(std::string_view text, std::string_view key) {
  for (std::string_view line : split(text, '\n')) {
    if (line.starts_with(key)) return number(trim(line.substr(key.size())));
  }
  return std::nullopt;
}

// The sum over all lines of the key, which count kB.
uint64_t sum_of_kilobytes(std::string_view text, std::string_view key) {
  uint64_t sum = 0;
  for (std::string_view line : split(text, '\n')) {
    if (line.starts_with(key)) sum += number(trim(line.substr(key.size()))) * 1024;
  }
  return sum;
}

// /proc/[pid]/stat: the name stands in brackets and may contain anything.
struct Stat {
  std::string name;
  std::vector<std::string_view> fields;  // From the state (the third one) on.
};

std::optional<Stat> parse_stat(std::string_view text) {
  const size_t open = text.find('(');
  const size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return std::nullopt;
  }
  Stat stat{std::string(text.substr(open + 1, close - open - 1)), {}};
  for (std::string_view field : split(trim(text.substr(close + 1)), ' ')) {
    stat.fields.push_back(field);
  }
  if (stat.fields.size() < 22) return std::nullopt;
  return stat;
}

Usage usage_of(const Stat& stat, std::string_view status, std::string_view io) {
  static const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto field = [&](size_t index) { return static_cast<double>(number(stat.fields[index])); };
  const auto value = [](std::optional<uint64_t> found) {
    return static_cast<double>(found.value_or(0));
  };
  return {.user_seconds = field(11) / ticks,
          .system_seconds = field(12) / ticks,
          .read_bytes = value(find_number(io, "read_bytes:")),
          .written_bytes = value(find_number(io, "write_bytes:")),
          .major_faults = field(9),
          .minor_faults = field(7),
          .voluntary_switches = value(find_number(status, "voluntary_ctxt_switches:")),
          .other_switches = value(find_number(status, "nonvoluntary_ctxt_switches:"))};
}

std::string waits_in(const std::string& folder) {
  std::string place = read_or_empty(folder + "/wchan");
  return place == "0" ? "" : place;
}

std::vector<int64_t> numbered_entries(const std::string& folder) {
  std::vector<int64_t> numbers;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (!name.empty() && name.find_first_not_of("0123456789") == std::string::npos) {
      numbers.push_back(static_cast<int64_t>(number(name)));
    }
  }
  std::ranges::sort(numbers);
  return numbers;
}

std::optional<ThreadState> read_thread(const std::string& folder, uint64_t id) {
  const std::string text = read_or_empty(folder + "/stat");
  const auto stat = parse_stat(text);
  if (!stat) return std::nullopt;
  return ThreadState{
      .id = id,
      .start_ticks = number(stat->fields[19]),
      .name = stat->name,
      .waits_in = waits_in(folder),
      .usage = usage_of(*stat, read_or_empty(folder + "/status"), read_or_empty(folder + "/io"))};
}

// How many descriptors are open; -1 if that is not for us to know.
int64_t count_open_files(const std::string& folder) {
  DIR* directory = ::opendir((folder + "/fd").c_str());
  if (directory == nullptr) return -1;
  int64_t count = 0;
  while (const dirent* entry = ::readdir(directory)) count += entry->d_name[0] != '.' ? 1 : 0;
  ::closedir(directory);
  return count;
}

void read_memory(const std::string& folder, std::string_view status, bool wants_proportional,
                 ProcessState& process) {
  process.swapped_bytes = find_number(status, "VmSwap:").value_or(0) * 1024;
  if (!wants_proportional) return;
  auto maps = read_file(folder + "/smaps_rollup");
  if (!maps) maps = read_file(folder + "/smaps");
  if (!maps) {
    process.is_partial = true;
    return;
  }
  process.proportional_bytes = sum_of_kilobytes(*maps, "Pss:");
  process.proportional_swapped_bytes = sum_of_kilobytes(*maps, "SwapPss:");
}

std::string user_name(uint64_t id) {
  char memory[4096];
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(static_cast<uid_t>(id), &entry, memory, sizeof memory, &found);
  return found != nullptr ? found->pw_name : fmt::format("{}", id);
}

}  // namespace

Usage& Usage::operator+=(const Usage& other) {
  user_seconds += other.user_seconds;
  system_seconds += other.system_seconds;
  read_bytes += other.read_bytes;
  written_bytes += other.written_bytes;
  major_faults += other.major_faults;
  minor_faults += other.minor_faults;
  voluntary_switches += other.voluntary_switches;
  other_switches += other.other_switches;
  return *this;
}

Usage Usage::operator-(const Usage& other) const {
  // What can no longer be read has not gone back.
  const auto since = [](double now, double then) { return std::max(now - then, 0.0); };
  return {since(user_seconds, other.user_seconds),
          since(system_seconds, other.system_seconds),
          since(read_bytes, other.read_bytes),
          since(written_bytes, other.written_bytes),
          since(major_faults, other.major_faults),
          since(minor_faults, other.minor_faults),
          since(voluntary_switches, other.voluntary_switches),
          since(other_switches, other.other_switches)};
}

Result<ProcFileSystem> ProcFileSystem::open(std::string path) {
  ProcFileSystem system;
  auto text = read_file(path + "/stat");
  if (!text) return std::unexpected(std::move(text).error());
  system.boot_seconds_ = static_cast<int64_t>(find_number(*text, "btime").value_or(0));
  system.path_ = std::move(path);
  return system;
}

Result<std::vector<int64_t>> ProcFileSystem::pids() const {
  auto numbers = numbered_entries(path_);
  if (numbers.empty()) return fail("no processes in " + path_);
  return numbers;
}

std::optional<ProcessId> ProcFileSystem::find(int64_t pid) const {
  const std::string text = read_or_empty(fmt::format("{}/{}/stat", path_, pid));
  const auto stat = parse_stat(text);
  if (!stat) return std::nullopt;
  return ProcessId{pid, number(stat->fields[19])};
}

std::optional<ProcessState> ProcFileSystem::read(int64_t pid, Wanted wanted) const {
  static const auto page_bytes = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::string folder = fmt::format("{}/{}", path_, pid);
  const std::string text = read_or_empty(folder + "/stat");
  const auto stat = parse_stat(text);
  if (!stat) return std::nullopt;
  const std::string status = read_or_empty(folder + "/status");
  const auto io = read_file(folder + "/io");
  ProcessState process{
      .id = {pid, number(stat->fields[19])},
      .parent_pid = static_cast<int64_t>(number(stat->fields[1])),
      .name = stat->name,
      .state = stat->fields[0].empty() ? '?' : stat->fields[0][0],
      .usage = usage_of(*stat, status, io.value_or("")),
      .resident_bytes = number(stat->fields[21]) * page_bytes,
      .virtual_bytes = number(stat->fields[20]),
      .open_files = count_open_files(folder),
      .open_files_max =
          find_number(read_or_empty(folder + "/limits"), "Max open files").value_or(0),
      .thread_count = number(stat->fields[17]),
      .waits_in = waits_in(folder),
      .is_partial = !io.has_value()};
  if (process.open_files < 0) process.is_partial = true;
  read_memory(folder, status, wanted.proportional_memory, process);
  if (!wanted.threads || process.thread_count < 2) return process;
  for (const int64_t id : numbered_entries(folder + "/task")) {
    auto thread = read_thread(fmt::format("{}/task/{}", folder, id), static_cast<uint64_t>(id));
    if (thread) process.threads.push_back(*std::move(thread));
  }
  return process;
}

int64_t ProcFileSystem::start_seconds(ProcessId id) const {
  static const auto ticks = static_cast<uint64_t>(::sysconf(_SC_CLK_TCK));
  return boot_seconds_ + static_cast<int64_t>(id.start_ticks / ticks);
}

ProcessIdentity ProcFileSystem::identify(const ProcessState& process) const {
  const std::string folder = fmt::format("{}/{}", path_, process.id.pid);
  ProcessIdentity identity{.pid = process.id.pid,
                           .parent_pid = process.parent_pid,
                           .name = process.name,
                           .start_seconds = start_seconds(process.id)};
  std::string line = read_or_empty(folder + "/cmdline");
  while (line.ends_with('\0')) line.pop_back();
  if (!line.empty()) {
    for (std::string_view word : split(line, '\0')) identity.command_line.emplace_back(word);
  }
  for (std::string_view group : split(read_or_empty(folder + "/cgroup"), '\n')) {
    const size_t colon = group.find(':', group.find(':') + 1);
    if (colon != std::string_view::npos) identity.cgroups.emplace_back(group.substr(colon + 1));
  }
  const std::string status = read_or_empty(folder + "/status");
  if (const auto id = find_number(status, "Uid:")) identity.user_name = user_name(*id);
  std::error_code error;
  identity.working_directory = std::filesystem::read_symlink(folder + "/cwd", error).string();
  return identity;
}

}  // namespace alloy::prometheus::exporter_process
