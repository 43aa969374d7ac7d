// Opening a log: takes up what an earlier life, a crash or a failing disk left in the folder.
#include <algorithm>

#include <fmt/format.h>

#include "queue/log.h"
#include "queue/segment.h"

namespace alloy::queue {

Result<std::shared_ptr<Log>> Log::open(Options options) {
  std::shared_ptr<Log> log(new Log(std::move(options)));
  TRY(log->options_.files->create_folder(log->options_.folder));
  TRY(log->recover());
  return log;
}

Result<> Log::recover() {
  const std::lock_guard lock(mutex_);
  TRY(const auto names, options_.files->list(options_.folder));
  for (const std::string& name : names) {
    if (const auto sequence = parse_segment_file_name(name)) recover_segment(name, *sequence);
  }
  recover_end();
  for (const std::string& name : names) {
    if (CursorFile::is_file_name(name)) recover_cursor(name);
  }
  has_no_cursors_ = readers_.empty() && lost_cursors_.empty() && !segments_.empty();
  // A cursor may be ahead of the segments: they went with a power failure, or were all passed.
  for (const auto& [key, reader] : readers_) {
    if (reader->cursor.sequence <= next_sequence_) continue;
    next_sequence_ = reader->cursor.sequence;
    for (size_t i = 0; i < count_kinds; ++i) {
      counted_[i] = std::max(counted_[i], reader->cursor.counted[i]);
    }
  }
  if (lost_cursors_.empty()) remove_passed();
  return {};
}

// What the last segment should have held besides: it was cut off, or removed. Who comes to the hole
// counts it.
void Log::recover_end() {
  const std::string path = path_of(end_file_name);
  auto loaded = CursorFile::load(*options_.files, path);
  if (!loaded || !loaded->cursor) {
    if (!loaded && loaded.error().kind() == ErrorKind::not_found) return;
    options_.logger.error("the file that says where the queue ends is damaged", {{"file", path}});
    ++stats_.damages;
    return;
  }
  end_file_ = std::move(loaded->file);
  const Cursor& end = *loaded->cursor;
  if (end.sequence <= next_sequence_) return;
  if (!segments_.empty()) ++stats_.damages;
  next_sequence_ = end.sequence;
  for (size_t i = 0; i < count_kinds; ++i) counted_[i] = std::max(counted_[i], end.counted[i]);
}

// Segments come in rising order, so the last one says where the log ends.
void Log::recover_segment(const std::string& name, uint64_t named_sequence) {
  const std::string path = path_of(name);
  auto file = options_.files->open(path, OpenMode::read_only);
  Result<SegmentSummary> summary =
      file ? summarize_segment(**file) : std::unexpected(std::move(file).error());
  const Result<uint64_t> size = file ? (*file)->size() : Result<uint64_t>(0);
  if (!summary || !size) {
    const Error& error = summary ? size.error() : summary.error();
    options_.logger.error("cannot read a queue segment", {{"file", path}, {"err", error}});
    ++stats_.damages;
    next_sequence_ = std::max(next_sequence_, named_sequence + 1);  // Its name stays taken.
    return;
  }
  if (!summary->header) ++stats_.damages;
  if (!summary->last) {
    // Nothing in it can be delivered; the hole is counted by who comes to it.
    (void)options_.files->remove(path);
    next_sequence_ = std::max(next_sequence_, named_sequence);
    return;
  }
  Segment segment{.path = path,
                  .first_sequence = named_sequence,
                  .end_sequence = named_sequence,
                  .created_at = summary->first->header.appended_at,
                  .appended_at = summary->first->header.appended_at,
                  .counted_before = summary->header ? summary->header->counted_before
                                                    : summary->first->header.counted_before,
                  .bytes = *size};
  const RecordHeader& last = summary->last->header;
  segment.end_sequence = last.sequence + 1;
  segment.appended_at = last.appended_at;
  // Beyond its name too, whatever lies in it: no two segments may share a file.
  next_sequence_ = std::max({next_sequence_, named_sequence + 1, segment.end_sequence});
  counted_ = last.counted_after();
  bytes_ += segment.bytes;
  segments_.push_back(std::move(segment));
}

void Log::recover_cursor(const std::string& name) {
  const std::string path = path_of(name);
  auto loaded = CursorFile::load(*options_.files, path);
  if (!loaded) {
    options_.logger.error("cannot read a queue cursor; sending everything again",
                          {{"file", path}, {"err", loaded.error()}});
    ++stats_.damages;
    (void)options_.files->remove(path);
    lost_cursors_.insert(name);
    return;
  }
  auto state = std::make_shared<ReaderState>();
  state->key = loaded->key;
  state->file = std::move(loaded->file);
  state->appended = std::make_shared<Event>();
  if (loaded->cursor) {
    state->cursor = *loaded->cursor;
  } else {
    // Rather twice than never: from the oldest record there is.
    options_.logger.error("a queue cursor is damaged; sending everything again",
                          {{"file", path}, {"reader", state->key}});
    ++stats_.damages;
    state->cursor = oldest();
  }
  state->next = state->cursor;
  readers_[state->key] = std::move(state);
}

}  // namespace alloy::queue
