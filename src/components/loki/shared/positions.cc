#include "components/loki/shared/positions.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>
#include <xxhash.h>

#include <yaml-cpp/yaml.h>

#include "base/file.h"
#include "base/text.h"

namespace alloy::loki {
namespace {

std::string scalar_of(const YAML::Node& node) { return node.IsScalar() ? node.Scalar() : ""; }

// The mapping below "positions"; an undefined node when there is none.
Result<YAML::Node> positions_node(std::string_view yaml) {
  const YAML::Node root = YAML::Load(std::string(yaml));
  if (!root.IsDefined() || root.IsNull()) return YAML::Node(YAML::NodeType::Undefined);
  if (!root.IsMap()) return fail("not a map", ErrorKind::invalid);
  const YAML::Node positions = root["positions"];
  if (!positions.IsDefined() || positions.IsNull()) return YAML::Node(YAML::NodeType::Undefined);
  if (!positions.IsMap()) return fail("positions: not a map", ErrorKind::invalid);
  return positions;
}

// Whether YAML reads the text back as the same string without quotes. Strict: paths are.
bool is_plain(std::string_view text) {
  if (text.empty() || (text.front() != '/' && !std::isalpha(static_cast<unsigned char>(text[0]))))
    return false;
  if (text.front() != '/' && text.find('-') == std::string_view::npos) return false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (!std::isalnum(byte) && std::string_view("/._-+@=").find(c) == std::string_view::npos)
      return false;
  }
  return true;
}

void append_scalar(std::string& out, std::string_view text) {
  if (is_plain(text)) {
    out += text;
    return;
  }
  const bool is_simple = is_utf8(text) && std::ranges::none_of(text, [](char c) {
                           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
                         });
  if (!is_simple) {
    // The escapes that JSON has, YAML has too.
    append_json_string(out, text);
    return;
  }
  out += '\'';
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  out += '\'';
}

bool is_cursor(std::string_view path) {
  return path.starts_with("cursor-") || path.starts_with("journal-");
}

// Writes beside the file and renames, so that there is always a whole one.
Result<> replace_file(const std::string& path, std::string_view content) {
  const std::string next = path + ".new";
  const int file = ::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return std::unexpected(Error::from_errno("open " + next));
  bool is_written = true;
  while (is_written && !content.empty()) {
    const ssize_t size = ::write(file, content.data(), content.size());
    if (size < 0 && errno == EINTR) continue;
    is_written = size > 0;
    if (is_written) content.remove_prefix(static_cast<size_t>(size));
  }
  is_written = is_written && ::fdatasync(file) == 0;
  const auto error = Error::from_errno("write " + next);
  ::close(file);
  if (!is_written) return std::unexpected(error);
  if (::rename(next.c_str(), path.c_str()) != 0)
    return std::unexpected(Error::from_errno("rename " + next));
  return {};
}

}  // namespace

Result<Positions> parse_positions(std::string_view yaml) {
  try {
    TRY(const YAML::Node node, positions_node(yaml));
    Positions positions;
    if (!node.IsDefined()) return positions;
    for (const auto& entry : node) {
      if (!entry.first.IsMap()) return fail("a position without path and labels");
      positions[{scalar_of(entry.first["path"]), scalar_of(entry.first["labels"])}] =
          scalar_of(entry.second);
    }
    return positions;
  } catch (const YAML::Exception& exception) {
    return fail(exception.what(), ErrorKind::invalid);
  }
}

Result<Positions> parse_legacy_positions(std::string_view yaml) {
  try {
    TRY(const YAML::Node node, positions_node(yaml));
    Positions positions;
    if (!node.IsDefined()) return positions;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar() || !entry.second.IsScalar())
        return fail("a position that is no text", ErrorKind::invalid);
      positions[{entry.first.Scalar(), "{}"}] = entry.second.Scalar();
    }
    return positions;
  } catch (const YAML::Exception& exception) {
    return fail(exception.what(), ErrorKind::invalid);
  }
}

