#include "components/loki/source_file/rotated_files.h"

#include <algorithm>
#include <cstring>
#include <dirent.h>
#include <memory>
#include <unistd.h>

namespace alloy::loki::source_file {
namespace {

using Directory = std::unique_ptr<DIR, decltype([](DIR* directory) { ::closedir(directory); })>;

struct PathParts {
  std::string directory;  // With a slash at its end.
  std::string name;
};

PathParts split_path(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {"./", path};
  return {path.substr(0, slash + 1), path.substr(slash + 1)};
}

std::optional<FoundFile> open_found(const std::string& path) {
  auto file = open_file(path);
  if (!file) return std::nullopt;
  const auto info = inspect(file->get());
  if (!info || !info->is_regular) return std::nullopt;
  return FoundFile{path, *std::move(file), *info};
}

// Digits as in a number or a date, or what some call the last one.
bool is_rotation_mark(std::string_view text) {
  if (text == "old" || text == "prev") return true;
  bool has_digit = false;
  for (const char c : text) {
    if (c >= '0' && c <= '9')
      has_digit = true;
    else if (std::string_view("-_.:+TZ").find(c) == std::string_view::npos)
      return false;
  }
  return has_digit;
}

bool is_separator(char c) { return c == '.' || c == '-' || c == '_'; }

using Listing = std::vector<std::pair<std::string, ino_t>>;

// The names and inodes in a directory that `is_candidate` agrees to.
template <class IsCandidate>
Listing list(const std::string& directory, IsCandidate is_candidate) {
  Listing listing;
  const Directory handle(::opendir(directory.c_str()));
  if (handle == nullptr) return listing;
  while (const dirent* entry = ::readdir(handle.get()))
    if (is_candidate(entry->d_name, entry->d_ino))
      listing.emplace_back(entry->d_name, entry->d_ino);
  std::ranges::sort(listing);
  return listing;
}

// Opens what `is_candidate` agrees to. A rotation renames one file after another, and one that gets
// the next one's name meanwhile would be missed: then all is looked at again.
template <class IsCandidate>
std::vector<FoundFile> open_all(const std::string& directory, IsCandidate is_candidate) {
  constexpr int attempts_max = 20;
  Listing listing = list(directory, is_candidate);
  for (int attempt = 1;; ++attempt) {
    std::vector<FoundFile> found;
    for (const auto& [name, inode] : listing)
      if (auto file = open_found(directory + name)) found.push_back(*std::move(file));
    Listing now = list(directory, is_candidate);
    if (now == listing || attempt == attempts_max) return found;
    listing = std::move(now);
  }
}

// Every rotated file beside the path that `wanted` agrees to.
template <class Wanted>
std::vector<FoundFile> find_rotated(const std::string& path, Wanted wanted) {
  const PathParts parts = split_path(path);
  std::vector<FoundFile> found = open_all(
      parts.directory, [&](const char* name, ino_t) { return is_rotated_name(parts.name, name); });
  std::erase_if(found, [&](const FoundFile& file) { return !wanted(file); });
  std::ranges::sort(found, {}, [](const FoundFile& file) { return file.info.born_ns; });
  return found;
}

}  // namespace

bool is_rotated_name(std::string_view original, std::string_view name) {
  if (name.size() <= original.size()) return false;
  if (name.starts_with(original) && is_separator(name[original.size()]))
    return is_rotation_mark(name.substr(original.size() + 1));
  const size_t dot = original.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  const std::string_view stem = original.substr(0, dot);
  const std::string_view extension = original.substr(dot);
  if (!name.starts_with(stem) || !name.ends_with(extension)) return false;
  name.remove_prefix(stem.size());
  name.remove_suffix(extension.size());
  return name.size() > 1 && is_separator(name.front()) && is_rotation_mark(name.substr(1));
}

std::optional<FoundFile> find_renamed(const std::string& path, const Identity& identity) {
  const PathParts parts = split_path(path);
  std::vector<FoundFile> found = open_all(
      parts.directory, [&](const char*, ino_t number) { return number == identity.inode.number; });
  for (FoundFile& file : found)
    if (is_same_file(file, identity)) return std::move(file);
  return std::nullopt;
}

Neighbours::Neighbours(const std::string& path) : path_(path) {
  for (auto& [name, inode] : list(split_path(path).directory, [](auto...) { return true; }))
    names_.emplace(inode, std::move(name));
}

std::optional<FoundFile> Neighbours::find(const Identity& identity) const {
  const auto known = names_.find(identity.inode.number);
  if (known != names_.end()) {
    auto found = open_found(split_path(path_).directory + known->second);
    if (found && is_same_file(*found, identity)) return found;
  }
  return find_renamed(path_, identity);
}

bool is_same_file(const FoundFile& found, const Identity& identity) {
  const FileInfo& info = found.info;
  if (info.inode.number != identity.inode.number) return false;
  // Numbers of devices change with a restart of the machine; then the beginning has to do.
  const bool is_same_inode = info.inode == identity.inode;
  const bool is_birth_known = info.is_birth_known && identity.born_ns != 0;
  if (is_same_inode && is_birth_known && info.born_ns != identity.born_ns) return false;
  if (identity.head.empty())
    return is_same_inode && (is_birth_known || info.born_ns <= identity.born_max_ns);
  // One that is shorter now was truncated.
  if (info.size < identity.print.end()) return false;
  return identity.head.matches(found.file.get()) && identity.print.agrees(found.file.get());
}

std::optional<FoundFile> find_copy(const std::string& path, int64_t size, Inode except,
                                   const std::function<bool(const FoundFile&)>& is_alike) {
  std::vector<FoundFile> found = find_rotated(path, [&](const FoundFile& file) {
    return file.info.inode != except && file.info.size >= size && is_alike(file);
  });
  if (found.empty()) return std::nullopt;
  return std::move(found.back());
}

std::vector<FoundFile> find_between(const std::string& path, int64_t after_ns, int64_t before_ns) {
  return find_rotated(path, [&](const FoundFile& file) {
    return file.info.born_ns >= after_ns && file.info.born_ns <= before_ns;
  });
}

bool begin_alike(int left, int right, int64_t size) {
  constexpr int64_t compared_max = int64_t{1} << 20;
  constexpr size_t step = size_t{64} << 10;
  size = std::min(size, compared_max);
  std::vector<char> a(step);
  std::vector<char> b(step);
  for (int64_t at = 0; at < size;) {
    const size_t wanted = std::min(step, static_cast<size_t>(size - at));
    const ssize_t got = ::pread(left, a.data(), wanted, at);
    if (got <= 0 || ::pread(right, b.data(), static_cast<size_t>(got), at) != got) return false;
    if (std::memcmp(a.data(), b.data(), static_cast<size_t>(got)) != 0) return false;
    at += got;
  }
  return true;
}

}  // namespace alloy::loki::source_file
