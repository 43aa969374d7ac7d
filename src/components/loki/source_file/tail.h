// Follows one target: the file under its path, and those that were there before and are not read to
// their end yet.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "components/loki/shared/positions.h"
#include "components/loki/source_file/log_file.h"
#include "components/loki/source_file/rotated_files.h"
#include "signals/series.h"

namespace alloy::loki::source_file {

class Tail;

inline bool is_same_file(const FoundFile& found, ReadMark mark) {
  return is_same_file(found, mark.identity());
}

// Which target reads which file, so that a file that is rotated from one target to another is not
// read twice. From any thread.
class OpenFiles {
 public:
  // What the mark stands for may be gone, and its inode another file's, until it has been opened.
  void add(ReadMark mark, std::weak_ptr<Tail> tail);
  void set_open(Inode inode, const Tail& tail);
  void remove(Inode inode, const Tail& tail);
  // Another one than `tail` that reads the file, with the same labels.
  std::shared_ptr<Tail> find_other(const FoundFile& found, const Tail& tail);

 private:
  struct Reader {
    const Tail* address;
    std::weak_ptr<Tail> tail;
    ReadMark mark;
    bool is_open = false;
  };
  std::mutex mutex_;  // Guards everything below.
  std::unordered_multimap<uint64_t, Reader> readers_;
};

// What to do when there is a position, but it can't be understood.
enum class OnPositionError : unsigned char { skip, restart_from_end, restart_from_beginning };

struct TailSettings {
  ReadSettings read;
  Duration poll_min = 250ms;
  Duration poll_max = 250ms;
  bool tail_from_end = false;
  bool has_legacy_positions = false;
  OnPositionError on_position_error = OnPositionError::restart_from_beginning;
};

// What all targets of a component share. Outlives them.
struct TailEnvironment {
  ReadEnvironment read;
  PositionsFile& positions;
  OpenFiles& open_files;
  // Asks for a target to be looked at soon, from any thread.
  std::function<void(std::shared_ptr<Tail>)> wake;
  // Whether there is a target with this path, or with these labels too.
  std::function<bool(const std::string& path)> is_target;
  std::function<bool(const PositionKey& key)> is_target_key;
};

class Tail : public std::enable_shared_from_this<Tail> {
 public:
  Tail(const TailEnvironment& environment, PositionKey key, SeriesRef labels,
       std::shared_ptr<const TailSettings> settings);
  ~Tail();

  // The start, in two steps, since what one target has to finish another must not begin: takes the
  // marks of earlier runs; looks for the files and opens them.
  void load();
  void open();
  // Whether load() has found marks.
  bool had_marks() const { return had_marks_; }

  // What to do after work().
  struct Next {
    bool at_once = false;
    bool is_over = false;  // Never again.
    Duration after = Duration::zero();
  };
  // Reads a share of what there is. Never twice at the same time. Blocks.
  Next work(ReadBuffers& buffers);

  // From any thread:

  // The target has other labels now.
  void set_key(PositionKey key, SeriesRef labels);
  void set_settings(std::shared_ptr<const TailSettings> settings);
  // The target is gone: what was rotated away or deleted is read to its end, the rest left alone.
  void retire();
  // The same in a while, unless it is revived until then: its file has vanished, but may come back.
  void linger();
  // Whether it goes on as if it had never been gone; otherwise it has been retired. So is one whose
  // own file went away and came back: that is a new target, to be read from its start.
  bool revive();
  // Puts the position into positions.yml; before and after it is written.
  void publish_begin();
  void publish_end();

  PositionKey key() const;
  bool is_running() const { return is_running_; }
  // Whether there has been a file yet.
  bool has_begun() const { return has_begun_; }
  int64_t position() const { return position_; }
  int64_t size() const { return size_; }
  const ReadCounters& counters() const { return counters_; }
  // Whether the file is the one under the target's path.
  bool is_at_path(Inode inode) const;

 private:
  std::unique_ptr<LogFile> make_file(ReadMark mark);
  std::optional<FoundFile> open_at_path();
  bool add_file(FoundFile found, int64_t offset, int64_t begun_ns);
  bool open_marked(LogFile& file, FoundFile found);
  bool is_known(const FoundFile& found) const;
  bool is_of(const LogFile& file, const FoundFile& found) const;
  void drop(LogFile& file, std::string_view why);
  void count_lost(const LogFile& file, int64_t bytes, std::string_view why);