std::string write_positions(const Positions& positions) {
  if (positions.empty()) return "positions: {}\n";
  std::string out = "positions:\n";
  for (const auto& [key, position] : positions) {
    out += "  ? path: ";
    append_scalar(out, key.path);
    out += "\n    labels: ";
    append_scalar(out, key.labels);
    out += "\n  : ";
    append_json_string(out, position);
    out += "\n";
  }
  return out;
}

Result<std::unique_ptr<PositionsFile>> PositionsFile::open(std::string path) {
  Positions positions;
  auto text = read_file(path);
  if (!text && text.error().kind() != ErrorKind::not_found)
    return std::unexpected(std::move(text).error());
  if (text) {
    auto parsed = parse_positions(*text);
    if (!parsed)
      return fail(
          fmt::format("invalid yaml positions file [{}]: {}", path, parsed.error().message()),
          ErrorKind::invalid);
    positions = *std::move(parsed);
  }
  std::unique_ptr<PositionsFile> file(new PositionsFile(std::move(path), std::move(positions)));
  if (text) file->text_hash_ = XXH3_64bits(text->data(), text->size());
  return file;
}

Result<std::unique_ptr<PositionsFile>> PositionsFile::open(std::string path,
                                                           const std::string& legacy) {
  auto text = read_file(legacy);
  if (!text && text.error().kind() != ErrorKind::not_found)
    return fail(
        fmt::format("legacy positions file {} exists but could not be read, refusing to "
                    "start to avoid re-ingesting logs: {}",
                    quote(legacy), text.error().message()));
  TRY(auto file, open(path));
  std::error_code ignored;
  const bool is_new =
      !std::filesystem::exists(path, ignored) || std::filesystem::file_size(path, ignored) == 0;
  if (!text || !is_new) return file;
  if (auto parsed = parse_legacy_positions(*text)) {
    file->positions_ = *std::move(parsed);
    file->is_changed_ = true;
    TRY(file->save());
  }
  return file;
}

std::optional<std::string> PositionsFile::get(const PositionKey& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = positions_.find(key);
  if (found == positions_.end()) return std::nullopt;
  return found->second;
}

void PositionsFile::put(const PositionKey& key, std::string position) {
  const std::lock_guard lock(mutex_);
  std::string& present = positions_[key];
  if (present == position) return;
  present = std::move(position);
  is_changed_ = true;
}

void PositionsFile::remove(const PositionKey& key) {
  const std::lock_guard lock(mutex_);
  if (positions_.erase(key) > 0) is_changed_ = true;
}

Positions PositionsFile::all() const {
  const std::lock_guard lock(mutex_);
  return positions_;
}

Positions PositionsFile::all_of(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  Positions found;
  for (auto at = positions_.lower_bound({path, ""});
       at != positions_.end() && at->first.path == path; ++at)
    found.insert(*at);
  return found;
}

void PositionsFile::forget_missing_files() {
  for (const auto& [key, position] : all()) {
    struct stat info = {};
    if (is_cursor(key.path) || ::stat(key.path.c_str(), &info) == 0 || errno != ENOENT) continue;
    remove(key);
  }
}

Result<> PositionsFile::save(const std::function<void(uint64_t)>& announce) {
  const std::lock_guard saving(saving_);
  std::string text;
  {
    const std::lock_guard lock(mutex_);
    if (!is_changed_) return {};
    is_changed_ = false;
    text = write_positions(positions_);
  }
  const uint64_t hash = XXH3_64bits(text.data(), text.size());
  if (announce) announce(hash);
  auto result = replace_file(path_, text);
  const std::lock_guard lock(mutex_);
  if (result)
    text_hash_ = hash;
  else
    is_changed_ = true;
  return result;
}

uint64_t PositionsFile::text_hash() const {
  const std::lock_guard lock(mutex_);
  return text_hash_;
}

}  // namespace alloy::loki
