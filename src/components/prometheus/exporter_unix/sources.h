// Reading what the kernel says in its file systems, wherever they are mounted: small files of text,
// numbers and words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace alloy::prometheus::exporter_unix {

// Where the file systems are that collectors read.
struct Paths {
  std::string proc = "/proc";
  std::string sys = "/sys";
  std::string root = "/";
  std::string udev = "/run/udev/data";

  std::string in_proc(std::string_view name) const { return join(proc, name); }
  std::string in_sys(std::string_view name) const { return join(sys, name); }
  std::string in_root(std::string_view name) const { return join(root, name); }
  std::string in_udev(std::string_view name) const { return join(udev, name); }
  // A mount point as the processes inside `root` see it.
  std::string without_root(std::string_view mount_point) const;

  static std::string join(std::string_view folder, std::string_view name);
};

// What a collector answers that has nothing to say on this machine.
std::unexpected<Error> no_data();
bool is_no_data(const Error& error);

// The whole file. Missing files are not "no data", unless the caller says so.
Result<std::string> read_text(const std::string& path);
// The same, but a file that isn't there is no data.
Result<std::string> read_text_or_no_data(const std::string& path);
// Without the blanks around it; nothing if it can't be read, as often in sysfs.
std::optional<std::string> read_attribute(const std::string& path);
std::string read_attribute_or_empty(const std::string& path);
// The same with its blanks, but without the ends of lines around it.
std::optional<std::string> read_attribute_with_blanks(const std::string& path);
std::optional<uint64_t> read_count(const std::string& path);
std::optional<int64_t> read_integer(const std::string& path);
// As read_count(), but failing.
Result<uint64_t> require_count(const std::string& path);

bool exists(const std::string& path);
bool is_directory(const std::string& path);
// The names in a directory, sorted; none if it can't be read.
std::vector<std::string> entries(const std::string& path);
// The same, but a directory that isn't there is no data.
Result<std::vector<std::string>> entries_or_no_data(const std::string& path);
// "7" of "cpu7" with the prefix "cpu"; nothing unless digits and only digits follow.
std::optional<uint64_t> number_behind(std::string_view name, std::string_view prefix);

// Decimal, the whole text.
std::optional<uint64_t> to_count(std::string_view text);
std::optional<int64_t> to_integer(std::string_view text);
std::optional<uint64_t> to_hexadecimal(std::string_view text);  // With or without 0x.
std::optional<double> to_double(std::string_view text);
// What is no number is 0.
double to_double_or_zero(std::string_view text);

// Between blanks of any length.
std::vector<std::string_view> words(std::string_view text);
// Calls each(line) for the lines of a text; the last needs no end.
template <class Each>
void for_each_line(std::string_view text, Each each) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    each(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace alloy::prometheus::exporter_unix
