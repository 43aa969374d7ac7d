#include "app/seed.h"

#include <fcntl.h>
#include <filesystem>
#include <sys/random.h>
#include <unistd.h>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <simdjson.h>

#include "base/file.h"

namespace alloy::app {
namespace {

constexpr size_t seed_bytes_max = 64 << 10;

// A random UUID (RFC 9562, version 4).
std::string new_uuid() {
  unsigned char b[16];
  ASSERT(::getrandom(b, sizeof b, 0) == sizeof b);
  b[6] = static_cast<unsigned char>((b[6] & 0x0f) | 0x40);
  b[8] = static_cast<unsigned char>((b[8] & 0x3f) | 0x80);
  std::string text;
  for (size_t i = 0; i < sizeof b; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", b[i]);
  }
  return text;
}

std::string uid_of(const std::string& json) {
  simdjson::dom::parser parser;
  std::string_view uid;
  if (parser.parse(json)["UID"].get(uid) != simdjson::SUCCESS) return {};
  return std::string(uid);
}

// Replaces the file in one step, so that a crash leaves the old one or the new one.
Result<> write_file(const std::string& path, std::string_view text) {
  const std::string draft = path + ".tmp";
  const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return std::unexpected(Error::from_errno("open " + draft));
  const ssize_t written = ::write(file, text.data(), text.size());
  const bool is_whole = written == static_cast<ssize_t>(text.size());
  if (::close(file) != 0 || !is_whole) return std::unexpected(Error::from_errno("write " + draft));
  if (::rename(draft.c_str(), path.c_str()) != 0)
    return std::unexpected(Error::from_errno("rename " + draft));
  return {};
}

}  // namespace

Seed load_seed(const std::string& storage_path, std::string_view version, Clock& clock) {
  const std::filesystem::path directory = storage_path;
  const std::string path = directory / "alloy_seed.json";
  if (const auto text = read_file(path, seed_bytes_max)) {
    if (auto uid = uid_of(*text); !uid.empty()) return {std::move(uid), {}};
  }
  Seed seed{new_uuid(), {}};
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  const auto now = std::chrono::floor<std::chrono::microseconds>(clock.wall());
  seed.is_written =
      write_file(path, fmt::format("{{\"UID\":\"{}\",\"created_at\":\"{:%Y-%m-%dT%H:%M:%S}Z\","
                                   "\"version\":\"{}\"}}",
                                   seed.uid, now, version));
  return seed;
}

}  // namespace alloy::app
