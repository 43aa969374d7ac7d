// The durable, size-capped queue: a folder of segments that records are appended to, and one cursor
// for each reader that only moves when the reader acknowledges.
//
// Promises. What was appended is delivered to every reader at least once, in order, across restarts
// and crashes, unless a limit or damage forbids it: that is counted by reason, to the item. A log
// never fails to take a record: while the disk refuses, records wait in a small piece of memory.
// Memory is otherwise only a window: readers read from the files. A segment goes when every reader
// has passed it, or when the limits say so (oldest first).
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "queue/cursor.h"
#include "queue/file_system.h"
#include "queue/record.h"

namespace alloy::queue {

struct LogLimits {
  uint64_t bytes_max = 4ull << 30;  // Of all segments together; the oldest is dropped beyond.
  Duration age_max = 8h;            // Records that waited for longer are dropped.
  uint64_t segment_bytes = 16ull << 20;
  uint64_t memory_bytes_max = 16ull << 20;  // While the disk refuses to take more.
};

// Why records never reached a reader.
enum class DropReason : unsigned char {
  full,     // The log had reached its size.
  expired,  // They were older than the log keeps them.
  damaged,  // Their bytes on disk could not be read.
  disk,     // The disk refused them, and the memory for that time was full too.
};
inline constexpr size_t drop_reasons = 4;
std::string_view name_of(DropReason reason);

struct ReaderStats {
  Counts pending = {};  // Appended and not yet acknowledged.
  uint64_t records_pending = 0;
  std::array<Counts, drop_reasons> dropped = {};
};

struct LogStats {
  uint64_t bytes = 0;
  uint64_t bytes_in_memory = 0;
  uint64_t segments = 0;
  uint64_t first_segment = 0;  // Numbers of segments, by their first record.
  uint64_t current_segment = 0;
  uint64_t records_appended = 0;  // Since it was opened, as the following.
  uint64_t bytes_appended = 0;
  uint64_t write_failures = 0;
  uint64_t segments_removed = 0;
  uint64_t damages = 0;
};

class Reader;
// Of the file in a log's folder that says where the log ends.
inline constexpr std::string_view end_file_name = "log.end";

// What keeps a record safe while the log has it only in memory. Destroyed without done(): the log
// has ended first, and the record with it.
class Safekeeping {
 public:
  virtual ~Safekeeping() = default;
  // The record is on disk, or no reader needs it any more, or it was dropped and counted. Called
  // with the log's lock: only lets go.
  virtual void done() = 0;
};

class Log : public std::enable_shared_from_this<Log> {
 public:
  struct Options {
    std::string folder;
    LogLimits limits;
    FileSystem* files = &real_file_system();
    Clock* clock = &real_clock();
    Logger logger;
  };

  // Creates the folder or takes up what lies in it. Fails when the folder cannot be used at all;
  // damage inside is survived.
  static Result<std::shared_ptr<Log>> open(Options options);

  // Takes a record; from any thread. `announced` gets its sequence before the first byte is
  // written: who keeps that in a file can tell after a crash whether the record got in.
  uint64_t append(const RecordInfo& info, std::string_view payload,
                  std::atomic<uint64_t>* announced = nullptr);

  // Counts, for every reader, what was meant for the log and is lost.
  void lose(const Counts& counts);

  // Whether the record survives the process, or every reader is through with it.
  bool has(uint64_t sequence) const;
  // Keeps this for as long as the log has the record only in memory.
  void keep(uint64_t sequence, std::unique_ptr<Safekeeping> kept);

  // The reader of this name, at its cursor; a new one starts at the end. One handle at a time: an
  // older one must no longer be used.
  std::shared_ptr<Reader> reader(const std::string& key);
  // Only sees to it that there is a reader of this name.
  void add_reader(const std::string& key);
  std::vector<std::string> reader_keys() const;
  // The cursor goes over to another name (which must be free).
  void rename_reader(const std::string& from, const std::string& to);
  // Forgets a reader, so that it holds nothing back any more.
  void remove_reader(const std::string& key);

  void set_limits(LogLimits limits);
  LogLimits limits() const;
  // Housekeeping for now and then: expires, brings what waits in memory to the disk.
  void tidy();
  // Makes what was appended survive a power failure; may take long.
  Result<> sync();

