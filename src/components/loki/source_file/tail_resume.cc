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
    auto there = neighbours.find(file.inode(), file.head(), file.mark().begun_ns());
    if (!there && !file.is_untouched()) {
      if (auto anew = find_rewritten(file)) rewritten.push_back(*std::move(anew));
      const auto is_copy = [&](const FoundFile& other) {
        const auto is_it = [&](const auto& known) { return is_of(*known, other); };
        return std::ranges::none_of(files_, is_it) && file.head().matches(other.file.get());
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
  auto found = find_renamed(key_.path, file.inode(), Head(), file.mark().begun_ns());
  if (found && (file.is_untouched() || file.head().matches(found->file.get()))) found.reset();
  return found;
}

// Goes on where an earlier run has stopped.
void Tail::resume(std::optional<FoundFile> found) {
  std::vector<FoundFile> rewritten;
  resume_rotated(rewritten);
  LogFile& last = *files_.back();
  if (found && resume_last(last, *found)) return;
  const Inode at_path = found ? found->info.inode : Inode();
  const int64_t until = found && found->info.inode.number != last.inode().number
                            ? found->info.born_ns
                            : no_time_limit;
  int64_t since = last.mark().begun_ns();
  auto elsewhere = find_renamed(key_.path, last.inode(), last.head(), last.mark().begun_ns());
  if (!elsewhere && !last.is_untouched()) {
    // It may have been truncated, written to, and moved away then: it is older than its copy. If it
    // isn't there any more, what replaced it may be such a file, which nobody knows by its number.
    auto anew = find_rewritten(last);
    const bool is_there = anew.has_value();
    if (anew) rewritten.push_back(*std::move(anew));
    elsewhere = find_copy(key_.path, last.position(), at_path, [&](const FoundFile& file) {
      return last.head().matches(file.file.get());
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
  const int descriptor = found.file.get();
  const bool is_same_inode = found.info.inode.number == last.inode().number;
  const bool begins_alike =
      last.head().empty() ? found.info.inode == last.inode() : last.head().matches(descriptor);
  if (!begins_alike) return false;
  // Moved away rather than copied back? Then the file under the path is a new one.
  if (!is_same_inode && find_renamed(key_.path, last.inode(), last.head(), last.mark().begun_ns()))
    return false;
  const bool is_shorter =
      used_->read.compression == Compression::none && found.info.size < last.position();
  if (!is_shorter) {
    // If that fails, it will be tried again.
    if (open_marked(last, std::move(found)) && last.is_untouched()) add_unseen();
    return true;
  }
  const auto is_copy = [&](const FoundFile& file) { return last.head().matches(file.file.get()); };
  if (find_copy(key_.path, last.position(), found.info.inode, is_copy)) return false;
  const int64_t size = found.info.size;
  const int64_t born = found.info.born_ns;
  drop(last, "the file has become shorter");
  return add_file(std::move(found), size, born);
}

}  // namespace alloy::loki::source_file