  void take_marks_of_other_labels();
  void begin_first(FoundFile found);
  void begin_next(FoundFile found);
  void resume(std::optional<FoundFile> found);
  // What is found when an earlier run's files are taken up.
  struct Resumed {
    std::vector<FoundFile> rewritten;  // With other content than what was read of them.
    std::vector<std::pair<LogFile*, FileInfo>> copies;  // In which files go on.
  };
  void resume_rotated(Resumed& resumed);
  void resume_at(std::optional<FoundFile> found, Resumed& resumed);
  void note_rewritten(const LogFile& file, Resumed& resumed) const;
  std::optional<FoundFile> find_rewritten(const LogFile& file) const;
  bool resume_last(LogFile& last, FoundFile& found, Resumed& resumed);
  std::optional<int64_t> first_offset(const FoundFile& found);
  enum class Takeover : unsigned char { none, wait, taken };
  Takeover take_over(FoundFile& found);

  void apply_key();
  void follow_path();
  void check_content();
  void rotate(FoundFile found);
  bool go_back_to(const FoundFile& found);
  bool can_search();
  void begin_content_anew();
  void add_unseen();
  bool is_continued_by(const LogFile& last, int descriptor) const;
  void continue_in(LogFile& file, FoundFile found);
  void adopt_copy(LogFile& file, const FileInfo& copy);
  void set_inode(LogFile& file, const FileInfo& info);
  bool is_unread(const FoundFile& found) const;
  std::vector<FoundFile> find_unread(int64_t after_ns, int64_t before_ns, Inode except);
  void add_between(int64_t after_ns, int64_t before_ns, Inode except);

  bool read_files(ReadBuffers& buffers);
  bool read_file(LogFile& file, bool is_current, ReadBuffers& buffers, int& budget);
  void read_rest(LogFile& file, const LogFile* successor, ReadBuffers& buffers);
  bool is_current(const LogFile& file) const;
  bool is_finished(const LogFile& file) const;
  void finish_files();
  void finish(LogFile& file);
  void forget_everything();
  Next next(bool has_more);
  void retire_if_due(SteadyTime now);
  bool is_lingering() const { return lingers_until_.load() != SteadyTime::max(); }
  void note_state();
  void report_once(std::string_view what, const std::string& error);

  const TailEnvironment& environment_;
  ReadCounters counters_;
  std::atomic<bool> is_retired_ = false;
  std::atomic<SteadyTime> lingers_until_ = SteadyTime::max();
  std::atomic<bool> is_open_ = false;     // Whether open() has returned.
  std::atomic<bool> wants_open_ = false;  // Whether work() is to call it.
  std::atomic<bool> is_running_ = false;
  std::atomic<bool> has_begun_ = false;
  std::atomic<int64_t> position_ = 0;
  std::atomic<int64_t> size_ = 0;

  // Only for work() and what comes before it:
  std::deque<std::unique_ptr<LogFile>> files_;  // The last one is under the path, or was.
  std::vector<ReadMark> finished_;              // Of files read to the end, to know them again.
  std::shared_ptr<const TailSettings> used_;    // The settings of this round.
  const Series* series_ = nullptr;              // The labels of this round.
  std::optional<FileInfo> failed_;              // What can't be read, until it changes.
  bool had_marks_ = false;
  bool is_missing_ = false;
  bool was_missing_ = false;  // Since the last file was under the path.
  bool is_link_ = false;
  bool is_refused_ = false;
  bool is_hindered_ = false;  // Something has to be tried again: files can't be read or opened.
  bool is_skipped_ = false;   // For good: its position can't be understood.
  bool is_waiting_ = false;   // For another target to finish the file that is under the path now.
  bool has_progress_ = false;
  Duration refused_pause_ = Duration::zero();
  Duration poll_pause_ = Duration::zero();
  SteadyTime begin_at_;
  std::string reported_;

  mutable std::mutex mutex_;  // Guards everything below.
  PositionKey key_;
  SeriesRef labels_;
  std::optional<PositionKey> next_key_;
  std::shared_ptr<const TailSettings> settings_;
  std::optional<ReadMark> current_;  // Of the last file.
  Inode vanished_;                   // Which was the last one when it began to linger.
  int64_t vanished_begun_ns_ = 0;
  std::shared_ptr<DeliveryLedger> current_ledger_;
  bool is_published_ = true;  // Whether the position belongs into positions.yml.
  int64_t publishing_ = ReadMark::unpublished;
};

}  // namespace alloy::loki::source_file
