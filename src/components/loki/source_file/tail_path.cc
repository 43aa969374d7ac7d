// What a target's path leads to: the start, rotation, truncation.
#include <algorithm>
#include <charconv>
#include <limits>
#include <sys/stat.h>
#include <unistd.h>

#include "components/loki/source_file/tail.h"

namespace alloy::loki::source_file {
namespace {

std::optional<int64_t> parse_position(const std::string& text) {
  int64_t position = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), position);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return std::max<int64_t>(position, 0);
}

// What a mark has to agree with.
int64_t published_position(const PositionsFile& positions, const PositionKey& key) {
  const auto text = positions.get(key);
  if (!text) return ReadMark::unpublished;
  // Text that is no position agrees with nothing.
  return parse_position(*text).value_or(std::numeric_limits<int64_t>::min());
}

}  // namespace

std::unique_ptr<LogFile> Tail::make_file(ReadMark mark) {
  return std::make_unique<LogFile>(environment_.read, mark,
                                   [weak = weak_from_this(), &environment = environment_] {
                                     if (auto self = weak.lock()) environment.wake(std::move(self));
                                   });
}

void Tail::load() {
  ReadMarks& marks = *environment_.read.marks;
  const std::vector<ReadMark> known = marks.find(key_);
  if (known.empty()) return;
  if (!marks.agree(known.back(), published_position(environment_.positions, key_))) {
    environment_.read.logger.info("positions.yml was changed by somebody else",
                                  {{"path", key_.path}});
    for (const ReadMark mark : known) marks.free(mark);
    return;
  }
  for (const ReadMark mark : known) {
    if (mark.is_finished()) {
      finished_.push_back(mark);
      continue;
    }
    files_.push_back(make_file(mark));
    environment_.open_files.add(mark, weak_from_this());
  }
  current_ = known.back();
  had_marks_ = true;
}

// A target that had other labels when the program ran last.
void Tail::take_marks_of_other_labels() {
  ReadMarks& marks = *environment_.read.marks;
  for (const auto& [other, position] : environment_.positions.all_of(key_.path)) {
    if (other.labels == key_.labels || environment_.is_target_key(other)) continue;
    const std::vector<ReadMark> known = marks.find(other);
    if (known.empty() ||
        !marks.agree(known.back(), published_position(environment_.positions, other)))
      continue;
    for (const ReadMark mark : known) marks.move(mark, key_);
    environment_.positions.remove(other);
    return load();
  }
}

void Tail::open() {
  if (!files_.empty() && !can_search()) {
    wants_open_ = true;  // From now on work() tries.
    return;
  }
  if (files_.empty() && finished_.empty()) take_marks_of_other_labels();
  struct stat link = {};
  is_link_ = ::lstat(key_.path.c_str(), &link) == 0 && S_ISLNK(link.st_mode);
  auto found = open_at_path();
  if (!files_.empty())
    resume(std::move(found));
  else if (found && !finished_.empty())
    begin_next(*std::move(found));
  else if (found)
    begin_first(*std::move(found));
  note_state();
  is_open_ = true;
}

std::optional<FoundFile> Tail::open_at_path() {
  const std::string& path = key_.path;
  auto file = open_file(path);
  is_missing_ = !file && file.error().kind() == ErrorKind::not_found;
  if (!file) {
    report_once("failed to tail file", file.error().message());
    return std::nullopt;
  }
  const auto info = inspect(file->get());
  if (!info) return std::nullopt;
  if (!info->is_regular) {
    report_once("failed to tail file", info->is_directory ? "is directory" : "is no regular file");
    failed_ = *info;
    return std::nullopt;
  }
  return FoundFile{path, *std::move(file), *info};
}

// Opens a file that the mark stands for.
bool Tail::open_marked(LogFile& file, FoundFile found) {
  if (const auto opened = file.open(std::move(found.file), used_->read); !opened) {
    report_once("failed to run tailer", opened.error().message());
    failed_ = found.info;
    return false;
  }
  environment_.open_files.set_open(file.inode(), *this);
  environment_.read.logger.debug("start tailing file", {{"path", key_.path},
                                                        {"found_at", found.path},
                                                        {"inode", found.info.inode.number},
                                                        {"position", file.position()},
                                                        {"size", found.info.size}});
  return true;
}

bool Tail::add_file(FoundFile found, int64_t offset, int64_t begun_ns) {
  ReadMarks& marks = *environment_.read.marks;
  // positions.yml still says of the target what it said of the file before.
  const int64_t published =
      current_ ? current_->published() : published_position(environment_.positions, key_);
  auto mark = marks.add(key_, found.info.inode, Head(), offset,
                        {.begun_ns = begun_ns,
                         .born_ns = found.info.is_birth_known ? found.info.born_ns : 0,
                         .publishing = current_ ? current_->publishing() : published,
                         .published = published});
  if (!mark) {
    report_once("failed to tail file", mark.error().message());
    return false;
  }
  files_.push_back(make_file(*mark));
  environment_.open_files.add(*mark, weak_from_this());
  if (!open_marked(*files_.back(), std::move(found))) {
    environment_.open_files.remove(mark->inode(), *this);
    files_.back()->ledger()->abandon();
    files_.pop_back();
    marks.free(*mark);
    return false;
  }
  note_state();
  return true;
}

