#include "runtime/git_clone.h"

#include <atomic>
#include <filesystem>
#include <mutex>
#include <thread>

#include "base/text.h"
#include "runtime/git_library.h"

namespace alloy::runtime {
namespace {

namespace fs = std::filesystem;

// What the thread that fetches and the task that waits for it know of each other.
struct Progress {
  std::atomic<int64_t> heard_at_ns = 0;
  std::atomic<bool> is_given_up = false;

  static int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }
  void hear() { heard_at_ns = now_ns(); }
};

// The address without the credentials that may stand in it.
std::string shown(const std::string& repository) {
  const size_t scheme = repository.find("://");
  if (scheme == std::string::npos) return repository;
  const size_t host = scheme + 3;
  const size_t at = repository.rfind('@', repository.find('/', host));
  if (at == std::string::npos || at < host) return repository;
  return repository.substr(0, host) + repository.substr(at + 1);
}

// What libgit2 hands to its callbacks.
struct FetchContext {
  const GitLibrary& git;
  const GitRevision& wanted;
  Progress& progress;
  bool has_signed_in = false;
};

int refuse(const GitLibrary& git, const char* why) {
  git.error_set_str(GIT_ERROR_NET, why);
  return GIT_EUSER;
}

int on_progress(const git_indexer_progress* stats, void* payload) {
  auto& context = *static_cast<FetchContext*>(payload);
  context.progress.hear();
  if (context.progress.is_given_up) return refuse(context.git, "given up");
  if (stats->received_bytes > git_received_bytes_max)
    return refuse(context.git, "the repository is larger than 1 GiB");
  return 0;
}

int on_message(const char*, int, void* payload) {
  static_cast<FetchContext*>(payload)->progress.hear();
  return 0;
}

// Asked again when what it gave was refused.
int on_credential(git_credential** out, const char*, const char* user_in_url, unsigned allowed,
                  void* payload) {
  auto& context = *static_cast<FetchContext*>(payload);
  const GitLibrary& git = context.git;
  const GitRevision& wanted = context.wanted;
  context.progress.hear();
  const char* user = wanted.username.c_str();
  if (wanted.username.empty() && user_in_url != nullptr) user = user_in_url;
  if (allowed & GIT_CREDENTIAL_USERNAME) return git.credential_username_new(out, user);
  if (std::exchange(context.has_signed_in, true))
    return refuse(git, "authentication failed: the remote refuses the credentials");
  const bool has_key = !wanted.ssh_key.empty() || !wanted.ssh_key_file.empty();
  if ((allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT) && !wanted.password.empty())
    return git.credential_userpass_plaintext_new(out, user, wanted.password.c_str());
  if (!(allowed & GIT_CREDENTIAL_SSH_KEY) || !has_key)
    return refuse(git, "authentication required");
  const char* passphrase = wanted.ssh_passphrase.c_str();
  if (!wanted.ssh_key.empty())
    return git.credential_ssh_key_memory_new(out, user, nullptr, wanted.ssh_key.c_str(),
                                             passphrase);
  return git.credential_ssh_key_new(out, user, nullptr, wanted.ssh_key_file.c_str(), passphrase);
}

// Opens the repository of exactly this folder, whatever lies around it.
Result<GitRepositoryPointer> open(const GitLibrary& git, const std::string& folder) {
  git_repository* repository = nullptr;
  const int code =
      git.repository_open_ext(&repository, folder.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr);
  if (code < 0) return git_failure(git, code);
  return GitRepositoryPointer(repository);
}

Result<GitRepositoryPointer> create(const GitLibrary& git, const std::string& folder) {
  std::error_code failed;
  fs::remove_all(folder, failed);
  if (!failed) fs::create_directories(folder, failed);
  if (failed) return fail(fmt::format("creating {}: {}", folder, failed.message()));
  git_repository* repository = nullptr;
  if (const int code = git.repository_init(&repository, folder.c_str(), 0); code < 0)
    return git_failure(git, code);
  return GitRepositoryPointer(repository);
}

// The settings of whoever runs the program are not part of its configuration. What is more, libgit2
// 1.5 leaks 20 KB for each entry that it compares with "url.*.insteadof".
Result<void> forget_settings(const GitLibrary& git, git_repository* repository) {
  git_config* empty = nullptr;
  int code = git.config_new(&empty);
  if (code == 0) code = git.repository_set_config(repository, empty);
  git.config_free(empty);
  if (code < 0) return git_failure(git, code);
  return {};
}

Result<void> fetch(const GitLibrary& git, git_repository* repository, const GitRevision& wanted,
                   Progress& progress) {
  git_remote* made = nullptr;
  if (const int code = git.remote_create_anonymous(&made, repository, wanted.repository.c_str());
      code < 0)
    return git_failure(git, code);
  const GitRemotePointer remote(made);

  FetchContext context{.git = git, .wanted = wanted, .progress = progress};
  git_fetch_options options;
  git.fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION);
  options.callbacks.credentials = on_credential;
  options.callbacks.transfer_progress = on_progress;
  options.callbacks.sideband_progress = on_message;
  options.callbacks.payload = &context;
  options.proxy_opts.type = GIT_PROXY_AUTO;  // As the environment says.
  options.prune = GIT_FETCH_PRUNE;
  options.update_fetchhead = 0;
  options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;  // The second reference says which.
  std::string branches = "+refs/heads/*:refs/remotes/origin/*";
  std::string tags = "+refs/tags/*:refs/tags/*";
  std::array<char*, 2> references = {branches.data(), tags.data()};
  const git_strarray list{references.data(), references.size()};
  if (const int code = git.remote_fetch(remote.get(), &list, &options, nullptr); code < 0)
    return git_failure(git, code);
  return {};
}

