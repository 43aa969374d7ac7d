#include "components/shared/glob.h"

#include <algorithm>
#include <chrono>
#include <dirent.h>
#include <filesystem>
#include <memory>
#include <optional>
#include <sys/stat.h>
#include <thread>

#include "base/text.h"
#include "components/shared/glob_part.h"

namespace alloy {
namespace {

// Nested braces multiply; a pattern with more alternatives than this is a mistake.
constexpr size_t alternatives_max = 4096;
constexpr std::string_view any_depth = "**";

// The end of the bracket expression that begins at `at`; npos if it has none.
size_t end_of_set(std::string_view pattern, size_t at) {
  for (size_t i = at + 1; i < pattern.size(); ++i) {
    if (pattern[i] == '\\')
      ++i;
    else if (pattern[i] == ']')
      return i;
  }
  return std::string_view::npos;
}

// Where the first braces of a pattern are, and the commas at their top level.
struct Braces {
  size_t begin = 0;
  std::vector<size_t> cuts;  // Commas, and the closing brace at last.
};

Result<std::optional<Braces>> find_braces(std::string_view pattern) {
  std::optional<Braces> braces;
  size_t depth = 0;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\') {
      ++i;
    } else if (c == '[') {
      const size_t end = end_of_set(pattern, i);
      if (end == std::string_view::npos) return bad_pattern();
      i = end;
    } else if (c == '{') {
      if (depth++ == 0) braces.emplace().begin = i;
    } else if (c == ',' && depth == 1) {
      braces->cuts.push_back(i);
    } else if (c == '}') {
      if (depth == 0) return bad_pattern();
      if (--depth > 0) continue;
      braces->cuts.push_back(i);
      return braces;
    }
  }
  if (depth > 0) return bad_pattern();
  return std::nullopt;
}

// Appends the pattern once for each choice that its braces leave.
Result<> resolve_braces(const std::string& pattern, std::vector<std::string>& out) {
  TRY(const auto braces, find_braces(pattern));
  if (!braces) {
    if (out.size() == alternatives_max) return fail("pattern with too many alternatives");
    out.push_back(pattern);
    return {};
  }
  const std::string before = pattern.substr(0, braces->begin);
  const std::string after = pattern.substr(braces->cuts.back() + 1);
  size_t begin = braces->begin + 1;
  for (const size_t end : braces->cuts) {
    TRY(resolve_braces(before + pattern.substr(begin, end - begin) + after, out));
    begin = end + 1;
  }
  return {};
}

// The parts between slashes; "." and ".." resolved as far as the text tells.
std::vector<std::string> parts_of(std::string_view path, bool is_absolute) {
  std::vector<std::string> parts;
  for (const std::string_view part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == any_depth && !parts.empty() && parts.back() == any_depth) continue;
    const bool is_up = part == "..";
    if (is_up && !parts.empty() && parts.back() != "..")
      parts.pop_back();
    else if (!is_up || !is_absolute)
      parts.emplace_back(part);
  }
  return parts;
}

bool matches_parts(std::span<const std::string> pattern, std::span<const std::string_view> path) {
  if (pattern.empty()) return path.empty();
  if (pattern.front() == any_depth) {
    for (size_t skipped = 0; skipped <= path.size(); ++skipped)
      if (matches_parts(pattern.subspan(1), path.subspan(skipped))) return true;
    return false;
  }
  return !path.empty() && matches_part(pattern.front(), path.front()) &&
         matches_parts(pattern.subspan(1), path.subspan(1));
}

struct Entry {
  std::string name;
  unsigned char type;  // DT_DIR and so on.
};

using Directory = std::unique_ptr<DIR, decltype([](DIR* directory) { ::closedir(directory); })>;

// Walks the file system along one pattern.
class Walk {
 public:
  explicit Walk(std::vector<std::string>& found) : found_(found) {}

  // `directory` is empty or ends with a slash.
  void descend(const std::string& directory, std::span<const std::string> pattern);

 private:
  struct Identity {
    dev_t device;
    ino_t number;
    bool operator==(const Identity&) const = default;
  };

  void visit(const std::string& directory, std::span<const std::string> pattern);
  void visit_any_depth(const std::string& directory, const std::vector<Entry>& entries,
                       std::span<const std::string> pattern);

  std::vector<std::string>& found_;
  std::vector<Identity> above_;  // Directories that the walk is in: links may lead round in a ring.
};

std::vector<Entry> read_entries(DIR* directory) {
  std::vector<Entry> entries;
  while (const dirent* entry = ::readdir(directory)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") entries.push_back({std::string(name), entry->d_type});
  }
  std::ranges::sort(entries, {}, &Entry::name);
  return entries;
}

