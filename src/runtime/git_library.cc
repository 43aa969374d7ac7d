#include "runtime/git_library.h"

#include <csignal>

#include <fmt/format.h>

namespace alloy::runtime {
namespace {

Result<GitLibrary> load() {
  // Unlike libcurl's, the interface changes with the minor version.
  static const DynamicLibrary library("libgit2.so." LIBGIT2_SOVERSION);
  TRY(library.loaded());
  GitLibrary git;
#define ALLOY_GIT_BIND(name) library.bind(git.name, "git_" #name)
  ALLOY_GIT_BIND(libgit2_init);
  ALLOY_GIT_BIND(error_last);
  ALLOY_GIT_BIND(error_set_str);
  ALLOY_GIT_BIND(repository_open_ext);
  ALLOY_GIT_BIND(repository_init);
  ALLOY_GIT_BIND(repository_free);
  ALLOY_GIT_BIND(repository_set_config);
  ALLOY_GIT_BIND(repository_set_head_detached);
  ALLOY_GIT_BIND(config_new);
  ALLOY_GIT_BIND(config_free);
  ALLOY_GIT_BIND(remote_create_anonymous);
  ALLOY_GIT_BIND(remote_fetch);
  ALLOY_GIT_BIND(remote_free);
  ALLOY_GIT_BIND(fetch_options_init);
  ALLOY_GIT_BIND(checkout_options_init);
  ALLOY_GIT_BIND(checkout_tree);
  ALLOY_GIT_BIND(revparse_single);
  ALLOY_GIT_BIND(object_peel);
  ALLOY_GIT_BIND(object_id);
  ALLOY_GIT_BIND(object_free);
  ALLOY_GIT_BIND(oid_tostr);
  ALLOY_GIT_BIND(credential_userpass_plaintext_new);
  ALLOY_GIT_BIND(credential_username_new);
  ALLOY_GIT_BIND(credential_ssh_key_new);
  ALLOY_GIT_BIND(credential_ssh_key_memory_new);
#undef ALLOY_GIT_BIND
  std::signal(SIGPIPE, SIG_IGN);  // A remote that closes while we write is an error, no more.
  if (const int code = git.libgit2_init(); code < 0) return git_failure(git, code);
  return git;
}

}  // namespace

Result<const GitLibrary*> git_library() {
  static const Result<GitLibrary> git = load();
  if (!git) return std::unexpected(git.error());
  return &*git;
}

std::unexpected<Error> git_failure(const GitLibrary& git, int code) {
  const git_error* last = git.error_last();
  if (last == nullptr || last->message == nullptr) return fail(fmt::format("git: error {}", code));
  return fail(last->message, code == GIT_ENOTFOUND ? ErrorKind::not_found : ErrorKind::failed);
}

}  // namespace alloy::runtime
