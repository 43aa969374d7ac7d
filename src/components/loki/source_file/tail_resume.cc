// Where the files are that an earlier run has left unfinished: renamed, copied, truncated, gone.
#include <algorithm>
#include <limits>

#include "components/loki/source_file/tail.h"

namespace alloy::loki::source_file {
namespace {

constexpr int64_t no_time_limit = std::numeric_limits<int64_t>::max();

}  // namespace

// Goes on where an earlier run has stopped.
void Tail::resume(std::optional<FoundFile> found) {
  Resumed resumed;
  resume_rotated(resumed);
  resume_at(std::move(found), resumed);
  // Last, when what the originals have now has marks of its own: until then, after a kill, the
  // marks still lead to the originals, and from them to the copies.
  for (const auto& [file, copy] : resumed.copies) adopt_copy(*file, copy);
}

// What an earlier run had not read to its end when another file came. Of those that were truncated
// since, the rest is in a copy.
void Tail::resume_rotated(Resumed& resumed) {
  if (files_.size() < 2) return;
  const Neighbours neighbours(key_.path);
  for (size_t i = 0; i + 1 < files_.size();) {
    LogFile& file = *files_[i];
    auto there = neighbours.find(file.mark().identity());
    if (!there && !file.is_untouched()) {
      note_rewritten(file, resumed);
      const auto is_copy = [&](const FoundFile& other) {
        const auto is_it = [&](const auto& known) { return is_of(*known, other); };
        return std::ranges::none_of(files_, is_it) && file.is_content_of(other.file.get());
      };
      there = find_copy(key_.path, file.position(), file.inode(), is_copy);
    }
    const FileInfo info = there ? there->info : FileInfo();
    if (there && open_marked(file, *std::move(there))) {
      resumed.copies.emplace_back(&file, info);
      ++i;
    } else {
      drop(file, "a rotated file is gone before it was read to its end");
    }
  }
}

// Remembers what the file itself has now, if nobody reads it yet.
void Tail::note_rewritten(const LogFile& file, Resumed& resumed) const {
  auto anew = find_rewritten(file);
  if (!anew || !is_unread(*anew)) return;
  const auto is_it = [&](const FoundFile& other) { return other.info.inode == anew->info.inode; };
  if (std::ranges::none_of(resumed.rewritten, is_it)) resumed.rewritten.push_back(*std::move(anew));
}

// The file itself, with other content than what was read of it. Its number must not be that of a
// younger one.
std::optional<FoundFile> Tail::find_rewritten(const LogFile& file) const {
  Identity identity = file.mark().identity();
  identity.head = {};
  auto found = find_renamed(key_.path, identity);
  if (found && (file.is_untouched() || is_same_file(*found, file.mark()))) found.reset();
  return found;
}

void Tail::resume_at(std::optional<FoundFile> found, Resumed& resumed) {
  LogFile& last = *files_.back();
  if (found && resume_last(last, *found, resumed)) return;
  const Inode at_path = found ? found->info.inode : Inode();
  const int64_t last_born = last.mark().born_ns();
  const bool is_other =
      found && (found->info.inode.number != last.inode().number ||
                (found->info.is_birth_known && last_born != 0 && last_born != found->info.born_ns));
  const int64_t until = is_other ? found->info.born_ns : no_time_limit;
  int64_t since = last.mark().begun_ns();
  auto elsewhere = find_renamed(key_.path, last.mark().identity());
  if (!elsewhere && !last.is_untouched()) {
    // It may have been truncated, written to, and moved away then: it is older than its copy. If it
    // isn't there any more, what replaced it may be such a file, which nobody knows by its number.
    const bool is_there = find_rewritten(last).has_value();
    note_rewritten(last, resumed);
    elsewhere = find_copy(key_.path, last.position(), at_path, [&](const FoundFile& file) {
      return last.is_content_of(file.file.get());
    });
    if (elsewhere && is_there) since = elsewhere->info.born_ns;
  }
  if (elsewhere) {
    const FileInfo info = elsewhere->info;
    if (open_marked(last, *std::move(elsewhere))) resumed.copies.emplace_back(&last, info);
  } else {
    drop(last, "the file is gone before it was read to its end");
  }
  for (FoundFile& anew : resumed.rewritten) {
    if (anew.info.inode == at_path) continue;
    const int64_t begun = anew.info.modified_ns;
    add_file(std::move(anew), 0, begun);
  }
  add_between(since, until, at_path);
  if (found) begin_next(*std::move(found));
}

// Whether the file under the path is the one that was read last.
bool Tail::resume_last(LogFile& last, FoundFile& found, Resumed& resumed) {
  const Identity identity = last.mark().identity();
  if (!is_same_file(found, identity)) {
    // Its number with other content: truncated, or another file. One with another number may be a
    // copy that was put back, unless the file was moved away: then it is a new one.
    const bool is_copy = found.info.inode.number != last.inode().number && !last.head().empty() &&
                         last.is_content_of(found.file.get()) && !find_renamed(key_.path, identity);
    if (!is_copy) return false;
  }
  const bool is_plain = used_->read.compression == Compression::none;
  if (is_plain && found.info.size < last.position()) return false;
  // If that fails, it will be tried again.
  const FileInfo info = found.info;
  if (!open_marked(last, std::move(found))) return true;
  // What nothing was read of is no copy, and may be replaced now.
  if (last.is_untouched())
    add_unseen();
  else
    resumed.copies.emplace_back(&last, info);
  return true;
}

}  // namespace alloy::loki::source_file
