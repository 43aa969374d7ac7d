#include "queue/reader.h"

#include <algorithm>
#include <utility>

namespace alloy::queue {
namespace {

// So many failed reads in a row make a segment unreadable.
constexpr int read_attempts_max = 5;

}  // namespace

Result<std::optional<Record>> Reader::next() {
  while (true) {
    if (auto record = take_from_memory()) return record;
    const auto place = find_place();
    if (!place) return std::optional<Record>();
    auto record = read_at(*place);
    if (!record) {
      const bool is_missing = record.error().kind() == ErrorKind::not_found;
      if (is_missing && !log_->has_lost(place->segment)) continue;  // Removed just now.
      if (++failures_ < read_attempts_max) return record;
      log_->options_.logger.error("giving up an unreadable queue segment",
                                  {{"file", place->path}, {"err", record.error()}});
      skip_to(place->behind, DropReason::damaged);
      continue;
    }
    failures_ = 0;
    if (*record) return record;
  }
}

std::optional<Record> Reader::take_from_memory() {
  const std::lock_guard lock(log_->mutex_);
  const auto& memory = log_->memory_;
  if (memory.empty() || state_->next.sequence < memory.front().header.sequence ||
      state_->next.sequence > memory.back().header.sequence) {
    return std::nullopt;
  }
  // Sequences in memory have no holes.
  const auto& kept = memory[state_->next.sequence - memory.front().header.sequence];
  state_->in_flight[kept.header.sequence] = state_->next;
  state_->next = {kept.header.sequence + 1, kept.header.counted_after()};
  return Record{kept.header, kept.payload, 0};
}

Result<std::optional<Record>> Reader::again(uint64_t sequence, uint64_t offset) {
  const std::optional<Record> nothing;
  std::string path;
  uint64_t limit = 0;
  {
    const std::lock_guard lock(log_->mutex_);
    if (!state_->in_flight.contains(sequence)) return nothing;
    const auto& memory = log_->memory_;
    if (!memory.empty() && sequence >= memory.front().header.sequence) {
      const auto& kept = memory[sequence - memory.front().header.sequence];
      return Record{kept.header, kept.payload, 0};
    }
    const auto& segments = log_->segments_;
    const auto after =
        std::ranges::upper_bound(segments, sequence, {}, &Log::Segment::first_sequence);
    if (after == segments.begin()) return nothing;
    path = std::prev(after)->path;
    limit = std::prev(after)->bytes;
  }
  auto file = log_->options_.files->open(path, OpenMode::read_only);
  if (!file) {
    if (file.error().kind() == ErrorKind::not_found) return nothing;
    return std::unexpected(std::move(file).error());
  }
  return find_again(**file, limit, sequence, offset);
}

// It was read before, so it is where it was; one that waited in memory then has come to the disk.
Result<std::optional<Record>> Reader::find_again(File& file, uint64_t limit, uint64_t sequence,
                                                 uint64_t offset) const {
  const std::optional<Record> nothing;
  if (offset == 0) offset = segment_header_bytes;
  while (true) {
    TRY(const auto found, find_record(file, offset, limit));
    if (!found || found->header.sequence > sequence) return nothing;
    offset = found->end();
    if (found->header.sequence < sequence) continue;
    TRY(auto payload, read_payload(file, *found));
    if (!payload) return nothing;
    return Record{found->header, *std::move(payload), found->payload_offset - record_header_bytes};
  }
}

std::optional<Reader::Place> Reader::find_place() {
  const std::lock_guard lock(log_->mutex_);
  const uint64_t wanted = state_->next.sequence;
  if (wanted >= log_->next_sequence_) return std::nullopt;
  const auto& segments = log_->segments_;
  auto after = std::ranges::upper_bound(segments, wanted, {}, &Log::Segment::first_sequence);
  if (after == segments.begin()) {
    // What it wants is gone: files were lost, or it never came to the disk.
    const Log::Boundary first = segments.empty()
                                    ? log_->boundary_behind_segment(0)
                                    : Log::Boundary{after->first_sequence, after->counted_before};
    log_->skip_to(*state_, first, log_->reason_of_hole_before(0));
    if (segments.empty()) return std::nullopt;
    return find_place_in(segments.front(), 0);
  }
  --after;
  return find_place_in(*after, static_cast<size_t>(after - segments.begin()));
}

Reader::Place Reader::find_place_in(const Log::Segment& segment, size_t index) const {
  return {.wanted = state_->next.sequence,
          .path = segment.path,
          .segment = segment.first_sequence,
          .limit = segment.bytes,
          .behind = log_->boundary_behind_segment(index),
          .hole = log_->reason_of_hole_before(index + 1)};
}

Result<> Reader::open_segment(const Place& place) {
  if (file_ && segment_ == place.segment) return {};
  file_.reset();
  TRY(file_, log_->options_.files->open(place.path, OpenMode::read_only));
  segment_ = place.segment;
  std::array<char, segment_header_bytes> bytes;
  TRY(const size_t size, file_->read_at(0, bytes));
  damaged_ = !decode_segment_header({bytes.data(), size});
  offset_ = damaged_ ? 0 : segment_header_bytes;
  return {};
}

// Empty when something was passed over, so that the place must be found anew.
Result<std::optional<Record>> Reader::read_at(const Place& place) {
  const std::optional<Record> nothing;
  TRY(open_segment(place));
  TRY(const auto found, find_record(*file_, offset_, place.limit));
  if (!found) {
    damaged_ |= offset_ < place.limit;
    skip_to(place.behind, damaged_ ? DropReason::damaged : place.hole);
    return nothing;
  }
  damaged_ |= found->payload_offset - record_header_bytes != offset_;
  offset_ = found->end();
  const RecordHeader& header = found->header;
  if (header.sequence < place.wanted) return nothing;
  TRY(auto payload, read_payload(*file_, *found));
  if (!payload) {
    damaged_ = true;
    return nothing;
  }
  skip_to({header.sequence, header.counted_before}, DropReason::damaged);
  if (!hand_out(header)) return nothing;
  return Record{header, *std::move(payload), found->payload_offset - record_header_bytes};
}

// False when the record was dropped (and counted) meanwhile.
bool Reader::hand_out(const RecordHeader& header) {
  const std::lock_guard lock(log_->mutex_);
  if (state_->next.sequence != header.sequence) return false;
  state_->in_flight[header.sequence] = state_->next;
  state_->next = {header.sequence + 1, header.counted_after()};
  return true;
}

void Reader::skip_to(const Log::Boundary& behind, DropReason reason) {
  const std::lock_guard lock(log_->mutex_);
  if (state_->next.sequence >= behind.sequence) return;
  if (reason == DropReason::damaged) ++log_->stats_.damages;
  log_->skip_to(*state_, behind, reason);
  log_->remove_passed();
}

void Reader::acknowledge(uint64_t sequence) {
  const std::lock_guard lock(log_->mutex_);
  if (state_->in_flight.erase(sequence) == 0) return;
  log_->settle(*state_);
  log_->remove_passed();
}

Task<Wake> Reader::wait(StopToken stop, Duration timeout) {
  const auto appended = state_->appended;
  co_return co_await appended->wait(std::move(stop), timeout);
}

}  // namespace alloy::queue