// Whether the file is being read, or has been.
bool Tail::is_known(const FoundFile& found) const {
  return std::ranges::any_of(files_, [&](const auto& file) { return is_of(*file, found); }) ||
         std::ranges::any_of(finished_, [&](ReadMark mark) {
           return !mark.head().empty() && is_same_file(found, mark);
         });
}

// Whether what `file` stands for is the one that was found. The numbers of inodes are used again,
// but not of files that are open.
bool Tail::is_of(const LogFile& file, const FoundFile& found) const {
  if (file.is_open()) return file.open_inode() == found.info.inode;
  return file.inode() == found.info.inode && is_same_file(found, file.mark());
}

// Says and counts that bytes of a file were never read.
void Tail::count_lost(const LogFile& file, int64_t bytes, std::string_view why) {
  if (bytes <= 0) return;
  counters_.lost_bytes += static_cast<uint64_t>(bytes);
  environment_.read.logger.error(why, {{"path", key_.path},
                                       {"inode", file.inode().number},
                                       {"position", file.position()},
                                       {"bytes", bytes}});
}

// Gives up a file that can't be found.
void Tail::drop(LogFile& file, std::string_view why) {
  environment_.read.logger.warn(
      why, {{"path", key_.path}, {"inode", file.inode().number}, {"position", file.position()}});
  finish(file);
  file.ledger()->silence();
  std::erase_if(files_, [&](const auto& other) { return other.get() == &file; });
}

void Tail::begin_first(FoundFile found) {
  const Takeover takeover = take_over(found);
  is_waiting_ = takeover == Takeover::wait;
  if (takeover != Takeover::none) return;
  const auto text = environment_.positions.get(key_);
  const auto offset = first_offset(found);
  if (!offset) {
    is_skipped_ = true;
    return;
  }
  const bool is_broken = text && !parse_position(*text);
  const bool from_end = is_broken ? used_->on_position_error == OnPositionError::restart_from_end
                                  : used_->tail_from_end;
  // What was rotated before now is none of our business.
  const int64_t now = std::chrono::system_clock::now().time_since_epoch() / 1ns;
  const int64_t begun = std::max(now, found.info.born_ns);
  if (!add_file(std::move(found), *offset, begun)) return;
  if (*offset == 0 && from_end && used_->read.compression == Compression::none)
    if (const auto skipped = files_.back()->skip_lines(); !skipped)
      report_once("failed to find the last line", skipped.error().message());
}

// Where positions.yml says to begin; nothing if the file is to be left alone.
std::optional<int64_t> Tail::first_offset(const FoundFile& found) {
  int64_t offset = 0;
  if (const auto text = environment_.positions.get(key_)) {
    const auto position = parse_position(*text);
    if (!position && used_->on_position_error == OnPositionError::skip) {
      report_once("failed to get file position", "not a number: " + *text);
      return std::nullopt;
    }
    offset = position.value_or(0);
  }
  if (offset == 0 && used_->has_legacy_positions)
    if (const auto text = environment_.positions.get({key_.path, "{}"}))
      offset = parse_position(*text).value_or(0);
  return used_->read.compression == Compression::none ? std::min(offset, found.info.size) : offset;
}

// A file that has come under the path after another one.
void Tail::begin_next(FoundFile found) {
  if (go_back_to(found)) return;
  const Takeover takeover = take_over(found);
  is_waiting_ = takeover == Takeover::wait;
  const int64_t born = found.info.born_ns;
  const bool is_new = takeover == Takeover::none && add_file(std::move(found), 0, born);
  if (is_new) was_missing_ = false;
  if (is_new && used_->read.compression == Compression::none) add_unseen();
}

// Whether the file has been read already, under this path or another one.
Tail::Takeover Tail::take_over(FoundFile& found) {
  if (const auto other = environment_.open_files.find_other(found, *this)) {
    if (other->is_at_path(found.info.inode)) return Takeover::none;
    environment_.wake(other);
    return Takeover::wait;
  }
  std::vector<ReadMark> marks = environment_.read.marks->find_inode(found.info.inode, key_.labels);
  for (const ReadMark mark : std::views::reverse(marks)) {
    if (!mark.is_finished() || mark.head().empty() || !is_same_file(found, mark)) continue;
    const int64_t offset = used_->read.compression == Compression::none
                               ? std::min(mark.offset(), found.info.size)
                               : mark.offset();
    const int64_t born = found.info.born_ns;
    add_file(std::move(found), offset, born);
    return Takeover::taken;
  }
  return Takeover::none;
}

