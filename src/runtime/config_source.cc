#include "runtime/config_source.h"

#include <filesystem>

#include "base/file.h"
#include "base/sha256.h"

namespace alloy::runtime {
namespace fs = std::filesystem;

namespace {

Result<std::vector<std::string>> files_of(const std::string& directory) {
  std::vector<std::string> paths;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->path().extension() == ".alloy" && !it->is_directory(ignored))
      paths.push_back(it->path().lexically_normal().string());
  }
  if (error) {
    errno = error.value();
    return std::unexpected(Error::from_errno(fmt::format("open {}", directory)));
  }
  std::ranges::sort(paths);
  return paths;
}

// Editors on other systems put a byte order mark in front.
std::string without_mark(std::string text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  return text;
}

}  // namespace

std::string ConfigSource::sha256() const {
  Sha256 hash;
  for (const auto& file : files) hash.add(file->text);
  return hash.hex();
}

ConfigSource config_from_text(std::string name, std::string text, std::string module_path) {
  return {.files = {syntax::make_source(std::move(name), without_mark(std::move(text)))},
          .module_path = std::move(module_path)};
}

Result<ConfigSource> read_config(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found || error) {
    errno = error ? error.value() : ENOENT;
    return std::unexpected(Error::from_errno(fmt::format("stat {}", path)));
  }
  ConfigSource source;
  std::vector<std::string> paths = {path};
  if (status.type() == fs::file_type::directory) {
    TRY(paths, files_of(path));
    source.module_path = path;
  } else {
    source.module_path = fs::path(path).parent_path().lexically_normal().string();
    if (source.module_path.empty()) source.module_path = ".";
  }
  for (const auto& file : paths) {
    TRY(auto text, read_file(file));
    source.files.push_back(syntax::make_source(file, without_mark(std::move(text))));
  }
  return source;
}

}  // namespace alloy::runtime
