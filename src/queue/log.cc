#include "queue/log.h"

#include <algorithm>

#include <fmt/format.h>

#include "queue/reader.h"
#include "queue/segment.h"

namespace alloy::queue {
namespace {

// A segment that every reader has passed is replaced early, so that in normal operation most data
// never reaches the platter.
constexpr uint64_t passed_segment_bytes = 4 << 20;

int64_t to_milliseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace

std::string_view name_of(DropReason reason) {
  switch (reason) {
    case DropReason::full:
      return "queue_full";
    case DropReason::expired:
      return "queue_expired";
    case DropReason::damaged:
      return "queue_damaged";
    case DropReason::disk:
      return "queue_disk_failed";
  }
  return "";
}

uint64_t Log::append(const RecordInfo& info, std::string_view payload,
                     std::atomic<uint64_t>* announced) {
  RecordHeader header{.payload_bytes = static_cast<uint32_t>(payload.size()),
                      .info = info,
                      .payload_checksum = checksum(payload)};
  ASSERT(payload.size() <= record_payload_bytes_max);
  const std::lock_guard lock(mutex_);
  header.sequence = next_sequence_;
  header.appended_at = now();
  header.counted_before = counted_;
  if (announced) announced->store(header.sequence, std::memory_order_release);
  ++stats_.records_appended;
  bool written = flush_memory();
  if (written) {
    const auto result = write_record(header, payload);
    if (!result) note_write_failure(result.error());
    written = result.has_value();
  }
  next_sequence_ = header.sequence + 1;
  counted_ = header.counted_after();
  if (!written) keep_in_memory(header, payload);
  store_end();
  for (const auto& [key, reader] : readers_) reader->appended->notify();
  return header.sequence;
}

// A record that is not there: whoever comes to its place counts it as damaged.
void Log::lose(const Counts& counts) {
  if (counts == Counts{}) return;
  const std::lock_guard lock(mutex_);
  ++next_sequence_;
  counted_ = counted_ + counts;
  ++stats_.damages;
  store_end();
  for (const auto& [key, reader] : readers_) reader->appended->notify();
}

// Of what is on disk: what only memory has comes in again from its open batch, with another
// sequence. Once the file is there it never fails on a full disk; until then it is tried again each
// time.
void Log::store_end() {
  Cursor end{.sequence = next_sequence_, .counted = counted_};
  if (!memory_.empty()) {
    const RecordHeader& first = memory_.front().header;
    end = {.sequence = first.sequence, .counted = first.counted_before};
  }
  if (end_file_ && end_file_->store(end)) return;
  auto file = CursorFile::create(*options_.files, path_of(end_file_name), {}, end);
  end_file_ = file ? *std::move(file) : nullptr;
  if (!file) (void)options_.files->remove(path_of(end_file_name));
}

Result<> Log::write_record(const RecordHeader& header, std::string_view payload) {
  const uint64_t size = record_header_bytes + payload.size();
  // A hole (what memory had to give up) must be at the front of a segment: readers find it there.
  if (current_ && (segments_.back().bytes >= options_.limits.segment_bytes ||
                   segments_.back().end_sequence != header.sequence)) {
    stop_segment();
  }
  make_room(size);
  if (!current_) TRY(start_segment(header));
  Segment& segment = segments_.back();
  const auto bytes = encode_record_header(header);
  const std::string_view parts[] = {{bytes.data(), bytes.size()}, payload};
  if (auto written = current_->write_at(segment.bytes, parts); !written) {
    // Half a record may lie there. When it can't be cut off, nothing may be written behind it.
    if (!current_->truncate(segment.bytes)) stop_segment();
    return written;
  }
  segment.end_sequence = header.sequence + 1;
  segment.bytes += size;
  segment.appended_at = header.appended_at;
  bytes_ += size;
  stats_.bytes_appended += size;
  failing_ = false;
  unsynced_ = true;
  return {};
}

Result<> Log::start_segment(const RecordHeader& first) {
  Segment segment{.path = path_of(segment_file_name(first.sequence)),
                  .first_sequence = first.sequence,
                  .end_sequence = first.sequence,
                  .created_at = first.appended_at,
                  .appended_at = first.appended_at,
                  .counted_before = first.counted_before,
                  .bytes = segment_header_bytes,
                  .follows_disk_hole = first.sequence == disk_hole_end_};
  auto opened = options_.files->open(segment.path, OpenMode::create);
  if (!opened && opened.error().kind() == ErrorKind::not_found) {
    // Somebody has removed the folder.
    TRY(options_.files->create_folder(options_.folder));
    opened = options_.files->open(segment.path, OpenMode::create);
  }
  TRY(auto file, std::move(opened));
  const auto bytes = encode_segment_header({.first_sequence = segment.first_sequence,
                                            .created_at = segment.created_at,
                                            .counted_before = segment.counted_before});
  const std::string_view parts[] = {{bytes.data(), bytes.size()}};
  Result<> written = file->truncate(0);
  if (written) written = file->write_at(0, parts);
  if (!written) {
    (void)options_.files->remove(segment.path);
    return written;
  }
  current_ = std::move(file);
  bytes_ += segment.bytes;
  segments_.push_back(std::move(segment));
  return {};
}

// A segment that never got a record gives its name free again.
void Log::stop_segment() {
  current_.reset();
  if (segments_.empty() || segments_.back().bytes > segment_header_bytes) return;
  (void)options_.files->remove(segments_.back().path);
  bytes_ -= segments_.back().bytes;
  segments_.pop_back();
}

void Log::note_write_failure(const Error& error) {
  ++stats_.write_failures;
  if (!failing_) {
    options_.logger.error("queue cannot write to disk; keeping data in memory",
                          {{"folder", options_.folder}, {"err", error}});
  }
  failing_ = true;
}

void Log::keep_in_memory(const RecordHeader& header, std::string_view payload) {
  memory_.push_back({header, std::string(payload)});
  memory_bytes_ += payload.size();
  while (memory_bytes_ > options_.limits.memory_bytes_max && memory_.size() > 1) {
    const RecordHeader dropped = memory_.front().header;
    forget_front_of_memory();
    const Boundary before{dropped.sequence, dropped.counted_before};
    const Boundary behind{dropped.sequence + 1, dropped.counted_after()};
    disk_hole_end_ = behind.sequence;
    for (const auto& [key, reader] : readers_) {
      // Who still reads what lies on disk before it will find the hole there.
      if (reader->next.sequence >= before.sequence) skip_to(*reader, behind, DropReason::disk);
    }
  }
}

// True when nothing waits in memory (any more).
bool Log::flush_memory() {
  while (!memory_.empty()) {
    const MemoryRecord& record = memory_.front();
    if (const auto written = write_record(record.header, record.payload); !written) {
      note_write_failure(written.error());
      return false;
    }
    forget_front_of_memory();
  }
  return true;
}

void Log::forget_front_of_memory() {
  const MemoryRecord& front = memory_.front();
  memory_bytes_ -= front.payload.size();
  for (const auto& kept : front.kept) kept->done();
  memory_.pop_front();
}

bool Log::has(uint64_t sequence) const {
  const std::lock_guard lock(mutex_);
  return has_locked(sequence);
}

bool Log::has_locked(uint64_t sequence) const {
  if (sequence >= next_sequence_) return false;
  if (sequence < slowest().sequence) return true;
  const auto after = std::ranges::upper_bound(segments_, sequence, {}, &Segment::first_sequence);
  return after != segments_.begin() && sequence < std::prev(after)->end_sequence;
}

void Log::keep(uint64_t sequence, std::unique_ptr<Safekeeping> kept) {
  const std::lock_guard lock(mutex_);
  const auto record = std::ranges::find(
      memory_, sequence, [](const MemoryRecord& each) { return each.header.sequence; });
  if (record != memory_.end() && !has_locked(sequence))
    record->kept.push_back(std::move(kept));
  else
    kept->done();
}

bool Log::has_lost(uint64_t first_sequence) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(segments_, first_sequence, &Segment::first_sequence);
  if (found == segments_.end()) return false;
  if (std::next(found) == segments_.end()) stop_segment();
  return true;
}

// The first record that is not in this segment.
Log::Boundary Log::boundary_behind_segment(size_t index) const {
  if (index + 1 < segments_.size()) {
    return {segments_[index + 1].first_sequence, segments_[index + 1].counted_before};
  }
  if (!memory_.empty()) {
    return {memory_.front().header.sequence, memory_.front().header.counted_before};
  }
  return {next_sequence_, counted_};
}

// Why records are missing in front of a segment, or of what is in memory.
DropReason Log::reason_of_hole_before(size_t index) const {
  const bool is_disk = index < segments_.size()
                           ? segments_[index].follows_disk_hole
                           : !memory_.empty() && memory_.front().header.sequence == disk_hole_end_;
  return is_disk ? DropReason::disk : DropReason::damaged;
}

void Log::make_room(uint64_t bytes) {
  while (!segments_.empty() && bytes_ + bytes > options_.limits.bytes_max) {
    drop_front_segment(DropReason::full);
  }
}

void Log::drop_front_segment(DropReason reason) {
  if (segments_.size() == 1) stop_segment();
  if (segments_.empty()) return;
  const Boundary behind = boundary_behind_segment(0);
  for (const auto& [key, reader] : readers_) skip_to(*reader, behind, reason);
  remove_front_segment();
}

void Log::remove_front_segment() {
  const Segment& segment = segments_.front();
  if (const auto removed = options_.files->remove(segment.path); !removed) {
    options_.logger.warn("cannot remove a queue segment", {{"err", removed.error()}});
  }
  bytes_ -= segment.bytes;
  ++stats_.segments_removed;
  segments_.pop_front();
}

void Log::remove_passed() {
  if (readers_.empty()) return;
  const uint64_t passed = slowest().sequence;
  while (!segments_.empty()) {
    if (boundary_behind_segment(0).sequence > passed) break;
    if (segments_.size() == 1) {
      if (current_ && segments_.front().bytes < passed_segment_bytes) break;
      stop_segment();
      if (segments_.empty()) break;
    }
    remove_front_segment();
  }
  while (!memory_.empty() && memory_.front().header.sequence < passed) forget_front_of_memory();
}

Cursor Log::slowest() const {
  Cursor result{.sequence = next_sequence_, .counted = counted_};
  for (const auto& [key, reader] : readers_) {
    if (reader->cursor.sequence < result.sequence) result = reader->cursor;
  }
  return result;
}

// Of the oldest record there is.
Cursor Log::oldest() const {
  if (segments_.empty()) {
    const Boundary first = boundary_behind_segment(0);
    return {first.sequence, first.counted};
  }
  return {segments_.front().first_sequence, segments_.front().counted_before};
}

void Log::skip_to(ReaderState& reader, const Boundary& boundary, DropReason reason) {
  if (reader.next.sequence >= boundary.sequence) return;
  const Counts lost = boundary.counted - reader.next.counted;
  Counts& dropped = reader.dropped[static_cast<size_t>(reason)];
  dropped = dropped + lost;
  if (lost != Counts{}) {
    options_.logger.warn("queue dropped data that was not sent",
                         {{"reader", reader.key},
                          {"reason", name_of(reason)},
                          {"records", boundary.sequence - reader.next.sequence},
                          {"items", lost[0] + lost[1] + lost[2] + lost[3]}});
  }
  reader.next = {boundary.sequence, boundary.counted};
  settle(reader);
}

// Moves the cursor to the oldest record that is out, or to the next one.
void Log::settle(ReaderState& reader) {
  const Cursor cursor = reader.in_flight.empty() ? reader.next : reader.in_flight.begin()->second;
  if (cursor == reader.cursor && reader.stored) return;
  reader.cursor = cursor;
  store_cursor(reader);
}

void Log::store_cursor(ReaderState& reader) {
  if (reader.removed) return;
  Result<> stored;
  if (reader.file) {
    stored = reader.file->store(reader.cursor);
  } else if (auto file =
                 CursorFile::create(*options_.files, path_of(CursorFile::file_name(reader.key)),
                                    reader.key, reader.cursor)) {
    reader.file = *std::move(file);
  } else {
    stored = std::unexpected(std::move(file).error());
  }
  reader.stored = stored.has_value();
  if (!stored) note_write_failure(stored.error());
}

std::shared_ptr<Log::ReaderState> Log::find_or_add(const std::string& key) {
  auto& state = readers_[key];
  if (state) return state;
  state = std::make_shared<ReaderState>();
  state->key = key;
  // Whose cursor was lost: rather twice than never.
  const bool is_lost = lost_cursors_.erase(CursorFile::file_name(key)) > 0 || has_no_cursors_;
  state->cursor = state->next = is_lost ? oldest() : Cursor{next_sequence_, counted_};
  state->appended = std::make_shared<Event>();
  store_cursor(*state);
  return state;
}

void Log::add_reader(const std::string& key) {
  const std::lock_guard lock(mutex_);
  find_or_add(key);
}

std::shared_ptr<Reader> Log::reader(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto state = find_or_add(key);
  state->in_flight.clear();
  state->next = state->cursor;
  return std::shared_ptr<Reader>(new Reader(shared_from_this(), state));
}

std::vector<std::string> Log::reader_keys() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> keys;
  for (const auto& [key, reader] : readers_) keys.push_back(key);
  return keys;
}

