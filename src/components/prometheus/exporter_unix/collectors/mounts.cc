#include "components/prometheus/exporter_unix/collectors/mounts.h"

#include <condition_variable>
#include <mutex>
#include <set>
#include <sys/vfs.h>
#include <thread>

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"

namespace alloy::prometheus::exporter_unix {
namespace {

// fstab(5) writes blanks as \040 and tabs as \011.
std::string unescape_mount_point(std::string_view text) {
  std::string path;
  while (!text.empty()) {
    if (text.starts_with("\\040") || text.starts_with("\\011")) {
      path += text[2] == '4' ? ' ' : '\t';
      text.remove_prefix(4);
    } else {
      path += text.front();
      text.remove_prefix(1);
    }
  }
  return path;
}

}  // namespace

Result<std::vector<Mount>> read_mounts(const Paths& paths) {
  auto text = read_file(paths.in_proc("1/mounts"));
  // Processes of others may be hidden.
  if (!text && text.error().kind() == ErrorKind::not_found) {
    text = read_file(paths.in_proc("mounts"));
  }
  if (!text) return fail(text.error().message());
  std::vector<Mount> mounts;
  Result<> result;
  for_each_line(*text, [&](std::string_view line) {
    const auto parts = words(line);
    if (parts.size() < 4) {
      result = fail(fmt::format("malformed mount point information: {}", quote(line)));
      return;
    }
    Mount mount{std::string(parts[0]), paths.without_root(unescape_mount_point(parts[1])),
                std::string(parts[2])};
    for (const std::string_view option : split(parts[3], ',')) mount.is_read_only |= option == "ro";
    mounts.push_back(std::move(mount));
  });
  TRY(result);
  return mounts;
}

// What a reader and its helper thread share; the helper may outlive the reader.
struct UsageReader::Batch {
  std::mutex mutex;  // Guards everything below.
  std::condition_variable progress;
  std::vector<std::string> paths;
  std::vector<Usage> usages;
  size_t done = 0;
  bool is_abandoned = false;
};

struct UsageReader::Stuck {
  mutable std::mutex mutex;  // Guards everything below.
  std::set<std::string> paths;
};

UsageReader::UsageReader(Duration timeout, Ask ask)
    : timeout_(timeout), ask_(ask), stuck_(std::make_shared<Stuck>()) {}

Usage UsageReader::ask_system(const std::string& path) {
  struct statfs info = {};
  if (::statfs(path.c_str(), &info) != 0) return {};
  const auto block = static_cast<double>(info.f_bsize);
  return {.is_known = true,
          .size_bytes = static_cast<double>(info.f_blocks) * block,
          .free_bytes = static_cast<double>(info.f_bfree) * block,
          .available_bytes = static_cast<double>(info.f_bavail) * block,
          .files = static_cast<double>(info.f_files),
          .files_free = static_cast<double>(info.f_ffree)};
}

bool UsageReader::is_stuck(const std::string& path) const {
  const std::lock_guard lock(stuck_->mutex);
  return stuck_->paths.contains(path);
}

// Answers one path after the other, until somebody has lost patience with one of them.
void UsageReader::work(std::shared_ptr<Batch> batch, std::shared_ptr<Stuck> stuck, Ask ask) {
  std::unique_lock lock(batch->mutex);
  while (batch->done < batch->paths.size()) {
    const std::string path = batch->paths[batch->done];
    lock.unlock();
    const Usage usage = ask(path);
    lock.lock();
    if (batch->is_abandoned) {
      const std::lock_guard stuck_lock(stuck->mutex);
      stuck->paths.erase(path);
      return;
    }
    batch->usages[batch->done++] = usage;
    batch->progress.notify_one();
  }
}

std::vector<Usage> UsageReader::read(const std::vector<std::string>& paths) {
  std::vector<Usage> usages(paths.size());
  size_t next = 0;
  while (next < paths.size()) {
    if (is_stuck(paths[next])) {
      ++next;
      continue;
    }
    // As far as the next one that is known to be stuck.
    size_t end = next;
    while (end < paths.size() && !is_stuck(paths[end])) ++end;
    auto batch = std::make_shared<Batch>();
    batch->paths.assign(paths.begin() + static_cast<ptrdiff_t>(next),
                        paths.begin() + static_cast<ptrdiff_t>(end));
    batch->usages.resize(batch->paths.size());
    std::thread helper(work, batch, stuck_, ask_);
    std::unique_lock lock(batch->mutex);
    for (size_t seen = 0; seen < batch->paths.size(); seen = batch->done) {
      if (batch->progress.wait_for(lock, timeout_, [&] { return batch->done > seen; })) continue;
      batch->is_abandoned = true;
      break;
    }
    std::ranges::copy(batch->usages, usages.begin() + static_cast<ptrdiff_t>(next));
    next += batch->done;
    if (batch->is_abandoned) {
      {
        const std::lock_guard stuck_lock(stuck_->mutex);
        stuck_->paths.insert(paths[next]);
      }
      lock.unlock();
      // The kernel may hold it for ever; it touches nothing but what it shares.
      helper.detach();
      ++next;
    } else {
      lock.unlock();
      helper.join();
    }
  }
  return usages;
}

}  // namespace alloy::prometheus::exporter_unix
