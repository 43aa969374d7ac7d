// The record that is being built, in memory that is a file: what has been committed survives the
// death of the process (not that of the machine, which may leave anything: check what you find).
//
// The owner fills room() behind the committed bytes, commits after each thing it took, and in the
// end appends the whole to a log and clears. After a crash a batch that is left over is found again
// by open().
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>

#include "base/log.h"
#include "queue/file_system.h"
#include "queue/log.h"
#include "queue/record.h"

namespace alloy::queue {

class OpenBatch {
 public:
  struct Options {
    std::string path;
    size_t capacity = 1 << 20;
    FileSystem* files = &real_file_system();
    Logger logger;
  };

  // Takes up the file's batch, or starts an empty one. Never fails: while the disk refuses, the
  // batch lives in plain memory, and clear() tries again.
  explicit OpenBatch(Options options);

  static std::string file_name(size_t lane);
  // Whether the file in a log's folder holds a batch.
  static bool is_file_name(std::string_view name);

  // All bytes of the batch; the first committed() of them count.
  std::span<char> bytes() { return mapping_->bytes().subspan(header_bytes); }
  size_t committed() const { return committed_; }
  std::span<char> room() { return bytes().subspan(committed_); }
  const RecordInfo& info() const { return info_; }

  // From now on the first `size` bytes and this description count, both or (if the process dies
  // within) neither.
  void commit(size_t size, const RecordInfo& info);

  // Whether the log already has this batch: the process died after append() and before clear().
  bool is_in(const Log& log) const;
  // Appends `payload`, made of the batch's bytes, and clears; returns the record's sequence. While
  // the log has it only in memory, the file stays, under another name, for a process that comes
  // after a death.
  uint64_t seal(Log& log, std::string_view payload, const RecordInfo& info);
  // Starts anew, with at least this capacity.
  void clear(size_t capacity = 0);

  // Whether what is committed survives the process.
  bool is_durable() const { return durable_; }
  // Makes committed bytes plain: forgets the file's name too. For batches nobody will continue.
  void remove();

 private:
  struct Header;
  static constexpr size_t header_bytes = 256;

  Header& header() { return *reinterpret_cast<Header*>(mapping_->bytes().data()); }
  Result<> map_file(size_t capacity);
  void start();
  bool set_aside(Log& log, uint64_t sequence);
  void reopen();

  Options options_;
  std::unique_ptr<File> file_;
  std::unique_ptr<Mapping> mapping_;
  bool durable_ = false;
  size_t committed_ = 0;
  RecordInfo info_;
};

// Makes a log record of what a left-over batch holds; false: it is not usable. May change the info.
using FinishBatch =
    std::function<bool(std::span<const char> bytes, RecordInfo& info, std::string& payload)>;
struct BatchRecovery {
  size_t sealed = 0;    // Batches that went into the log.
  size_t unusable = 0;  // Batches that were given up.
  Counts lost = {};     // What those said they held.
};
// Seals all batches in the log's folder that an earlier process left, and removes their files.
BatchRecovery recover_open_batches(Log& log, FileSystem& files, const Logger& logger,
                                   const FinishBatch& finish);

}  // namespace alloy::queue
