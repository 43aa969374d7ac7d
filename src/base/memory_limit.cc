// Where the limit comes from.
#include "base/memory_limit.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>
#include <vector>

#include "base/file.h"
#include "base/text.h"

namespace alloy {
namespace {

// A group of version 1 without a limit says a number near the largest one.
constexpr uint64_t unlimited = uint64_t{1} << 60;

std::optional<uint64_t> parse_number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::string read_or_empty(const std::string& path) { return read_file(path).value_or(""); }

std::optional<uint64_t> lower(std::optional<uint64_t> a, std::optional<uint64_t> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

// One file of a group: a number, or "max".
std::optional<uint64_t> limit_in(const std::string& file) {
  const auto value = parse_number(trim(read_or_empty(file)));
  return value && *value < unlimited ? value : std::nullopt;
}

// Where a hierarchy is mounted, and which of its groups that mount begins with.
struct Mount {
  std::string root;
  std::string point;
  bool is_unified = false;
};

// Lines of mountinfo: "36 35 98:0 /root /point options... - type source options" (proc(5)).
std::vector<Mount> cgroup_mounts(const std::string& root) {
  std::vector<Mount> mounts;
  const std::string text = read_or_empty(root + "/proc/self/mountinfo");
  for (const std::string_view line : split(text, '\n')) {
    const size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) continue;
    const auto front = split(line.substr(0, dash), ' ');
    const auto back = split(line.substr(dash + 3), ' ');
    if (front.size() < 5 || back.size() < 3) continue;
    const bool is_unified = back[0] == "cgroup2";
    const auto options = split(back[2], ',');
    if (!is_unified &&
        (back[0] != "cgroup" || std::ranges::find(options, "memory") == options.end()))
      continue;
    mounts.push_back({std::string(front[3]), root + std::string(front[4]), is_unified});
  }
  return mounts;
}

// The process's own group in that hierarchy: "4:memory:/path", "0::/path".
std::optional<std::string> own_group(const std::string& root, bool is_unified) {
  const std::string text = read_or_empty(root + "/proc/self/cgroup");
  for (const std::string_view line : split(text, '\n')) {
    const size_t first = line.find(':');
    const size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const auto names = split(controllers, ',');
    const bool is_it = is_unified ? line.substr(0, first) == "0" && controllers.empty()
                                  : std::ranges::find(names, "memory") != names.end();
    if (is_it) return std::string(line.substr(second + 1));
  }
  return std::nullopt;
}

std::optional<uint64_t> limit_of(const Mount& mount, std::string group) {
  // A container may see its group's path although the mount begins at the group itself.
  if (mount.root != "/" && group.starts_with(mount.root)) group.erase(0, mount.root.size());
  const char* file = mount.is_unified ? "/memory.max" : "/memory.limit_in_bytes";
  std::optional<uint64_t> limit = limit_in(mount.point + file);
  while (group.size() > 1) {
    limit = lower(limit, limit_in(mount.point + group + file));
    group.resize(std::min(group.rfind('/'), group.size() - 1));
  }
  return limit;
}

Result<std::optional<double>> share_of(const std::optional<std::string>& text) {
  if (!text || text->empty() || *text == "off") return std::optional<double>();
  double share = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), share);
  if (error != std::errc() || end != text->data() + text->size() || !(share > 0 && share <= 1))
    return fail("AUTOMEMLIMIT is no share above 0 and up to 1: " + quote(*text),
                ErrorKind::invalid);
  return share;
}

}  // namespace

Result<uint64_t> parse_memory_limit(std::string_view text) {
  if (text == "off") return 0;
  constexpr std::pair<std::string_view, int> units[] = {
      {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}, {"B", 0}};
  std::string_view number = text;
  int shift = 0;
  for (const auto& [unit, bits] : units) {
    if (!text.ends_with(unit)) continue;
    number = text.substr(0, text.size() - unit.size());
    shift = bits;
    break;
  }
  const auto value = parse_number(number);
  if (!value || *value > static_cast<uint64_t>(INT64_MAX) >> shift)
    return fail(
        "malformed GOMEMLIMIT " + quote(text) + ": see `go doc runtime/debug.SetMemoryLimit`",
        ErrorKind::invalid);
  return *value << shift;
}

MemoryLimitSources memory_limit_sources() {
  return {.variable = [](const char* name) -> std::optional<std::string> {
            const char* value = std::getenv(name);
            return value ? std::optional<std::string>(value) : std::nullopt;
          },
          .root = ""};
}

std::optional<uint64_t> cgroup_memory_limit(const std::string& root) {
  std::optional<uint64_t> limit;
  for (const Mount& mount : cgroup_mounts(root)) {
    if (const auto group = own_group(root, mount.is_unified))
      limit = lower(limit, limit_of(mount, *group));
  }
  return limit;
}

Result<MemoryLimit> find_memory_limit(const MemoryLimitSources& sources) {
  if (const auto text = sources.variable("GOMEMLIMIT"); text && !text->empty()) {
    TRY(const uint64_t bytes, parse_memory_limit(*text));
    return MemoryLimit{bytes, bytes == 0 ? "" : "GOMEMLIMIT"};
  }
  TRY(const auto share, share_of(sources.variable("AUTOMEMLIMIT")));
  if (!share) return MemoryLimit();
  const auto part = [&](uint64_t all) {
    return static_cast<uint64_t>(static_cast<double>(all) * *share);
  };
  if (const auto limit = cgroup_memory_limit(sources.root))
    return MemoryLimit{part(*limit), "cgroup"};
  const auto experiment = sources.variable("AUTOMEMLIMIT_EXPERIMENT").value_or("");
  const auto experiments = split(experiment, ',');
  if (std::ranges::find(experiments, "system") == experiments.end()) return MemoryLimit();
  const std::string memory = read_or_empty(sources.root + "/proc/meminfo");
  for (const std::string_view line : split(memory, '\n')) {
    if (!line.starts_with("MemTotal:") || !line.ends_with(" kB")) continue;
    const auto total = parse_number(trim(line.substr(9, line.size() - 12)));
    if (total) return MemoryLimit{part(*total << 10), "system"};
  }
  return MemoryLimit();
}

// Asked often: the file stays open, and one read gives the present figure.
uint64_t resident_bytes() {
  static const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  static const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  std::array<char, 128> text;
  const ssize_t size = ::pread(file, text.data(), text.size(), 0);
  if (size <= 0) return 0;
  const auto fields = split({text.data(), static_cast<size_t>(size)}, ' ');
  return fields.size() < 2 ? 0 : parse_number(fields[1]).value_or(0) * page;
}

}  // namespace alloy
