// Files in memory, for tests: with a size limit for all of them, faults on demand, and contents
// that a test may look at and damage.
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "queue/file_system.h"

namespace alloy::queue {

class MemoryFileSystem final : public FileSystem {
 public:
  using Content = std::shared_ptr<std::string>;

  std::map<std::string, Content> contents;
  uint64_t bytes_max = UINT64_MAX;  // Writing beyond stores what fits and fails as ENOSPC does.
  bool fail_reads = false;
  bool fail_writes = false;  // Without storing anything.
  bool fail_opens = false;   // Of files to be created.
  bool fail_truncates = false;

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    auto found = contents.find(path);
    if (found == contents.end()) {
      if (mode != OpenMode::create) return fail("no such file: " + path, ErrorKind::not_found);
      if (fail_opens) return fail("permission denied: " + path);
      found = contents.emplace(path, std::make_shared<std::string>()).first;
    }
    return std::make_unique<MemoryFile>(*this, found->second);
  }
  Result<> create_folder(const std::string&) override {
    if (fail_opens) return fail("permission denied");
    return {};
  }
  Result<std::vector<std::string>> list(const std::string& folder) override {
    std::vector<std::string> names;
    for (const auto& [path, content] : contents) {
      if (path.starts_with(folder + "/")) names.push_back(path.substr(folder.size() + 1));
    }
    return names;
  }
  Result<> remove(const std::string& path) override {
    contents.erase(path);
    return {};
  }
  Result<> rename(const std::string& from, const std::string& to) override {
    const auto found = contents.find(from);
    if (found == contents.end()) return fail("no such file: " + from, ErrorKind::not_found);
    Content content = std::move(found->second);
    contents.erase(found);
    contents[to] = std::move(content);
    return {};
  }
  Result<uint64_t> free_bytes(const std::string&) override {
    return bytes_max - std::min(bytes_max, used());
  }

  uint64_t used() const {
    uint64_t sum = 0;
    for (const auto& [path, content] : contents) sum += content->size();
    return sum;
  }
  // The same files as a machine would have them that died at this moment.
  MemoryFileSystem snapshot() const {
    MemoryFileSystem copy;
    for (const auto& [path, content] : contents) {
      copy.contents[path] = std::make_shared<std::string>(*content);
    }
    return copy;
  }

 private:
  class MemoryMapping final : public Mapping {
   public:
    explicit MemoryMapping(Content content) : content_(std::move(content)) {}
    std::span<char> bytes() override { return *content_; }

   private:
    Content content_;
  };

  class MemoryFile final : public File {
   public:
    MemoryFile(MemoryFileSystem& owner, Content content)
        : owner_(owner), content_(std::move(content)) {}

    Result<> write_at(uint64_t offset, std::span<const std::string_view> parts) override {
      if (owner_.fail_writes) return fail("input/output error");
      for (const std::string_view part : parts) {
        const uint64_t end = offset + part.size();
        const uint64_t grows = end > content_->size() ? end - content_->size() : 0;
        const uint64_t room = owner_.bytes_max - std::min(owner_.bytes_max, owner_.used());
        const uint64_t fits =
            part.size() - std::min<uint64_t>(part.size(), grows > room ? grows - room : 0);
        if (fits > 0 && offset + fits > content_->size()) content_->resize(offset + fits);
        if (fits > 0) std::memcpy(content_->data() + offset, part.data(), fits);
        if (fits < part.size()) return fail("no space left on device", ErrorKind::full);
        offset = end;
      }
      return {};
    }
    Result<size_t> read_at(uint64_t offset, std::span<char> out) override {
      if (owner_.fail_reads) return fail("input/output error");
      if (offset >= content_->size()) return size_t{0};
      const size_t size = std::min<size_t>(out.size(), content_->size() - offset);
      std::memcpy(out.data(), content_->data() + offset, size);
      return size;
    }
    Result<> truncate(uint64_t size) override {
      if (owner_.fail_truncates) return fail("input/output error");
      content_->resize(size);
      return {};
    }
    Result<uint64_t> size() override { return content_->size(); }
    Result<> sync() override { return {}; }
    Result<std::unique_ptr<Mapping>> map(uint64_t size) override {
      if (owner_.used() - content_->size() + size > owner_.bytes_max) {
        return fail("no space left on device", ErrorKind::full);
      }
      content_->resize(size);
      return std::make_unique<MemoryMapping>(content_);
    }

   private:
    MemoryFileSystem& owner_;
    Content content_;
  };
};

}  // namespace alloy::queue