void Tail::follow_path() {
  check_content();
  const auto info = inspect(key_.path);
  is_missing_ = !info && info.error().kind() == ErrorKind::not_found;
  was_missing_ |= is_missing_;
  if (!info) {
    if (!is_missing_) report_once("failed to tail file", info.error().message());
    return;
  }
  const bool is_as_failed = failed_ && failed_->inode == info->inode &&
                            failed_->size == info->size &&
                            failed_->modified_ns == info->modified_ns;
  if (is_as_failed) return;
  failed_.reset();
  if (!files_.empty() && files_.back()->inode() == info->inode) {
    is_waiting_ = was_missing_ = false;
    return;
  }
  if (is_retired_) return;
  auto found = open_at_path();
  if (!found) return;
  reported_.clear();
  if (!files_.empty() && files_.back()->is_open())
    rotate(*std::move(found));
  else if (current_ || !files_.empty())
    begin_next(*std::move(found));
  else
    begin_first(*std::move(found));
}

// Whether the last file, wherever it is, still has what was read from it.
void Tail::check_content() {
  if (files_.empty() || !files_.back()->is_open()) return;
  LogFile& last = *files_.back();
  const bool is_compressed = used_->read.compression != Compression::none;
  if (last.has_ended() && !is_compressed && !last.is_doubtful()) return;
  const int64_t modified_before = last.modified_ns();
  switch (last.check()) {
    case LogFile::Check::same: {
      const bool may_have_had_other_content =
          last.size() > last.position() || last.modified_ns() != modified_before;
      if (!is_compressed && last.is_untouched() && may_have_had_other_content) add_unseen();
      break;
    }
    case LogFile::Check::other:
      begin_content_anew();
      break;
  }
}

// The file was truncated, and maybe written to since.
void Tail::begin_content_anew() {
  LogFile& last = *files_.back();
  last.doubt();  // Unless all of the following succeeds.
  if (!can_search()) return;
  Descriptor same(::dup(last.descriptor()));
  const auto info = inspect(same.get());
  if (!same || !info) return;
  FoundFile found{key_.path, std::move(same), *info};
  auto copy = find_copy(key_.path, last.position(), info->inode,
                        [&](const FoundFile& file) { return last.is_content_of(file.file.get()); });
  bool is_begun = false;
  if (copy) {
    const FileInfo copied = copy->info;
    continue_in(last, *std::move(copy));
    // Further copies, of what it had since. What came later is no copy of it.
    add_between(copied.born_ns, info->modified_ns, info->inode);
    is_begun = add_file(std::move(found), 0, info->modified_ns);
    // Last: after a kill before this, the mark still leads to the truncated file and to the copy.
    set_inode(last, copied);
  } else {
    // Lost is what nobody has copied, but there may be copies of what it had since.
    count_lost(last, last.unread_before(), "a file was truncated before it was read to its end");
    last.end_here();
    add_between(last.mark().begun_ns(), info->modified_ns, info->inode);
    is_begun = add_file(std::move(found), 0, info->modified_ns);
  }
  // Modified since it was looked at, it may have had other content meanwhile.
  if (is_begun && files_.back()->modified_ns() != info->modified_ns) add_unseen();
}

void Tail::continue_in(LogFile& file, FoundFile found) {
  environment_.read.logger.debug(
      "going on in a copy",
      {{"path", key_.path}, {"copy", found.path}, {"position", file.position()}});
  file.continue_in(std::move(found.file));
}

// The mark stands for the copy that the file was opened in. Known by its number from now on, it
// can't be older than that.
void Tail::adopt_copy(LogFile& file, const FileInfo& copy) {
  if (file.inode() == copy.inode) return;
  ReadMark mark = file.mark();
  mark.set_begun_ns(std::max(mark.begun_ns(), copy.born_ns));
  set_inode(file, copy);
}

// The mark stands for a file with another inode now.
void Tail::set_inode(LogFile& file, const FileInfo& info) {
  environment_.open_files.remove(file.inode(), *this);
  environment_.read.marks->set_inode(file.mark(), info);
  environment_.open_files.add(file.mark(), weak_from_this());
  if (file.is_open()) environment_.open_files.set_open(info.inode, *this);
}