Result<GitObjectPointer> find_commit(const GitLibrary& git, git_repository* repository,
                                     const std::string& revision) {
  for (const char* kind : {"refs/tags/", "refs/remotes/origin/", ""}) {
    git_object* found = nullptr;
    if (git.revparse_single(&found, repository, (kind + revision).c_str()) < 0) continue;
    const GitObjectPointer object(found);
    git_object* commit = nullptr;
    if (git.object_peel(&commit, object.get(), GIT_OBJECT_COMMIT) < 0) continue;
    return GitObjectPointer(commit);
  }
  return fail(fmt::format("invalid revision {}", quote(revision)));
}

Result<GitClone::Update> check_out(const GitLibrary& git, git_repository* repository,
                                   const std::string& revision) {
  TRY(const GitObjectPointer commit, find_commit(git, repository, revision));
  git_checkout_options options;
  git.checkout_options_init(&options, GIT_CHECKOUT_OPTIONS_VERSION);
  options.checkout_strategy = GIT_CHECKOUT_FORCE | GIT_CHECKOUT_REMOVE_UNTRACKED;
  if (const int code = git.checkout_tree(repository, commit.get(), &options); code < 0)
    return git_failure(git, code);
  const git_oid* id = git.object_id(commit.get());
  if (const int code = git.repository_set_head_detached(repository, id); code < 0)
    return git_failure(git, code);
  std::array<char, GIT_OID_HEXSZ + 1> hex{};
  git.oid_tostr(hex.data(), hex.size(), id);
  return GitClone::Update{.commit = hex.data(), .fetched = {}};
}

// All that blocks.
Result<GitClone::Update> update_folder(const std::string& folder, const GitRevision& wanted,
                                       Progress& progress) {
  TRY(const GitLibrary* git, git_library());
  auto repository = open(*git, folder);
  const bool is_new = !repository;
  if (is_new) repository = create(*git, folder);
  if (!repository) return std::unexpected(repository.error());

  TRY(forget_settings(*git, repository->get()));
  const Result<void> fetched = fetch(*git, repository->get(), wanted, progress);
  auto update = check_out(*git, repository->get(), wanted.revision);
  if (!update && is_new) {
    // Half a clone would pass for one the next time.
    repository->reset();
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
  if (fetched) return update;
  Error why = Error(fetched.error()).with_context("fetching " + shown(wanted.repository));
  if (!update) return std::unexpected(std::move(why));
  update->fetched = std::unexpected(std::move(why));
  return update;
}

}  // namespace

struct GitClone::Work {
  std::atomic<bool> is_busy = false;
};

GitClone::GitClone(std::string folder)
    : folder_(std::move(folder)), work_(std::make_shared<Work>()) {}
GitClone::~GitClone() = default;

Task<Result<GitClone::Update>> GitClone::update(GitRevision wanted, StopToken stop,
                                                Duration silence_max) {
  if (work_->is_busy.exchange(true))
    co_return fail("the previous update has been given up, but its connection has not ended");
  struct Call {
    GitRevision wanted;
    std::string folder;
    Progress progress;
    Event done;
    std::optional<Result<Update>> result;  // Written before `done`.
  };
  const auto call = std::make_shared<Call>();
  call->wanted = std::move(wanted);
  call->folder = folder_;
  call->progress.hear();
  std::thread([call, work = work_] {
    call->result = update_folder(call->folder, call->wanted, call->progress);
    work->is_busy = false;
    call->done.notify();
  }).detach();

  while (true) {
    const Duration silence(Progress::now_ns() - call->progress.heard_at_ns);
    const Wake wake = co_await call->done.wait(stop, std::max(silence_max - silence, Duration(1)));
    if (wake == Wake::notified) co_return *std::move(call->result);
    if (wake == Wake::stopped) break;
    if (Progress::now_ns() - call->progress.heard_at_ns >= silence_max.count()) break;
  }
  call->progress.is_given_up = true;
  if (stop.stop_requested()) co_return fail("stopped", ErrorKind::stopped);
  co_return fail(fmt::format("{} has not answered for {}", shown(call->wanted.repository),
                             format_duration(silence_max)),
                 ErrorKind::timeout);
}

}  // namespace alloy::runtime
