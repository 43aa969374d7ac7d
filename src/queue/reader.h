// One reader of a log: hands out records in order and moves the cursor on acknowledgement.
#pragma once

#include <memory>
#include <optional>

#include "base/task.h"
#include "queue/log.h"
#include "queue/segment.h"

namespace alloy::queue {

class Reader {
 public:
  // The next record, or empty at the end of the log. Several may be out unacknowledged. Fails when
  // the disk does; trying again later may help, and after a few failures the rest of that segment
  // is given up as damaged.
  Result<std::optional<Record>> next();

  // A record that next() has handed out and nobody has acknowledged, once more; `offset` is where
  // it was. Empty when the log has let go of it since.
  Result<std::optional<Record>> again(uint64_t sequence, uint64_t offset);

  // This record is done with; the order does not matter. The cursor follows the oldest that is out.
  void acknowledge(uint64_t sequence);

  // Waits until records may have been appended since next() last came back empty.
  Task<Wake> wait(StopToken stop, Duration timeout = Duration::max());

  ReaderStats stats() const { return log_->reader_stats(key_); }
  Log& log() { return *log_; }
  const std::string& key() const { return key_; }

 private:
  friend class Log;
  Reader(std::shared_ptr<Log> log, std::shared_ptr<Log::ReaderState> state)
      : log_(std::move(log)), state_(std::move(state)), key_(state_->key) {}

  // Where to read, as decided under the lock.
  struct Place {
    uint64_t wanted = 0;
    std::string path;
    uint64_t segment = 0;
    uint64_t limit = 0;
    Log::Boundary behind;
    DropReason hole = DropReason::damaged;  // Why records may be missing before `behind`.
  };
  std::optional<Record> take_from_memory();
  std::optional<Place> find_place();
  Place find_place_in(const Log::Segment& segment, size_t index) const;
  Result<> open_segment(const Place& place);
  Result<std::optional<Record>> read_at(const Place& place);
  Result<std::optional<Record>> find_again(File& file, uint64_t limit, uint64_t sequence,
                                           uint64_t offset) const;
  bool hand_out(const RecordHeader& header);
  // Passes over everything before `behind`.
  void skip_to(const Log::Boundary& behind, DropReason reason);

  std::shared_ptr<Log> log_;
  std::shared_ptr<Log::ReaderState> state_;  // Guarded by the log's mutex.
  std::string key_;
  // The segment that is open, and where in it to go on.
  std::unique_ptr<File> file_;
  uint64_t segment_ = 0;
  uint64_t offset_ = 0;
  int failures_ = 0;
  bool damaged_ = false;  // Damaged bytes were seen in it.
};

}  // namespace alloy::queue
