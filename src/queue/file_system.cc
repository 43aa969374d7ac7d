#include "queue/file_system.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <fmt/format.h>

namespace alloy::queue {
namespace {

std::unexpected<Error> fail_errno(std::string_view doing, std::string_view path) {
  return std::unexpected(Error::from_errno(fmt::format("{} {}", doing, path)));
}

class RealMapping final : public Mapping {
 public:
  explicit RealMapping(std::span<char> bytes) : bytes_(bytes) {}
  ~RealMapping() override { munmap(bytes_.data(), bytes_.size()); }
  std::span<char> bytes() override { return bytes_; }

 private:
  std::span<char> bytes_;
};

class RealFile final : public File {
 public:
  RealFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  ~RealFile() override { close(descriptor_); }

  Result<> write_at(uint64_t offset, std::span<const std::string_view> parts) override {
    for (std::string_view part : parts) {
      while (!part.empty()) {
        const ssize_t n = pwrite(descriptor_, part.data(), part.size(), static_cast<off_t>(offset));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("writing", path_);
        part.remove_prefix(static_cast<size_t>(n));
        offset += static_cast<uint64_t>(n);
      }
    }
    return {};
  }

  Result<size_t> read_at(uint64_t offset, std::span<char> out) override {
    size_t done = 0;
    while (done < out.size()) {
      const ssize_t n = pread(descriptor_, out.data() + done, out.size() - done,
                              static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return fail_errno("reading", path_);
      if (n == 0) break;
      done += static_cast<size_t>(n);
    }
    return done;
  }

  Result<> truncate(uint64_t size) override {
    if (ftruncate(descriptor_, static_cast<off_t>(size)) != 0) {
      return fail_errno("truncating", path_);
    }
    return {};
  }

  Result<uint64_t> size() override {
    struct stat info;
    if (fstat(descriptor_, &info) != 0) return fail_errno("looking at", path_);
    return static_cast<uint64_t>(info.st_size);
  }

  Result<> sync() override {
    if (fdatasync(descriptor_) != 0) return fail_errno("syncing", path_);
    return {};
  }

  Result<std::unique_ptr<Mapping>> map(uint64_t size) override {
    TRY(truncate(size));
    if (const int code = posix_fallocate(descriptor_, 0, static_cast<off_t>(size)); code != 0) {
      errno = code;
      return fail_errno("reserving room for", path_);
    }
    void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
    if (memory == MAP_FAILED) return fail_errno("mapping", path_);
    return std::make_unique<RealMapping>(std::span<char>(static_cast<char*>(memory), size));
  }

 private:
  int descriptor_;
  std::string path_;
};

class RealFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    const int flags = mode == OpenMode::read_only    ? O_RDONLY
                      : mode == OpenMode::read_write ? O_RDWR
                                                     : O_RDWR | O_CREAT;
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
    if (descriptor < 0) return fail_errno("opening", path);
    return std::make_unique<RealFile>(descriptor, path);
  }

  Result<> create_folder(const std::string& path) override {
    std::error_code code;
    std::filesystem::create_directories(path, code);
    if (code) return fail(fmt::format("creating folder {}: {}", path, code.message()));
    return {};
  }

  Result<std::vector<std::string>> list(const std::string& folder) override {
    std::error_code code;
    std::filesystem::directory_iterator entries(folder, code);
    std::vector<std::string> names;
    for (; !code && entries != std::filesystem::directory_iterator(); entries.increment(code)) {
      names.push_back(entries->path().filename().string());
    }
    if (code) return fail(fmt::format("listing {}: {}", folder, code.message()));
    std::ranges::sort(names);
    return names;
  }

  Result<> remove(const std::string& path) override {
    if (::remove(path.c_str()) != 0 && errno != ENOENT) return fail_errno("removing", path);
    return {};
  }

  Result<> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return fail_errno("renaming", from);
    return {};
  }

  Result<uint64_t> free_bytes(const std::string& path) override {
    struct statvfs info;
    if (statvfs(path.c_str(), &info) != 0) return fail_errno("looking at the disk of", path);
    return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
  }
};

}  // namespace

FileSystem& real_file_system() {
  static RealFileSystem file_system;
  return file_system;
}

}  // namespace alloy::queue
