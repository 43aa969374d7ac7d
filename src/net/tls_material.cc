#include "net/tls_material.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "net/system_error.h"

namespace alloy::net {
namespace {

// Nobody's certificate or password is larger.
constexpr size_t file_size_max = 16 << 20;

std::unexpected<Error> path_error(std::string_view what, const std::string& path) {
  const int code = errno;
  return fail(fmt::format("{} {}: {}", what, path, errno_text(code)),
              code == ENOENT ? ErrorKind::not_found : ErrorKind::failed);
}

class Descriptor {
 public:
  explicit Descriptor(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Result<std::string> read_all(int fd, const std::string& path) {
  std::string content;
  char buffer[16 << 10];
  while (true) {
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return path_error("read", path);
    if (got == 0) return content;
    content.append(buffer, static_cast<size_t>(got));
    if (content.size() > file_size_max) return fail("read " + path + ": file too large");
  }
}

// One of a pair "text or file"; neither is fine.
Result<std::string> text_or_file(const std::string& text, const std::string& file, FileCache& files,
                                 std::string_view what) {
  if (!text.empty() || file.empty()) return text;
  auto content = files.read(file);
  if (!content) {
    return std::unexpected(std::move(content).error().with_context(
        fmt::format("unable to read {}: unable to read file {}", what, file)));
  }
  return content;
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  const Descriptor file(path);
  if (file.get() < 0) return path_error("open", path);
  return read_all(file.get(), path);
}

Result<std::string> read_secret_file(const std::string& path) {
  auto content = read_file(path);
  if (!content) {
    return std::unexpected(std::move(content).error().with_context("unable to read file " + path));
  }
  return std::string(trim(*content));
}

Result<std::string> FileCache::read(const std::string& path) {
  const Descriptor file(path);
  struct stat info{};
  if (file.get() < 0 || fstat(file.get(), &info) != 0) return path_error("open", path);
  Entry& entry = entries_[path];
  const int64_t modified = info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec;
  if (entry.inode != info.st_ino || entry.size != info.st_size || entry.modified != modified) {
    TRY(std::string content, read_all(file.get(), path));
    entry = {info.st_ino, info.st_size, modified, std::move(content)};
  }
  return entry.content;
}

Result<TlsMaterial> read_tls_material(const TlsClientOptions& options, FileCache& files) {
  TlsMaterial material;
  TRY(material.ca, text_or_file(options.ca_pem, options.ca_file, files, "CA cert"));
  TRY(material.cert, text_or_file(options.cert_pem, options.cert_file, files, "client cert"));
  TRY(material.key, text_or_file(options.key_pem, options.key_file, files, "client key"));
  return material;
}

}  // namespace alloy::net
