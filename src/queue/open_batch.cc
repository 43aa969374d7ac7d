#include "queue/open_batch.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace alloy::queue {
namespace {

constexpr uint64_t batch_magic = 0x3168637461426f41;  // "AoBatch1"
constexpr std::string_view prefix = "open-";
// Of files whose batch is in the log's memory; before the others in the order of names, as it is
// the older one.
constexpr std::string_view kept_prefix = "kept-";
constexpr std::string_view suffix = ".batch";

class PlainMemory final : public Mapping {
 public:
  explicit PlainMemory(size_t size) : bytes_(new char[size]()), size_(size) {}
  std::span<char> bytes() override { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  size_t size_;
};

// The file of a batch that only the log's memory has otherwise.
class KeptFile final : public Safekeeping {
 public:
  KeptFile(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}
  void done() override { (void)files_.remove(path_); }

 private:
  FileSystem& files_;
  const std::string path_;
};

// What a damaged batch says it held: no more than a byte each.
Counts plausible_counts(const OpenBatch& batch) {
  Counts counts = batch.info().total();
  for (uint64_t& count : counts) count = std::min<uint64_t>(count, batch.committed());
  return counts;
}

}  // namespace

// Two descriptions; the lowest bit of the state says which counts, the others how many bytes do.
struct OpenBatch::Header {
  uint64_t magic;
  std::atomic<uint64_t> announced;
  std::atomic<uint64_t> state;
  RecordInfo infos[2];
};

std::string OpenBatch::file_name(size_t lane) {
  return fmt::format("{}{}{}", prefix, lane, suffix);
}

bool OpenBatch::is_file_name(std::string_view name) {
  return (name.starts_with(prefix) || name.starts_with(kept_prefix)) && name.ends_with(suffix);
}

OpenBatch::OpenBatch(Options options) : options_(std::move(options)) {
  static_assert(sizeof(Header) <= header_bytes);
  static_assert(std::atomic<uint64_t>::is_always_lock_free);
  if (auto file = options_.files->open(options_.path, OpenMode::read_write)) {
    const auto size = (*file)->size();
    if (size && *size > header_bytes && *size <= record_payload_bytes_max) {
      file_ = *std::move(file);
      if (map_file(*size - header_bytes)) {
        durable_ = true;
        reopen();
        return;
      }
      file_.reset();
    }
  }
  start();
}

Result<> OpenBatch::map_file(size_t capacity) {
  mapping_.reset();
  TRY(mapping_, file_->map(header_bytes + capacity));
  return {};
}

// Reads what an earlier process left.
void OpenBatch::reopen() {
  const Header& left = header();
  const uint64_t state = left.state.load(std::memory_order_acquire);
  if (left.magic != batch_magic || state >> 1 > bytes().size()) {
    start();
    return;
  }
  committed_ = state >> 1;
  info_ = left.infos[state & 1];
  if (committed_ == 0) clear();
}

void OpenBatch::start() {
  Result<> mapped = {};
  if (!file_) {
    auto file = options_.files->open(options_.path, OpenMode::create);
    if (file) {
      file_ = *std::move(file);
    } else {
      mapped = std::unexpected(std::move(file).error());
    }
  }
  if (mapped) mapped = map_file(options_.capacity);
  if (!mapped) {
    if (durable_ || !mapping_) {
      options_.logger.error("cannot keep the open batch on disk; it would be lost with the process",
                            {{"file", options_.path}, {"err", mapped.error()}});
    }
    if (std::exchange(file_, nullptr)) (void)options_.files->remove(options_.path);
    mapping_ = std::make_unique<PlainMemory>(header_bytes + options_.capacity);
  }
  durable_ = mapped.has_value();
  std::memset(mapping_->bytes().data(), 0, header_bytes);
  header().magic = batch_magic;
  committed_ = 0;
  info_ = {};
}

void OpenBatch::commit(size_t size, const RecordInfo& info) {
  Header& head = header();
  const uint64_t slot = 1 - (head.state.load(std::memory_order_relaxed) & 1);
  head.infos[slot] = info;
  head.state.store(uint64_t{size} << 1 | slot, std::memory_order_release);
  committed_ = size;
  info_ = info;
}

bool OpenBatch::is_in(const Log& log) const {
  const auto& head = *reinterpret_cast<const Header*>(mapping_->bytes().data());
  const uint64_t announced = head.announced.load(std::memory_order_acquire);
  return announced != 0 && log.has(announced);
}

uint64_t OpenBatch::seal(Log& log, std::string_view payload, const RecordInfo& info) {
  const uint64_t sequence = log.append(info, payload, &header().announced);
  if (!durable_ || log.has(sequence) || !set_aside(log, sequence)) clear();
  return sequence;
}

bool OpenBatch::set_aside(Log& log, uint64_t sequence) {
  // An earlier process may have set aside one with this sequence, too.
  const auto now = std::chrono::system_clock::now().time_since_epoch() / 1ns;
  std::string path = fmt::format("{}/{}{:016x}-{:x}{}", log.folder(), kept_prefix, sequence,
                                 static_cast<uint64_t>(now), suffix);
  if (const auto renamed = options_.files->rename(options_.path, path); !renamed) {
    options_.logger.error("cannot keep a batch beside the queue; it would be lost with the process",
                          {{"file", options_.path}, {"err", renamed.error()}});
    return false;
  }
  log.keep(sequence, std::make_unique<KeptFile>(*options_.files, std::move(path)));
  mapping_.reset();
  file_.reset();
  start();
  return true;
}

void OpenBatch::clear(size_t capacity) {
  if (!durable_ || capacity > bytes().size() || bytes().size() != options_.capacity) {
    options_.capacity = std::max(options_.capacity, capacity);
    start();
    return;
  }
  Header& head = header();
  head.state.store(0, std::memory_order_release);
  head.announced.store(0, std::memory_order_release);
  committed_ = 0;
  info_ = {};
}

BatchRecovery recover_open_batches(Log& log, FileSystem& files, const Logger& logger,
                                   const FinishBatch& finish) {
  BatchRecovery result;
  std::vector<std::unique_ptr<OpenBatch>> left;
  for (const std::string& name : files.list(log.folder()).value_or(std::vector<std::string>())) {
    if (!OpenBatch::is_file_name(name)) continue;
    auto batch = std::make_unique<OpenBatch>(
        OpenBatch::Options{.path = log.folder() + "/" + name, .files = &files, .logger = logger});
    // All are asked before the first is sealed: sealing moves the log's end.
    if (batch->committed() > 0 && batch->is_in(log)) batch->clear();
    left.push_back(std::move(batch));
  }
  for (const auto& batch : left) {
    RecordInfo info = batch->info();
    std::string payload;
    if (batch->committed() > 0) {
      if (finish(batch->bytes().first(batch->committed()), info, payload)) {
        batch->seal(log, payload, info);
        ++result.sealed;
      } else {
        ++result.unusable;
        const Counts lost = plausible_counts(*batch);
        result.lost = result.lost + lost;
        log.lose(lost);
        logger.error("the open batch of an earlier run is damaged and lost",
                     {{"folder", log.folder()}, {"items", lost[0] + lost[1] + lost[2] + lost[3]}});
      }
    }
    batch->remove();
  }
  return result;
}

void OpenBatch::remove() {
  (void)options_.files->remove(options_.path);
  durable_ = false;
}

}  // namespace alloy::queue
