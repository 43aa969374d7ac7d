#include "components/loki/source_file/file_identity.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <xxhash.h>

namespace alloy::loki::source_file {
namespace {

Result<FileInfo> inspect_at(int directory, const char* path, int flags, std::string_view name) {
  struct statx info = {};
  constexpr unsigned wanted = STATX_BASIC_STATS | STATX_BTIME;
  if (::statx(directory, path, flags, wanted, &info) != 0)
    return std::unexpected(Error::from_errno(fmt::format("stat {}", name)));
  const auto nanoseconds = [](const statx_timestamp& time) {
    return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  };
  FileInfo out{.inode = {makedev(info.stx_dev_major, info.stx_dev_minor), info.stx_ino},
               .size = static_cast<int64_t>(info.stx_size),
               .modified_ns = nanoseconds(info.stx_mtime),
               .links = info.stx_nlink,
               .is_regular = S_ISREG(info.stx_mode),
               .is_directory = S_ISDIR(info.stx_mode)};
  out.is_birth_known = (info.stx_mask & STATX_BTIME) != 0;
  out.born_ns = out.is_birth_known ? nanoseconds(info.stx_btime) : out.modified_ns;
  return out;
}

}  // namespace

Descriptor::~Descriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Head Head::of(std::string_view beginning) {
  beginning = beginning.substr(0, size_max);
  if (beginning.empty()) return {};
  return Head((XXH3_64bits(beginning.data(), beginning.size()) & ~size_mask) | beginning.size());
}

Head Head::of_file(int descriptor, int64_t size) {
  char bytes[size_max];
  const auto wanted = static_cast<size_t>(std::clamp<int64_t>(size, 0, size_max));
  const ssize_t got = ::pread(descriptor, bytes, wanted, 0);
  return got == static_cast<ssize_t>(wanted) ? of({bytes, wanted}) : Head();
}

std::optional<Head> Head::grown(int descriptor, int64_t wanted) const {
  char bytes[size_max];
  wanted = std::clamp<int64_t>(wanted, size(), size_max);
  const ssize_t got = ::pread(descriptor, bytes, static_cast<size_t>(wanted), 0);
  if (got < size()) return std::nullopt;
  const std::string_view beginning(bytes, static_cast<size_t>(got));
  if (of(beginning.substr(0, static_cast<size_t>(size()))) != *this) return std::nullopt;
  return of(beginning);
}

bool Head::matches(int descriptor) const { return of_file(descriptor, size()) == *this; }

Print Print::of(std::string_view text, int64_t end) {
  return {end, Head::of(text.substr(text.size() - std::min(text.size(), size_max))).bits()};
}

Print Print::of_file(int descriptor, int64_t end) {
  char bytes[size_max];
  const auto wanted = static_cast<size_t>(std::clamp<int64_t>(end, 0, size_max));
  const ssize_t got = ::pread(descriptor, bytes, wanted, end - static_cast<int64_t>(wanted));
  return got == static_cast<ssize_t>(wanted) ? of({bytes, wanted}, end) : Print();
}

bool Print::agrees(int descriptor) const {
  if (bits_ == 0) return true;
  char bytes[size_max];
  const auto wanted = static_cast<size_t>(std::min<int64_t>(Head(bits_).size(), size_max));
  const ssize_t got = ::pread(descriptor, bytes, wanted, end_ - static_cast<int64_t>(wanted));
  return got < static_cast<ssize_t>(wanted) || of({bytes, wanted}, end_) == *this;
}

Result<FileInfo> inspect(const std::string& path) {
  return inspect_at(AT_FDCWD, path.c_str(), 0, path);
}

Result<FileInfo> inspect(int descriptor) {
  return inspect_at(descriptor, "", AT_EMPTY_PATH, "open file");
}

Result<Descriptor> open_file(const std::string& path) {
  // Without O_NONBLOCK a named pipe without a writer would hold the thread for ever.
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return std::unexpected(Error::from_errno(fmt::format("open {}", path)));
  return file;
}

}  // namespace alloy::loki::source_file