  // The sequence that the next record gets.
  uint64_t next_sequence() const;
  // Whether every reader is through with everything.
  bool is_drained() const;
  LogStats stats() const;
  uint64_t bytes_in_memory() const;
  ReaderStats reader_stats(const std::string& key) const;
  const std::string& folder() const { return options_.folder; }

  // Removes a log's files and its folder.
  static Result<> destroy(FileSystem& files, const std::string& folder);

 private:
  friend class Reader;

  struct Segment {
    std::string path;
    uint64_t first_sequence = 0;
    uint64_t end_sequence = 0;  // Behind the last record in it.
    int64_t created_at = 0;
    int64_t appended_at = 0;  // The last time.
    Counts counted_before = {};
    uint64_t bytes = 0;
    bool follows_disk_hole = false;  // The disk refused what came before, in this life.
  };
  struct MemoryRecord {
    RecordHeader header;
    std::string payload;
    std::vector<std::unique_ptr<Safekeeping>> kept = {};
  };
  // Where a reader is. `next` is the record it gets next; `cursor` lags behind it by what is out.
  struct ReaderState {
    std::string key;
    Cursor cursor;
    Cursor next;
    std::map<uint64_t, Cursor> in_flight;  // By sequence.
    std::unique_ptr<CursorFile> file;
    bool stored = true;    // Whether the file has the cursor.
    bool removed = false;  // By remove_reader(); a handle may still be around.
    std::array<Counts, drop_reasons> dropped = {};
    std::shared_ptr<Event> appended;
  };
  struct Boundary {
    uint64_t sequence;
    Counts counted;
  };

  explicit Log(Options options) : options_(std::move(options)) {}

  Result<> recover();
  void recover_segment(const std::string& name, uint64_t named_sequence);
  void recover_cursor(const std::string& name);
  void recover_end();
  std::string path_of(std::string_view name) const {
    return options_.folder + "/" + std::string(name);
  }
  int64_t now() const { return to_unix_milliseconds(options_.clock->wall()); }

  Result<> write_record(const RecordHeader& header, std::string_view payload);
  Result<> start_segment(const RecordHeader& first);
  void stop_segment();
  void keep_in_memory(const RecordHeader& header, std::string_view payload);
  bool flush_memory();
  void forget_front_of_memory();
  void note_write_failure(const Error& error);

  // Whether the file of this segment, which a reader misses, was removed by somebody else: then
  // nothing more is written to it.
  bool has_lost(uint64_t first_sequence);
  Boundary boundary_behind_segment(size_t index) const;
  DropReason reason_of_hole_before(size_t index) const;
  void store_end();
  void make_room(uint64_t bytes);
  void drop_front_segment(DropReason reason);
  void remove_front_segment();
  void remove_passed();
  void skip_to(ReaderState& reader, const Boundary& boundary, DropReason reason);
  void settle(ReaderState& reader);
  void store_cursor(ReaderState& reader);
  bool has_locked(uint64_t sequence) const;
  Cursor slowest() const;
  Cursor oldest() const;
  std::shared_ptr<ReaderState> find_or_add(const std::string& key);

  Options options_;
  mutable std::mutex mutex_;  // Guards everything below, and the limits in the options.
  std::deque<Segment> segments_;
  std::unique_ptr<File> current_;  // Of the last segment, while it takes records.
  std::deque<MemoryRecord> memory_;
  uint64_t memory_bytes_ = 0;
  uint64_t bytes_ = 0;
  uint64_t next_sequence_ = 1;
  Counts counted_ = {};
  // Says where the log ends, so that an end that is missing shows. Null: the disk refuses it.
  std::unique_ptr<CursorFile> end_file_;
  uint64_t disk_hole_end_ = 0;  // The sequence behind what memory had to give up.
  std::map<std::string, std::shared_ptr<ReaderState>> readers_;
  std::set<std::string> lost_cursors_;  // The names of files that said nothing any more.
  bool has_no_cursors_ = false;  // There are segments, but the files of all cursors are gone.
  LogStats stats_;
  bool failing_ = false;  // The last write failed; said once.
  bool unsynced_ = false;
};

}  // namespace alloy::queue