void Log::rename_reader(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  const auto found = readers_.find(from);
  if (from == to || found == readers_.end() || readers_.contains(to)) return;
  auto state = found->second;
  readers_.erase(found);
  readers_[to] = state;
  state->key = to;
  state->file.reset();
  store_cursor(*state);
  (void)options_.files->remove(path_of(CursorFile::file_name(from)));
}

void Log::remove_reader(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = readers_.find(key);
  if (found == readers_.end()) return;
  found->second->removed = true;
  readers_.erase(found);
  (void)options_.files->remove(path_of(CursorFile::file_name(key)));
  remove_passed();
}

LogLimits Log::limits() const {
  const std::lock_guard lock(mutex_);
  return options_.limits;
}

void Log::set_limits(LogLimits limits) {
  const std::lock_guard lock(mutex_);
  options_.limits = limits;
  make_room(0);
}

void Log::tidy() {
  const std::lock_guard lock(mutex_);
  has_no_cursors_ = false;
  const int64_t oldest = now() - to_milliseconds(options_.limits.age_max);
  while (!segments_.empty() && segments_.front().appended_at < oldest) {
    drop_front_segment(DropReason::expired);
  }
  flush_memory();
  store_end();
  for (const auto& [key, reader] : readers_) {
    if (!reader->stored) store_cursor(*reader);
  }
  remove_passed();
}

