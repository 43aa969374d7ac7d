// Whatever lies in a queue's folder, opening and reading it ends, delivers only records that were
// appended, in order, and the log goes on working.
//
// The input edits the files of a small valid log (so that most of it gets past the checksums); with
// a first byte of 0xff it replaces a file instead.
#include <cstddef>
#include <cstdint>

#include "queue/log.h"
#include "queue/memory_file_system.h"
#include "queue/open_batch.h"
#include "queue/reader.h"

namespace {

using namespace alloy;
using namespace alloy::queue;

constexpr int record_count = 24;
constexpr uint32_t appended_kind = 0x5a5a5a5a;  // Tells records from the open batch.

std::string payload_of(int i) { return fmt::format("record {:02} {}", i, std::string(i * 7, 'x')); }

std::shared_ptr<Log> open(MemoryFileSystem& files) {
  auto log = Log::open({.folder = "q", .limits = {.segment_bytes = 700}, .files = &files});
  ASSERT(log.has_value());
  return *log;
}

void fill(MemoryFileSystem& files) {
  const auto log = open(files);
  const auto reader = log->reader("reader");
  for (int i = 0; i < record_count; ++i) {
    RecordInfo info{.kind = appended_kind};
    info.counts[0] = 1;
    log->append(info, payload_of(i));
  }
  OpenBatch batch({.path = "q/open-0.batch", .capacity = 300, .files = &files});
  RecordInfo info;
  info.counts[0] = 1;
  batch.bytes()[0] = 'y';
  batch.commit(1, info);
}

// A copy of a log that was filled once: most of the time goes into reading it.
void copy_filled(MemoryFileSystem& files) {
  static const MemoryFileSystem* filled = [] {
    auto* made = new MemoryFileSystem;
    fill(*made);
    return made;
  }();
  for (const auto& [path, content] : filled->contents) {
    files.contents[path] = std::make_shared<std::string>(*content);
  }
}

// Each edit is four bytes: file, place (two), value. A value of 0 cuts the file there.
void edit(MemoryFileSystem& files, const uint8_t* data, size_t size) {
  for (; size >= 4; data += 4, size -= 4) {
    auto file = std::next(files.contents.begin(), data[0] % files.contents.size());
    std::string& content = *file->second;
    if (content.empty()) continue;
    const size_t place = (data[1] << 8 | data[2]) % content.size();
    if (data[3] == 0) {
      content.resize(place);
    } else {
      content[place] = static_cast<char>(content[place] ^ data[3]);
    }
  }
}

bool finish(std::span<const char> bytes, RecordInfo&, std::string& payload) {
  payload.assign(bytes.data(), bytes.size());
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  MemoryFileSystem files;
  copy_filled(files);
  bool raw = size > 1 && data[0] == 0xff;
  if (raw) {
    auto file = std::next(files.contents.begin(), data[1] % files.contents.size());
    file->second->assign(reinterpret_cast<const char*>(data + 2), size - 2);
  } else {
    edit(files, data, size);
  }
  const auto log = open(files);
  recover_open_batches(*log, files, {}, finish);
  for (const std::string& key : log->reader_keys()) {
    const auto reader = log->reader(key);
    uint64_t last = 0;
    while (true) {
      auto record = reader->next();
      ASSERT(record.has_value());
      if (!*record) break;
      const RecordHeader& header = (**record).header;
      ASSERT(header.sequence > last);
      last = header.sequence;
      if (!raw && header.info.kind == appended_kind) {
        ASSERT((**record).payload == payload_of(static_cast<int>(last) - 1));
      }
      reader->acknowledge(last);
    }
    const uint64_t sequence = log->append({}, "new");
    const auto record = reader->next();
    ASSERT(record.has_value() && *record && (**record).header.sequence == sequence);
  }
  return 0;
}
