#include "components/loki/source_file/log_file.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <sys/vfs.h>
#include <unistd.h>

namespace alloy::loki::source_file {
namespace {

constexpr size_t chunk_bytes = size_t{256} << 10;
// A longer line is handed on in pieces.
// Of the times of modification that a file system gives.
constexpr int64_t time_grain_ns = 20'000'000;
constexpr int64_t line_bytes_max = int64_t{16} << 20;

// Whether others may write to the file without this machine's kernel noticing.
bool is_remote(int descriptor) {
  struct statfs info = {};
  if (::fstatfs(descriptor, &info) != 0) return true;
  switch (static_cast<uint32_t>(info.f_type)) {
    case 0x6969:      // NFS
    case 0x517b:      // SMB
    case 0xff534d42:  // CIFS
    case 0xfe534d42:  // SMB2
    case 0x65735546:  // FUSE
    case 0x01021997:  // 9P
    case 0x00c36400:  // Ceph
    case 0x5346414f:  // AFS
    case 0x47504653:  // GPFS
    case 0x0bd00bd0:  // Lustre
      return true;
    default:
      return false;
  }
}

}  // namespace

LogFile::LogFile(const ReadEnvironment& environment, ReadMark mark, std::function<void()> wake)
    : environment_(environment),
      mark_(mark),
      wake_(std::move(wake)),
      ledger_(std::make_shared<DeliveryLedger>(environment.marks, mark, wake_)),
      head_(mark.head()),
      print_(mark.print()),
      position_(mark.offset()),
      scanned_(mark.offset()),
      grown_at_(environment.clock.steady()) {}

LogFile::~LogFile() {
  ledger_->silence();
  if (refused_) refused_->delivery->fail();
}

Result<> LogFile::open(Descriptor file, const ReadSettings& settings) {
  watch_.reset();
  file_ = std::move(file);
  compression_ = settings.compression;
  source_.reset();
  TRY(const FileInfo info, inspect(file_.get()));
  open_inode_ = info.inode;
  size_ = info.size;
  modified_ns_ = info.modified_ns;
  TRY(const int64_t begin, skip_byte_order_mark(settings));
  if (position_ < begin) {
    position_ = scanned_ = begin;
    mark_.set_offset(begin);
  }
  // Where nothing has been read here, the first lines will tell what the file begins with.
  if (head_.empty() && (position_ > 0 || compression_ != Compression::none))
    set_head(Head::of_file(file_.get(), compression_ == Compression::none ? position_ : size_));
  if (print_.bits() == 0 && position_ > 0 && compression_ == Compression::none)
    set_print(Print::of_file(file_.get(), position_));
  watch_changes();
  return {};
}

ByteSource& LogFile::source() {
  if (source_ == nullptr) source_ = ByteSource::create(file_.get(), compression_);
  return *source_;
}

void LogFile::end_here() {
  has_ended_ = true;
  source_.reset();
}

void LogFile::watch_changes() {
  if (environment_.events == nullptr || is_remote(file_.get())) return;
  if (auto watch = environment_.events->watch(file_.get(), wake_))
    watch_.emplace(*std::move(watch));
}

void LogFile::continue_in(Descriptor copy) {
  watch_.reset();
  file_ = std::move(copy);
  source_.reset();
  watch_changes();
  look();
}

Result<int64_t> LogFile::skip_byte_order_mark(const ReadSettings& settings) {
  char beginning[4];
  TRY(const size_t size, source().read(0, beginning));
  const ByteOrderMark mark = find_byte_order_mark({beginning, size});
  const bool decides = mark.encoding == "UTF-8" || mark.encoding.starts_with("UTF-16");
  TRY(encoding_, TextEncoding::find(decides ? mark.encoding : settings.encoding));
  return static_cast<int64_t>(mark.size);
}

void LogFile::look() {
  const auto info = inspect(file_.get());
  if (!info) return;
  if (info->size != size_ || info->modified_ns != modified_ns_)
    grown_at_ = environment_.clock.steady();
  open_inode_ = info->inode;
  size_ = info->size;
  links_ = info->links;
  modified_ns_ = info->modified_ns;
  const int64_t now = std::chrono::system_clock::now().time_since_epoch() / 1ns;
  is_fresh_ = now - modified_ns_ < time_grain_ns;
}

Result<> LogFile::skip_lines() {
  constexpr int64_t step = int64_t{64} << 10;
  std::string text(step, '\0');
  const auto unit = static_cast<int64_t>(encoding_.newline().size());
  for (int64_t end = size_ / unit * unit; end > position_;) {
    const int64_t begin = std::max(position_, end - step);
    TRY(const size_t size,
        source().read(begin, std::span(text).first(static_cast<size_t>(end - begin))));
    if (const size_t found = encoding_.end_of_last_line({text.data(), size}); found > 0) {
      position_ = scanned_ = begin + static_cast<int64_t>(found);
      mark_.set_offset(position_);
      set_head(Head::of_file(file_.get(), position_));
      set_print(Print::of_file(file_.get(), position_));
      return {};
    }
    end = begin;
  }
  return {};
}

LogFile::Check LogFile::check() {
  const int64_t size_before = size_;
  const int64_t modified_before = modified_ns_;
  const bool is_plain = compression_ == Compression::none;
  const bool is_uncertain = is_plain && (is_fresh_ || is_doubtful_);
  look();
  if (size_ == size_before && modified_ns_ == modified_before && !is_uncertain) return Check::same;
  is_doubtful_ = false;
  bool is_same = head_.empty() || is_content_of(file_.get());
  if (char byte; !is_same && ::pread(file_.get(), &byte, 1, 0) < 0) {
    // It can't be read just now, which says nothing about what it has.
    doubt();
    return Check::same;
  }
  if (!is_plain) {
    source_.reset();
    has_ended_ = false;
  } else {
    // Shorter, it has lost the end of what was read, and may have been written anew.
    is_same = is_same && size_ >= position_;
    unread_before_ = std::max<int64_t>(size_before - position_, 0);
  }
  return is_same ? Check::same : Check::other;
}

bool LogFile::is_content_of(int descriptor) const {
  return head_.matches(descriptor) && print_.agrees(descriptor);
}

bool LogFile::has_changed() const {
  const auto info = inspect(file_.get());
  return info && info->modified_ns != modified_ns_;
}

void LogFile::set_head(Head head) {
  if (head == head_) return;
  head_ = head;
  mark_.set_head(head_);
}

void LogFile::set_print(Print print) {
  print_ = print;
  mark_.set_print(print_);
}

// Whether what was just read is of the file as it was known: it may have been truncated and written
// to at any moment. Learns more of its beginning on the way.
bool LogFile::is_confirmed(Range range, std::string_view text) {
  if (compression_ != Compression::none) return true;
  if (range.begin == 0 && head_.empty()) {
    set_head(Head::of(text));
  } else {
    const auto grown = head_.grown(file_.get(), range.end);
    is_doubtful_ = !grown || !print_.agrees(file_.get());
    if (is_doubtful_) return false;
    set_head(*grown);
  }
  set_print(Print::of(text, range.end));
  return true;
}

bool LogFile::is_settled() const { return !refused_ && ledger_->is_settled(); }

LogFile::Progress LogFile::fail_with(const Error& error) {
  error_ = error.message();
  if (!failed_since_) failed_since_ = environment_.clock.steady();
  return Progress::failed;
}

LogFile::Progress LogFile::read_some(ReadBuffers& buffers, const Series& labels,
                                     ReadCounters& counters) {
  if (refused_) {
    auto [range, delivery] = *std::exchange(refused_, std::nullopt);
    return hand_on_again(range, std::move(delivery), buffers, labels, counters);
  }
  if (const auto failed = ledger_->take_failed())
    return hand_on_again(*failed, ledger_->begin(*failed), buffers, labels, counters);
  if (has_ended_) return Progress::at_end;
  const auto range = find_lines(buffers);
  if (!range) return fail_with(range.error());
  failed_since_.reset();
  if (!*range) return Progress::at_end;
  const std::string_view text(buffers.bytes.data(),
                              static_cast<size_t>((*range)->end - (*range)->begin));
  // It may have had other content since it was looked at, which is to be looked for first.
  if (is_untouched() && compression_ == Compression::none && has_changed()) return Progress::at_end;
  if (!is_confirmed(**range, text)) return Progress::at_end;
  DeliveryPointer delivery = ledger_->begin(**range);
  position_ = (*range)->end;
  scanned_ = std::max(scanned_, position_);
  return hand_on(**range, text, std::move(delivery), buffers, labels, counters);
}

// Reads the next whole lines into the buffer. What has been searched for a newline before is not
// searched again, so that a long line that grows slowly costs nothing.
Result<std::optional<Range>> LogFile::find_lines(ReadBuffers& buffers) {
  size_t wanted = chunk_bytes;
  while (true) {
    if (buffers.bytes.size() < chunk_bytes) buffers.bytes.resize(chunk_bytes);
    const auto unit = static_cast<int64_t>(encoding_.newline().size());
    if (scanned_ > position_) {
      const std::span<char> probe(buffers.bytes.data(), chunk_bytes);
      TRY(const size_t size, source().read(scanned_, probe));
      const size_t found = encoding_.find_newline({probe.data(), size});
      if (found == std::string_view::npos) {
        scanned_ += static_cast<int64_t>(size) / unit * unit;
        if (size < chunk_bytes) return std::nullopt;
        if (scanned_ - position_ < line_bytes_max) continue;
      } else {
        scanned_ += static_cast<int64_t>(found) + unit;
      }
      wanted = std::max(chunk_bytes, static_cast<size_t>(scanned_ - position_));
    }
    if (buffers.bytes.size() < wanted) buffers.bytes.resize(wanted);
    TRY(const size_t size, source().read(position_, std::span(buffers.bytes).first(wanted)));
    size_t end = encoding_.end_of_last_line({buffers.bytes.data(), size});
    if (end == 0 && scanned_ - position_ >= line_bytes_max)
      end = static_cast<size_t>(scanned_ - position_);
    if (end > 0) return Range{position_, position_ + static_cast<int64_t>(end)};
    scanned_ = position_ + static_cast<int64_t>(size) / unit * unit;
    if (size < wanted) return std::nullopt;
  }
}

LogFile::Progress LogFile::read_rest(ReadBuffers& buffers, const Series& labels,
                                     ReadCounters& counters) {
  // Looked at anew: nothing may be taken for the rest that ends with a newline by now.
  buffers.bytes.resize(std::max(buffers.bytes.size(), chunk_bytes));
  if (scanned_ - position_ > static_cast<int64_t>(chunk_bytes))
    buffers.bytes.resize(static_cast<size_t>(scanned_ - position_) + chunk_bytes);
  const auto size = source().read(position_, buffers.bytes);
  if (!size) return fail_with(size.error());
  const std::string_view text(buffers.bytes.data(), *size);
  if (text.empty() || encoding_.find_newline(text) != std::string_view::npos)
    return Progress::at_end;
  const Range range{position_, position_ + static_cast<int64_t>(text.size())};
  if (!is_confirmed(range, text)) return Progress::at_end;
  DeliveryPointer delivery = ledger_->begin(range);
  position_ = scanned_ = range.end;
  return hand_on(range, text, std::move(delivery), buffers, labels, counters);
}

LogFile::Progress LogFile::hand_on_again(Range range, DeliveryPointer delivery,
                                         ReadBuffers& buffers, const Series& labels,
                                         ReadCounters& counters) {
  const auto wanted = static_cast<size_t>(range.end - range.begin);
  if (buffers.bytes.size() < wanted) buffers.bytes.resize(wanted);
  const auto size = source().read(range.begin, std::span(buffers.bytes).first(wanted));
  const bool is_there =
      size && *size == wanted && (compression_ != Compression::none || is_content_of(file_.get()));
  if (!is_there && !has_ended_) {
    // It will be looked for, elsewhere if need be.
    refused_ = Refused{range, std::move(delivery)};
    return Progress::at_end;
  }
  if (!is_there) {
    counters.lost_bytes += wanted;
    environment_.logger.error("lines are gone before they could be sent again",
                              {{"inode", mark_.inode().number}, {"bytes", wanted}});
    return Progress::more;
  }
  const std::string_view text(buffers.bytes.data(), wanted);
  return hand_on(range, text, std::move(delivery), buffers, labels, counters);
}

LogFile::Progress LogFile::hand_on(Range range, std::string_view text, DeliveryPointer delivery,
                                   ReadBuffers& buffers, const Series& labels,
                                   ReadCounters& counters) {
  split(text, buffers, labels);
  const int64_t now = environment_.clock.wall().time_since_epoch().count();
  const auto result = environment_.fanout.receive(buffers.batch.batch(delivery, now));
  const uint64_t lines = buffers.batch.entries().size();
  buffers.batch.clear();
  if (!result) {
    refused_ = Refused{range, std::move(delivery)};
    return Progress::refused;
  }
  counters.lines += lines;
  return Progress::more;
}

void LogFile::split(std::string_view text, ReadBuffers& buffers, const Series& labels) {
  std::vector<LogEntry>& entries = buffers.batch.entries();
  entries.clear();
  int64_t timestamp = std::max<int64_t>(environment_.clock.wall().time_since_epoch().count(),
                                        last_timestamp_ns_ + 1);
  buffers.text.clear();
  std::vector<size_t> ends;  // Of decoded lines, whose memory may still move.
  const size_t unit = encoding_.newline().size();
  while (!text.empty()) {
    size_t end;
    if (unit == 1 && encoding_.is_verbatim()) {
      const void* found = std::memchr(text.data(), '\n', text.size());
      end = found == nullptr ? std::string_view::npos
                             : static_cast<size_t>(static_cast<const char*>(found) - text.data());
    } else {
      end = encoding_.find_newline(text);
    }
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + unit);
    if (encoding_.is_verbatim()) {
      line = encoding_.without_carriage_return(line);
    } else {
      encoding_.append_decoded(buffers.text, line);
      ends.push_back(buffers.text.size());
    }
    // A nanosecond apart, so that the order of lines is that of their timestamps.
    entries.push_back({.labels = &labels, .timestamp_ns = timestamp++, .line = line});
  }
  last_timestamp_ns_ = timestamp - 1;
  size_t begin = 0;
  for (size_t i = 0; i < ends.size(); ++i) {
    entries[i].line = std::string_view(buffers.text).substr(begin, ends[i] - begin);
    begin = ends[i];
  }
}

}  // namespace alloy::loki::source_file
