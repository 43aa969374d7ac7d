// A working copy of a remote Git repository on disk, kept up to date for import.git.
#pragma once

#include <memory>
#include <string>

#include "base/duration.h"
#include "base/error.h"
#include "base/task.h"

namespace alloy::runtime {

// What is asked for, and how to sign in. The password goes with the user name; so does the private
// key (its text, or else the file it is in).
struct GitRevision {
  std::string repository;  // As `git clone` takes it: http(s)://, ssh://, host:path, a folder.
  std::string revision;    // A tag, else a branch, else a commit's (shortened) id.
  std::string username;
  std::string password;
  std::string ssh_key;
  std::string ssh_key_file;
  std::string ssh_passphrase;

  bool operator==(const GitRevision&) const = default;
};

// A remote that says nothing for this long is given up.
inline constexpr Duration git_silence_max = std::chrono::seconds(30);
// A remote that sends more than this at a time is refused.
inline constexpr uint64_t git_received_bytes_max = uint64_t{1} << 30;

class GitClone {
 public:
  // The folder is made with the first update, and emptied if it is no repository.
  explicit GitClone(std::string folder);
  ~GitClone();

  const std::string& folder() const { return folder_; }

  struct Update {
    std::string commit;    // The id of what is checked out now.
    Result<void> fetched;  // Why the remote could not be asked, when there was a clone already.
  };
  // Fetches all branches and tags and checks the revision out. If that fails, what was checked out
  // before stays as it was. Errors: `invalid revision "x"`, what the remote or libgit2 says, or
  // that the remote was silent for `silence_max`. libgit2 blocks, so this happens on a thread of
  // its own; a remote that has been given up holds it until its connection ends, and until then
  // further updates are refused.
  Task<Result<Update>> update(GitRevision wanted, StopToken stop,
                              Duration silence_max = git_silence_max);

 private:
  struct Work;
  std::string folder_;
  std::shared_ptr<Work> work_;
};

}  // namespace alloy::runtime