Result<> Log::sync() {
  std::string path;
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(unsynced_, false) || segments_.empty()) return {};
    path = segments_.back().path;
  }
  // A handle of its own: the lock must not be held while the disk works.
  auto file = options_.files->open(path, OpenMode::read_write);
  if (!file && file.error().kind() == ErrorKind::not_found) return {};
  if (!file) return std::unexpected(std::move(file).error());
  return (*file)->sync();
}

uint64_t Log::next_sequence() const {
  const std::lock_guard lock(mutex_);
  return next_sequence_;
}

bool Log::is_drained() const {
  const std::lock_guard lock(mutex_);
  return slowest().sequence == next_sequence_;
}

uint64_t Log::bytes_in_memory() const {
  const std::lock_guard lock(mutex_);
  return memory_bytes_;
}

LogStats Log::stats() const {
  const std::lock_guard lock(mutex_);
  LogStats stats = stats_;
  stats.bytes = bytes_;
  stats.bytes_in_memory = memory_bytes_;
  stats.segments = segments_.size();
  stats.first_segment = segments_.empty() ? next_sequence_ : segments_.front().first_sequence;
  stats.current_segment = segments_.empty() ? next_sequence_ : segments_.back().first_sequence;
  return stats;
}

ReaderStats Log::reader_stats(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = readers_.find(key);
  if (found == readers_.end()) return {};
  return {.pending = counted_ - found->second->cursor.counted,
          .records_pending = next_sequence_ - found->second->cursor.sequence,
          .dropped = found->second->dropped};
}

Result<> Log::destroy(FileSystem& files, const std::string& folder) {
  TRY(const auto names, files.list(folder));
  for (const std::string& name : names) TRY(files.remove(folder + "/" + name));
  return files.remove(folder);
}

}  // namespace alloy::queue
