#include "components/loki/source_file/tail.h"

#include <algorithm>

namespace alloy::loki::source_file {
namespace {

// How many chunks of one target are read before others get their turn.
constexpr int chunks_a_turn = 4;
// Without a notification, and in case one was missed.
constexpr Duration sweep_interval = 10s;
constexpr Duration link_interval = 1s;
constexpr Duration rotated_interval = 1s;
constexpr Duration takeover_interval = 200ms;
constexpr Duration hindered_interval = 1s;
constexpr Duration refused_pause_min = 100ms;
constexpr Duration refused_pause_max = 1s;
// How long a file must be quiet: for its unfinished last line to count as one, and to be closed
// once it is no longer under the path. Who writes to it may notice the rotation late.
constexpr Duration rest_patience = 1s;
constexpr Duration deleted_patience = 1s;
constexpr Duration rotated_patience = 60s;
constexpr Duration rotated_patience_short = 5s;
constexpr size_t rotated_many = 8;  // With more than these, the short one.
// How many files read to the end are remembered, to know them under another name.
constexpr size_t finished_max = 4;

// How long a target is followed after its file has vanished.
constexpr Duration linger_time = 60s;
constexpr Duration linger_interval = 1s;

}  // namespace

void OpenFiles::add(ReadMark mark, std::weak_ptr<Tail> tail) {
  const Tail* address = tail.lock().get();
  const std::lock_guard lock(mutex_);
  readers_.emplace(mark.inode().number, Reader{address, std::move(tail), mark});
}

void OpenFiles::set_open(Inode inode, const Tail& tail) {
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = readers_.equal_range(inode.number);
  for (auto at = begin; at != end; ++at)
    if (at->second.address == &tail) at->second.is_open = true;
}

void OpenFiles::remove(Inode inode, const Tail& tail) {
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = readers_.equal_range(inode.number);
  const auto found =
      std::find_if(begin, end, [&](const auto& reader) { return reader.second.address == &tail; });
  if (found != end) readers_.erase(found);
}

std::shared_ptr<Tail> OpenFiles::find_other(const FoundFile& found, const Tail& tail) {
  std::vector<std::shared_ptr<Tail>> candidates;  // Outlive the lock, since they may be the last.
  {
    const std::lock_guard lock(mutex_);
    const auto [begin, end] = readers_.equal_range(found.info.inode.number);
    for (auto at = begin; at != end; ++at) {
      const Reader& reader = at->second;
      if (reader.address == &tail || !(reader.is_open || is_same_file(found, reader.mark)))
        continue;
      if (auto other = reader.tail.lock()) candidates.push_back(std::move(other));
    }
  }
  const std::string labels = tail.key().labels;
  for (std::shared_ptr<Tail>& other : candidates)
    if (other->key().labels == labels) return std::move(other);
  return nullptr;
}

Tail::Tail(const TailEnvironment& environment, PositionKey key, SeriesRef labels,
           std::shared_ptr<const TailSettings> settings)
    : environment_(environment),
      used_(settings),
      begin_at_(environment.read.clock.steady() + settings->read.initial_delay),
      key_(std::move(key)),
      labels_(std::move(labels)),
      settings_(std::move(settings)) {}

Tail::~Tail() {
  for (const auto& file : files_) environment_.open_files.remove(file->inode(), *this);
}

PositionKey Tail::key() const {
  const std::lock_guard lock(mutex_);
  return next_key_.value_or(key_);
}

void Tail::set_key(PositionKey key, SeriesRef labels) {
  const std::lock_guard lock(mutex_);
  next_key_ = std::move(key);
  labels_ = std::move(labels);
}

void Tail::set_settings(std::shared_ptr<const TailSettings> settings) {
  const std::lock_guard lock(mutex_);
  settings_ = std::move(settings);
}

bool Tail::is_at_path(Inode inode) const {
  const auto info = inspect(key().path);
  return info && info->inode == inode;
}

void Tail::publish_begin() {
  const std::lock_guard lock(mutex_);
  if (!current_) return;
  const int64_t offset = current_ledger_ ? current_ledger_->committed() : current_->offset();
  publishing_ = is_published_ ? offset : ReadMark::unpublished;
  current_->set_publishing(publishing_);
  if (is_published_)
    environment_.positions.put(key_, std::to_string(publishing_));
  else
    environment_.positions.remove(key_);
}

void Tail::publish_end() {
  const std::lock_guard lock(mutex_);
  if (current_) current_->set_published(publishing_);
}

void Tail::retire() {
  const std::lock_guard lock(mutex_);
  is_retired_ = true;
}

void Tail::linger() {
  const std::lock_guard lock(mutex_);
  vanished_ = current_ ? current_->inode() : Inode();
  vanished_begun_ns_ = current_ ? current_->begun_ns() : 0;
  lingers_until_ = environment_.read.clock.steady() + linger_time;
}

void Tail::retire_if_due(SteadyTime now) {
  if (!is_lingering()) return;
  const std::lock_guard lock(mutex_);
  if (now >= lingers_until_.load()) is_retired_ = true;
}

bool Tail::revive() {
  const std::lock_guard lock(mutex_);
  const auto there = inspect(key_.path);
  // A new file may have the same number, and may have been begun by now.
  const bool is_own_file =
      is_lingering() && there && there->inode == vanished_ && there->born_ns <= vanished_begun_ns_;
  if (is_own_file) is_retired_ = true;
  lingers_until_ = SteadyTime::max();
  return !is_retired_;
}

// The position stays, under another name.
void Tail::apply_key() {
  std::optional<PositionKey> next;
  PositionKey before;
  {
    const std::lock_guard lock(mutex_);
    used_ = settings_;
    series_ = labels_.get();
    next = std::exchange(next_key_, std::nullopt);
    if (!next) return;
    before = std::exchange(key_, *next);
  }
  environment_.positions.remove(before);
  for (const auto& file : files_) environment_.read.marks->move(file->mark(), *next);
  for (const ReadMark mark : finished_) environment_.read.marks->move(mark, *next);
}

Tail::Next Tail::work(ReadBuffers& buffers) {
  if (!is_open_ && wants_open_.exchange(false)) open();
  if (!is_open_) return {.after = wants_open_ ? hindered_interval : takeover_interval};
  is_hindered_ = false;
  // The labels of lines in flight must not change under them.
  SeriesRef labels;
  {
    const std::lock_guard lock(mutex_);
    labels = labels_;
  }
  apply_key();
  series_ = labels.get();
  const SteadyTime now = environment_.read.clock.steady();
  retire_if_due(now);
  if (now < begin_at_) return next(false);
  if (!is_skipped_) follow_path();
  const bool has_more = read_files(buffers);
  finish_files();
  note_state();
  return next(has_more);
}

// Whether there may be more to read at once.
bool Tail::read_files(ReadBuffers& buffers) {
  is_refused_ = false;
  has_progress_ = false;
  int budget = chunks_a_turn;
  for (size_t i = 0; i < files_.size(); ++i) {
    LogFile& file = *files_[i];
    if (!file.is_open()) continue;
    if (!is_current(file)) file.look();
    // Of a target that is gone, what is still there under its path is left alone.
    if (is_retired_ && is_current(file)) file.end_here();
    if (!read_file(file, is_current(file), buffers, budget)) return !is_refused_;
    read_rest(file, i + 1 < files_.size() ? files_[i + 1].get() : nullptr, buffers);
    if (is_refused_) return false;
  }
  return false;
}

// Whether the file was read to its end; otherwise it was not its turn any more, or it was refused.
bool Tail::read_file(LogFile& file, bool is_current_file, ReadBuffers& buffers, int& budget) {
  while (true) {
    switch (file.read_some(buffers, *series_, counters_)) {
      case LogFile::Progress::more:
        has_progress_ = true;
        if (--budget == 0) return false;
        break;
      case LogFile::Progress::at_end:
        return true;
      case LogFile::Progress::refused:
        is_refused_ = true;
        return false;
      case LogFile::Progress::failed:
        report_once("failed to tail file", file.error());
        is_hindered_ = true;
        // Others go on; what can't be decompressed stays so until it changes.
        if (used_->read.compression == Compression::none) return true;
        if (is_current_file)
          if (const auto info = inspect(file.descriptor())) failed_ = *info;
        file.end_here();
        return true;
    }
  }
}

// What stands behind the last newline becomes a line when no more is to come.
void Tail::read_rest(LogFile& file, const LogFile* successor, ReadBuffers& buffers) {
  if (file.has_ended()) return;
  const bool is_compressed = used_->read.compression != Compression::none;
  if (is_current(file) && !is_compressed) return;
  const bool is_quiet =
      environment_.read.clock.steady() - file.grown_at() >= rest_patience || is_retired_;
  if (!is_compressed && !is_quiet && (successor == nullptr || successor->size() == 0)) return;
  const auto progress = file.read_rest(buffers, *series_, counters_);
  is_refused_ = progress == LogFile::Progress::refused;
  // A compressed file is complete; what it took to read it is freed.
  if (is_compressed && progress != LogFile::Progress::refused) file.end_here();
}

bool Tail::is_current(const LogFile& file) const {
  return &file == files_.back().get() && !is_missing_ && !is_waiting_;
}

bool Tail::is_finished(const LogFile& file) const {
  if (!file.is_settled()) return false;
  if (is_current(file)) return is_retired_;
  if (file.has_ended() || is_retired_) return true;
  const bool is_compressed = used_->read.compression != Compression::none;
  const SteadyTime now = environment_.read.clock.steady();
  if (file.failed_since() && now - *file.failed_since() >= rotated_patience) return true;
  if (!is_compressed && file.position() < file.size()) return false;
  const Duration quiet = now - file.grown_at();
  // What comes under the path may go on where a file that is gone has stopped: it is kept to
  // compare.
  const bool is_last = &file == files_.back().get();
  if (file.links() == 0 && !is_last) return quiet >= deleted_patience;
  return quiet >= (files_.size() > rotated_many ? rotated_patience_short : rotated_patience);
}

void Tail::finish_files() {
  for (auto file = files_.begin(); file != files_.end();) {
    if (!is_finished(**file)) {
      ++file;
      continue;
    }
    finish(**file);
    file = files_.erase(file);
  }
}

void Tail::finish(LogFile& file) {
  environment_.read.logger.debug(
      "stopped tailing file",
      {{"path", key_.path}, {"inode", file.inode().number}, {"position", file.position()}});
  if (file.failed_since())
    count_lost(file, file.size() - file.position(), "gave up a file that can't be read");
  environment_.open_files.remove(file.inode(), *this);
  ReadMark mark = file.mark();
  mark.set_finished();
  finished_.push_back(mark);
  if (finished_.size() <= finished_max) return;
  const bool is_oldest_current = current_ && finished_.front().sequence() == current_->sequence();
  if (is_oldest_current) return;
  environment_.read.marks->free(finished_.front());
  finished_.erase(finished_.begin());
}

// The target is gone, and with it its position; except that of a compressed file, which is read
// only once.
void Tail::forget_everything() {
  const std::lock_guard lock(mutex_);
  if (used_->read.compression == Compression::none) {
    if (current_ledger_) current_ledger_->abandon();
    for (const ReadMark mark : finished_) environment_.read.marks->free(mark);
    environment_.positions.remove(key_);
  }
  finished_.clear();
  current_.reset();
}

Tail::Next Tail::next(bool has_more) {
  if (is_retired_ && files_.empty()) {
    forget_everything();
    return {.is_over = true};
  }
  if (has_more) return {.at_once = true};
  const SteadyTime now = environment_.read.clock.steady();
  if (now < begin_at_) return {.after = begin_at_ - now};
  if (is_skipped_) return {.after = sweep_interval};
  Duration after = sweep_interval;
  const auto at_most = [&](Duration limit) { after = std::min(after, limit); };
  refused_pause_ = is_refused_
                       ? std::clamp(refused_pause_ * 2, refused_pause_min, refused_pause_max)
                       : Duration::zero();
  if (is_refused_) at_most(refused_pause_);
  const bool is_doubtful = !files_.empty() && files_.back()->is_doubtful();
  if (is_hindered_ || is_doubtful) at_most(hindered_interval);
  poll_pause_ = has_progress_
                    ? used_->poll_min
                    : std::clamp(poll_pause_ * 2, std::min(used_->poll_min, used_->poll_max),
                                 used_->poll_max);
  const bool is_polled =
      std::ranges::any_of(files_, [](const auto& file) { return !file->is_watched(); });
  if (is_lingering()) poll_pause_ = linger_interval;
  if (is_polled || is_missing_ || files_.empty()) at_most(std::max<Duration>(poll_pause_, 10ms));
  if (is_link_) at_most(link_interval);
  if (is_waiting_) at_most(takeover_interval);
  if (files_.size() > 1 || (is_missing_ && !files_.empty()) || is_retired_)
    at_most(rotated_interval);
  return {.after = after};
}

void Tail::note_state() {
  const LogFile* last = files_.empty() ? nullptr : files_.back().get();
  const bool is_gone = last != nullptr && is_missing_ && last->links() == 0 && last->is_settled() &&
                       last->position() >= last->size();
  is_running_ = last != nullptr && !last->has_ended() && !is_gone;
  const std::lock_guard lock(mutex_);
  is_published_ = !is_missing_;
  if (last == nullptr) return;
  has_begun_ = true;
  position_ = last->position();
  size_ = last->size();
  current_ = last->mark();
  current_ledger_ = last->ledger();
}

void Tail::report_once(std::string_view what, const std::string& error) {
  if (std::exchange(reported_, error) == error) return;
  environment_.read.logger.error(what, {{"path", key().path}, {"error", error}});
}

}  // namespace alloy::loki::source_file