bool is_directory(const std::string& path, unsigned char type) {
  if (type != DT_UNKNOWN && type != DT_LNK) return type == DT_DIR;
  struct stat info = {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

void Walk::descend(const std::string& directory, std::span<const std::string> pattern) {
  std::string path = directory;
  while (!pattern.empty() && is_literal(pattern.front())) {
    path += without_escapes(pattern.front());
    pattern = pattern.subspan(1);
    if (!pattern.empty()) path += '/';
  }
  if (!pattern.empty()) return visit(path, pattern);
  struct stat info = {};
  if (::lstat(path.c_str(), &info) == 0) found_.push_back(path);
}

void Walk::visit(const std::string& directory, std::span<const std::string> pattern) {
  const Directory handle(::opendir(directory.empty() ? "." : directory.c_str()));
  struct stat info = {};
  if (handle == nullptr || ::fstat(::dirfd(handle.get()), &info) != 0) return;
  const Identity identity{info.st_dev, info.st_ino};
  if (std::ranges::find(above_, identity) != above_.end() && pattern.front() == any_depth) return;
  above_.push_back(identity);
  const std::vector<Entry> entries = read_entries(handle.get());
  if (pattern.front() == any_depth) {
    visit_any_depth(directory, entries, pattern);
  } else {
    for (const Entry& entry : entries) {
      if (!matches_part(pattern.front(), entry.name)) continue;
      const std::string path = directory + entry.name;
      if (pattern.size() == 1)
        found_.push_back(path);
      else if (is_directory(path, entry.type))
        descend(path + "/", pattern.subspan(1));
    }
  }
  above_.pop_back();
}

void Walk::visit_any_depth(const std::string& directory, const std::vector<Entry>& entries,
                           std::span<const std::string> pattern) {
  const bool is_last = pattern.size() == 1;
  if (is_last) {
    std::string itself = directory.size() > 1 ? directory.substr(0, directory.size() - 1) : ".";
    found_.push_back(directory == "/" ? directory : std::move(itself));
  } else {
    std::vector<Identity> above;
    std::swap(above, above_);  // The same directory, for the next part of the pattern.
    descend(directory, pattern.subspan(1));
    std::swap(above, above_);
  }
  for (const Entry& entry : entries) {
    const std::string path = directory + entry.name;
    if (is_directory(path, entry.type))
      visit(path + "/", pattern);
    else if (is_last)
      found_.push_back(path);
  }
}

}  // namespace

Result<Glob> Glob::parse(std::string_view pattern) {
  std::vector<std::string> texts;
  TRY(resolve_braces(std::string(pattern), texts));
  Glob glob;
  for (const std::string& text : texts) {
    Path& path = glob.alternatives_.emplace_back();
    path.is_absolute = text.starts_with('/');
    path.parts = parts_of(text, path.is_absolute);
    for (const std::string& part : path.parts) TRY(check_part(part));
  }
  return glob;
}

bool Glob::matches(std::string_view path) const {
  std::vector<std::string_view> parts = split(path, '/');
  std::erase(parts, "");
  return std::ranges::any_of(alternatives_, [&](const Path& alternative) {
    return alternative.is_absolute == path.starts_with('/') &&
           matches_parts(alternative.parts, parts);
  });
}

std::vector<std::string> Glob::find() const {
  std::vector<std::string> found;
  for (const Path& alternative : alternatives_) {
    std::vector<std::string> more;
    if (!alternative.parts.empty())
      Walk(more).descend(alternative.is_absolute ? "/" : "", alternative.parts);
    for (std::string& path : more) found.push_back(std::move(path));
  }
  if (alternatives_.size() > 1) {
    std::ranges::sort(found);
    found.erase(std::ranges::unique(found).begin(), found.end());
  }
  return found;
}

Result<std::vector<std::string>> find_files(const FileQuery& query) {
  TRY(const Glob glob, Glob::parse(query.pattern));
  std::optional<Glob> exclude;
  // What is no pattern excludes nothing.
  if (!query.exclude.empty())
    if (auto parsed = Glob::parse(query.exclude)) exclude = *std::move(parsed);
  const auto now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  std::vector<std::string> files;
  for (const std::string& path : glob.find()) {
    if (exclude && exclude->matches(path)) continue;
    struct stat info = {};
    if (::stat(path.c_str(), &info) != 0 || S_ISDIR(info.st_mode)) continue;
    const auto changed = std::chrono::sys_time<Duration>(std::chrono::seconds(info.st_mtim.tv_sec) +
                                                         Duration(info.st_mtim.tv_nsec));
    if (query.ignore_older_than != Duration::zero() && changed < now - query.ignore_older_than)
      continue;
    std::error_code error;
    files.push_back(std::filesystem::absolute(path, error).lexically_normal().string());
  }
  return files;
}

bool any_is_back(const std::vector<std::string>& vanished) {
  constexpr auto moment = std::chrono::milliseconds(20);
  const auto is_there = [](const std::string& path) {
    struct stat info = {};
    return ::stat(path.c_str(), &info) == 0;
  };
  if (vanished.empty() || std::ranges::any_of(vanished, is_there)) return !vanished.empty();
  std::this_thread::sleep_for(moment);
  return std::ranges::any_of(vanished, is_there);
}

}  // namespace alloy
