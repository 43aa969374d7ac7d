// Where the files are that an earlier run has left unfinished: renamed, copied, truncated, gone.
#include <algorithm>
#include <limits>

#include "components/loki/source_file/tail.h"

namespace alloy::loki::source_file {
namespace {

constexpr int64_t no_time_limit = std::numeric_limits<int64_t>::max();

}  // namespace

// What an earlier run had not read to its end when another file came. Of those that were truncated
// since, the rest is in a copy, and what they have now is appended to `rewritten`.
void Tail::resume_rotated(std::vector<FoundFile>& rewritten) {
  if (files_.size() < 2) return;
  const Neighbours neighbours(key_.path);
  for (size_t i = 0; i + 1 < files_.size();) {
    LogFile& file = *files_[i];
    auto there = neighbours.find(file.mark().identity());
    if (!there && !file.is_untouched()) {
      if (auto anew = find_rewritten(file)) rewritten.push_back(*std::move(anew));
      const auto is_copy = [&](const FoundFile& other) {
        const auto is_it = [&](const auto& known) { return is_of(*known, other); };
        return std::ranges::none_of(files_, is_it) && file.is_content_of(other.file.get());
      };
      there = find_copy(key_.path, file.position(), file.inode(), is_copy);
    }
    if (there && open_marked(file, *std::move(there)))
      ++i;
    else
      drop(file, "a rotated file is gone before it was read to its end");
  }
}

// The file itself, with other content than what was read of it. Its number must not be that of a
// younger one.
std::optional<FoundFile> Tail::find_rewritten(const LogFile& file) const {
  Identity identity = file.mark().identity();
  identity.head = {};
  auto found = find_renamed(key_.path, identity);
  if (found && (file.is_untouched() || file.is_content_of(found->file.get()))) found.reset();
  return found;
}

// Goes on where an earlier run has stopped.
void Tail::resume(std::optional<FoundFile> found) {
  std::vector<FoundFile> rewritten;
  resume_rotated(rewritten);
  LogFile& last = *files_.back();
  if (found && resume_last(last, *found)) return;
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
    auto anew = find_rewritten(last);
    const bool is_there = anew.has_value();
    if (anew) rewritten.push_back(*std::move(anew));
    elsewhere = find_copy(key_.path, last.position(), at_path, [&](const FoundFile& file) {
      return last.is_content_of(file.file.get());
    });
    if (elsewhere && is_there) since = elsewhere->info.born_ns;
  }
  if (elsewhere)
    open_marked(last, *std::move(elsewhere));
  else
    drop(last, "the file is gone before it was read to its end");
  for (FoundFile& anew : rewritten) {
    if (anew.info.inode == at_path || !is_unread(anew)) continue;
    const int64_t begun = anew.info.modified_ns;
    add_file(std::move(anew), 0, begun);
  }
  add_between(since, until, at_path);
  if (found) begin_next(*std::move(found));
}

// Whether the file under the path is the one that was read last.
bool Tail::resume_last(LogFile& last, FoundFile& found) {
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
  if (open_marked(last, std::move(found)) && last.is_untouched()) add_unseen();
  return true;
}

}  // namespace alloy::loki::source_file
