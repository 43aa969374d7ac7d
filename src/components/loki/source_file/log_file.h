// One file, whatever it is called by now: reads its lines, hands them on, and knows how far that
// has been acknowledged.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_events.h"
#include "base/log.h"
#include "components/loki/source_file/byte_source.h"
#include "components/loki/source_file/delivery_ledger.h"
#include "components/loki/source_file/text_encoding.h"
#include "signals/log_batch_builder.h"
#include "signals/logs_receiver.h"

namespace alloy::loki::source_file {

// How the files of a target are to be read.
struct ReadSettings {
  std::string encoding;
  Compression compression = Compression::none;
  Duration initial_delay = Duration::zero();  // For compressed files.
};

// What all files of a component share. Outlives them.
struct ReadEnvironment {
  LogsFanout& fanout;
  Clock& clock;
  Logger logger;
  FileEvents* events = nullptr;  // Null: everything has to be polled.
  std::shared_ptr<ReadMarks> marks;
};

// Memory that whoever reads lends to one file after another.
struct ReadBuffers {
  std::vector<char> bytes;
  std::string text;
  LogBatchBuilder batch;
};

// What a target's files count together.
struct ReadCounters {
  std::atomic<uint64_t> lines = 0;
  std::atomic<uint64_t> lost_bytes = 0;  // Gone before they could be handed on (again).
};

class LogFile {
 public:
  // A file known by its mark only, until open() finds it.
  // `wake` is called, from any thread, when the file has changed or something has to be handed on
  // again.
  LogFile(const ReadEnvironment& environment, ReadMark mark, std::function<void()> wake);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  // Error: an unknown encoding, or a file that can't be decompressed.
  Result<> open(Descriptor file, const ReadSettings& settings);
  bool is_open() const { return static_cast<bool>(file_); }
  // Goes to the end of the last line; only of a file that has just been opened.
  Result<> skip_lines();
  // Goes on in a copy of the file, at the same position. The mark still names the original.
  void continue_in(Descriptor copy);

  // Whether the open file still is what has been read from, as far as can be seen.
  enum class Check : unsigned char { same, other };
  Check check();
  // The next check() looks at the content, whether it seems to have changed or not.
  void doubt() { is_doubtful_ = true; }
  bool is_doubtful() const { return is_doubtful_; }
  // Whether the other file, which may be a copy, has what was read of this one.
  bool is_content_of(int descriptor) const;
  // How much was not read yet of what the file had before it changed.
  int64_t unread_before() const { return unread_before_; }
  // Whether nothing has been read of it, so that it could be any file.
  bool is_untouched() const { return head_.empty(); }

  enum class Progress : unsigned char {
    more,     // Lines were handed on, and there may be more.
    at_end,   // There are no more whole lines for now.
    refused,  // The receivers want to be asked again a little later.
    failed,   // It can't be read.
  };
  // Hands on the next lines, at most a chunk. Blocks.
  Progress read_some(ReadBuffers& buffers, const Series& labels, ReadCounters& counters);
  // Hands on what stands behind the last newline, as a line. Only at the end.
  Progress read_rest(ReadBuffers& buffers, const Series& labels, ReadCounters& counters);
  const std::string& error() const { return error_; }
  // Since when it could not be read, if the last attempt failed.
  std::optional<SteadyTime> failed_since() const { return failed_since_; }

  // Nothing more is to be read, but what failed is handed on again.
  void end_here();
  bool has_ended() const { return has_ended_; }
  // Whether everything that was read is acknowledged, and nothing has to be handed on again.
  bool is_settled() const;

  int descriptor() const { return file_.get(); }
  // The size when last looked at, and when it was found to have grown.
  int64_t size() const { return size_; }
  int64_t modified_ns() const { return modified_ns_; }
  uint64_t links() const { return links_; }
  SteadyTime grown_at() const { return grown_at_; }
  void look();

  Inode inode() const { return mark_.inode(); }
  // Of what is open: the file, or a copy that the mark does not name yet.
  Inode open_inode() const { return open_inode_; }
  Head head() const { return head_; }
  int64_t position() const { return position_; }
  int64_t committed() const { return ledger_->committed(); }
  ReadMark mark() const { return mark_; }
  std::shared_ptr<DeliveryLedger> ledger() const { return ledger_; }
  // Otherwise it has to be polled.
  bool is_watched() const { return watch_.has_value(); }

 private:
  struct Refused {
    Range range;
    DeliveryPointer delivery;
  };

  ByteSource& source();
  void watch_changes();
  Result<int64_t> skip_byte_order_mark(const ReadSettings& settings);
  Result<std::optional<Range>> find_lines(ReadBuffers& buffers);
  Progress hand_on(Range range, std::string_view text, DeliveryPointer delivery,
                   ReadBuffers& buffers, const Series& labels, ReadCounters& counters);
  Progress hand_on_again(Range range, DeliveryPointer delivery, ReadBuffers& buffers,
                         const Series& labels, ReadCounters& counters);
  void split(std::string_view text, ReadBuffers& buffers, const Series& labels);
  Progress fail_with(const Error& error);
  bool has_changed() const;
  bool is_confirmed(Range range, std::string_view text);
  void set_head(Head head);
  void set_print(Print print);

  const ReadEnvironment& environment_;
  ReadMark mark_;
  const std::function<void()> wake_;
  std::shared_ptr<DeliveryLedger> ledger_;
  Descriptor file_;
  Inode open_inode_;
  std::unique_ptr<ByteSource> source_;
  TextEncoding encoding_;
  std::optional<FileEvents::Watch> watch_;
  Compression compression_ = Compression::none;
  Head head_;
  Print print_;       // Of what was read last.
  int64_t position_;  // Everything before has been handed on at least once.
  int64_t scanned_;   // No newline lies between the position and here.
  int64_t size_ = 0;
  uint64_t links_ = 1;
  int64_t modified_ns_ = 0;
  bool is_fresh_ = false;     // Modified so lately that it may have been again, at the same time.
  bool is_doubtful_ = false;  // What was read last did not fit.
  int64_t unread_before_ = 0;
  SteadyTime grown_at_;
  int64_t last_timestamp_ns_ = 0;
  std::optional<Refused> refused_;
  bool has_ended_ = false;
  std::string error_;
  std::optional<SteadyTime> failed_since_;
};

}  // namespace alloy::loki::source_file