// Nothing has been read of the last file yet: it may have had other content before, which is now in
// copies that were made since.
void Tail::add_unseen() {
  const LogFile& untouched = *files_.back();
  std::vector<FoundFile> unread =
      find_unread(untouched.mark().begun_ns(), untouched.modified_ns(), untouched.inode());
  if (unread.empty()) return;
  Descriptor same(::dup(files_.back()->descriptor()));
  const auto info = inspect(same.get());
  if (!same || !info) return;
  // It comes after them, in the order of reading and in that of the marks.
  const std::unique_ptr<LogFile> last = std::move(files_.back());
  files_.pop_back();
  for (FoundFile& file : unread) {
    const int64_t born = file.info.born_ns;
    add_file(std::move(file), 0, born);
  }
  environment_.open_files.remove(last->inode(), *this);
  add_file({key_.path, std::move(same), *info}, 0, unread.back().info.born_ns);
  last->ledger()->abandon();
  environment_.read.marks->free(last->mark());
}

// Whether the file goes on where the last one, which was removed, has stopped.
bool Tail::is_continued_by(const LogFile& last, int descriptor) const {
  if (used_->read.compression != Compression::none) return false;
  if (last.is_untouched())
    return last.size() > 0 && begin_alike(last.descriptor(), descriptor, last.size());
  // A shorter one may be a new file that begins with the same lines.
  const auto info = inspect(descriptor);
  return info && info->size >= last.position() && last.is_content_of(descriptor) &&
         begin_alike(last.descriptor(), descriptor, last.position());
}

// Another file is under the path.
void Tail::rotate(FoundFile found) {
  if (go_back_to(found) || !can_search()) return;
  // Only now it stays what it is: it may have been truncated and written to just before.
  check_content();
  LogFile& last = *files_.back();
  last.look();
  const int64_t born = found.info.born_ns;
  if (last.links() == 0 && !last.has_ended()) {
    if (!was_missing_ && is_continued_by(last, found.file.get())) {
      // Written anew with what it had before, as editors do. They leave no time without a file.
      last.end_here();
      const int64_t alike = last.is_untouched() ? 0 : last.position();
      add_file(std::move(found), alike, born);
      return;
    }
    auto next = find_copy(key_.path, last.position(), found.info.inode, [&](const FoundFile& file) {
      return is_continued_by(last, file.file.get());
    });
    if (next) {
      const FileInfo copied = next->info;
      continue_in(last, *std::move(next));
      set_inode(last, copied);
    }
  }
  add_between(last.mark().begun_ns(), born, found.info.inode);
  begin_next(std::move(found));
}

// Whether the file was under the path before, and is still being read: links and names may be
// swapped and swapped back.
bool Tail::go_back_to(const FoundFile& found) {
  const auto known = std::ranges::find_if(files_, [&](const auto& file) {
    return file->is_open() && !file->has_ended() && is_of(*file, found);
  });
  if (known == files_.end()) return false;
  environment_.read.marks->set_newest((*known)->mark());
  std::rotate(known, known + 1, files_.end());
  was_missing_ = false;
  note_state();
  return true;
}

// Whether files can be opened to look for others. A search without that would take them for gone,
// so it waits for better times.
bool Tail::can_search() {
  constexpr size_t needed = 48;  // As many rotated files as there may be beside one.
  std::vector<Descriptor> probes;
  while (probes.size() < needed) {
    auto probe = open_file("/dev/null");
    is_hindered_ = !probe && probe.error().kind() != ErrorKind::not_found;
    if (!probe) {
      if (is_hindered_) report_once("can't look for rotated files", probe.error().message());
      return !is_hindered_;
    }
    probes.push_back(*std::move(probe));
  }
  if (const auto room = environment_.read.marks->make_room(); !room) {
    is_hindered_ = true;
    report_once("can't look for rotated files", room.error().message());
  }
  return !is_hindered_;
}

// Rotated files that nobody has read: they were under the path for so short a time. A copy that is
// just being made of the file that is there is none.
std::vector<FoundFile> Tail::find_unread(int64_t after_ns, int64_t before_ns, Inode except) {
  std::vector<FoundFile> found = find_between(key_.path, after_ns, before_ns);
  const LogFile* last = files_.empty() ? nullptr : files_.back().get();
  std::erase_if(found, [&](const FoundFile& file) {
    const int64_t common = last != nullptr ? std::min(last->size(), file.info.size) : 0;
    const bool is_copy_in_progress =
        file.info.size == 0 ||
        (common > 0 && last->is_open() && begin_alike(last->descriptor(), file.file.get(), common));
    if (is_copy_in_progress) return true;
    return file.info.inode == except || !is_unread(file);
  });
  return found;
}

// Whether nobody reads the file, has read it or is going to.
bool Tail::is_unread(const FoundFile& found) const {
  return !is_known(found) && !environment_.is_target(found.path) &&
         environment_.open_files.find_other(found, *this) == nullptr;
}

void Tail::add_between(int64_t after_ns, int64_t before_ns, Inode except) {
  for (FoundFile& file : find_unread(after_ns, before_ns, except)) {
    const int64_t born = file.info.born_ns;
    add_file(std::move(file), 0, born);
  }
}

}  // namespace alloy::loki::source_file
