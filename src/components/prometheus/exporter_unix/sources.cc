#include "components/prometheus/exporter_unix/sources.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "signals/number_text.h"

namespace alloy::prometheus::exporter_unix {
namespace {

template <class T>
std::optional<T> to_number(std::string_view text, int base) {
  T value = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value, base);
  if (text.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

}  // namespace

std::string Paths::join(std::string_view folder, std::string_view name) {
  while (folder.ends_with('/')) folder.remove_suffix(1);
  while (name.starts_with('/')) name.remove_prefix(1);
  std::string path(folder);
  path += '/';
  path += name;
  return path;
}

std::string Paths::without_root(std::string_view mount_point) const {
  std::string_view prefix = root;
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (prefix.empty() || !mount_point.starts_with(prefix)) return std::string(mount_point);
  mount_point.remove_prefix(prefix.size());
  return mount_point.empty() ? "/" : std::string(mount_point);
}

std::unexpected<Error> no_data() {
  return fail("collector returned no data", ErrorKind::not_found);
}

bool is_no_data(const Error& error) { return error.kind() == ErrorKind::not_found; }

Result<std::string> read_text(const std::string& path) {
  auto text = read_file(path);
  if (!text) return fail(text.error().message());
  return text;
}

Result<std::string> read_text_or_no_data(const std::string& path) {
  auto text = read_file(path);
  if (!text && text.error().kind() == ErrorKind::not_found) return no_data();
  return text;
}

std::optional<std::string> read_attribute_with_blanks(const std::string& path) {
  // Drivers may answer EAGAIN for ever, so one read it is; attributes are at most a page.
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return std::nullopt;
  char buffer[4096];
  const ssize_t size = ::read(file, buffer, sizeof buffer);
  ::close(file);
  if (size < 0) return std::nullopt;
  return std::string(trim({buffer, static_cast<size_t>(size)}, "\n"));
}

std::optional<std::string> read_attribute(const std::string& path) {
  auto text = read_attribute_with_blanks(path);
  if (text) text = std::string(trim(*text));
  return text;
}

std::string read_attribute_or_empty(const std::string& path) {
  return read_attribute(path).value_or("");
}

std::optional<uint64_t> read_count(const std::string& path) {
  const auto text = read_attribute(path);
  return text ? to_count(*text) : std::nullopt;
}

std::optional<int64_t> read_integer(const std::string& path) {
  const auto text = read_attribute(path);
  return text ? to_integer(*text) : std::nullopt;
}

Result<uint64_t> require_count(const std::string& path) {
  TRY(const std::string text, read_text(path));
  const auto value = to_count(trim(text));
  if (!value) return fail(fmt::format("{}: {} is no number", path, quote(trim(text))));
  return *value;
}

bool exists(const std::string& path) {
  struct stat info = {};
  return ::stat(path.c_str(), &info) == 0;
}

bool is_directory(const std::string& path) {
  struct stat info = {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::vector<std::string> entries(const std::string& path) {
  return entries_or_no_data(path).value_or(std::vector<std::string>());
}

Result<std::vector<std::string>> entries_or_no_data(const std::string& path) {
  DIR* directory = ::opendir(path.c_str());
  if (directory == nullptr) {
    if (errno == ENOENT) return no_data();
    return fail(Error::from_errno("open " + path).message());
  }
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(directory)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  ::closedir(directory);
  std::ranges::sort(names);
  return names;
}

std::optional<uint64_t> number_behind(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  return to_count(name.substr(prefix.size()));
}

std::optional<uint64_t> to_count(std::string_view text) { return to_number<uint64_t>(text, 10); }

std::optional<int64_t> to_integer(std::string_view text) { return to_number<int64_t>(text, 10); }

std::optional<uint64_t> to_hexadecimal(std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  return to_number<uint64_t>(text, 16);
}

std::optional<double> to_double(std::string_view text) {
  // Nearly all are whole numbers.
  if (const auto count = to_count(text); count) return static_cast<double>(*count);
  return parse_double(text);
}

double to_double_or_zero(std::string_view text) { return to_double(text).value_or(0); }

std::vector<std::string_view> words(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n\v\f";
  std::vector<std::string_view> found;
  while (true) {
    const size_t start = text.find_first_not_of(blanks);
    if (start == std::string_view::npos) return found;
    const size_t end = std::min(text.find_first_of(blanks, start), text.size());
    found.push_back(text.substr(start, end - start));
    text.remove_prefix(end);
  }
}

}  // namespace alloy::prometheus::exporter_unix
