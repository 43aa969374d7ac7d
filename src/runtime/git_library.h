// The functions of libgit2 that we use, loaded with the first import.git. For git_clone.cc alone.
#pragma once

#include <git2.h>
#include <git2/sys/repository.h>
#include <memory>

#include "base/dynamic_library.h"
#include "base/error.h"

namespace alloy::runtime {

struct GitLibrary {
#define ALLOY_GIT_FUNCTION(name) decltype(&git_##name) name = nullptr
  ALLOY_GIT_FUNCTION(libgit2_init);
  ALLOY_GIT_FUNCTION(error_last);
  ALLOY_GIT_FUNCTION(error_set_str);
  ALLOY_GIT_FUNCTION(repository_open_ext);
  ALLOY_GIT_FUNCTION(repository_init);
  ALLOY_GIT_FUNCTION(repository_free);
  ALLOY_GIT_FUNCTION(repository_set_config);
  ALLOY_GIT_FUNCTION(repository_set_head_detached);
  ALLOY_GIT_FUNCTION(config_new);
  ALLOY_GIT_FUNCTION(config_free);
  ALLOY_GIT_FUNCTION(remote_create_anonymous);
  ALLOY_GIT_FUNCTION(remote_fetch);
  ALLOY_GIT_FUNCTION(remote_free);
  ALLOY_GIT_FUNCTION(fetch_options_init);
  ALLOY_GIT_FUNCTION(checkout_options_init);
  ALLOY_GIT_FUNCTION(checkout_tree);
  ALLOY_GIT_FUNCTION(revparse_single);
  ALLOY_GIT_FUNCTION(object_peel);
  ALLOY_GIT_FUNCTION(object_id);
  ALLOY_GIT_FUNCTION(object_free);
  ALLOY_GIT_FUNCTION(oid_tostr);
  ALLOY_GIT_FUNCTION(credential_userpass_plaintext_new);
  ALLOY_GIT_FUNCTION(credential_username_new);
  ALLOY_GIT_FUNCTION(credential_ssh_key_new);
  ALLOY_GIT_FUNCTION(credential_ssh_key_memory_new);
#undef ALLOY_GIT_FUNCTION
};

// Loads and initialises libgit2, once for the process; why if that can't be done.
Result<const GitLibrary*> git_library();

// The library's own words for what a call that returned `code` (< 0) has run into.
std::unexpected<Error> git_failure(const GitLibrary& git, int code);

template <auto Free>
struct GitFree {
  template <class T>
  void operator()(T* object) const {
    if (const auto git = git_library()) ((**git).*Free)(object);
  }
};
using GitRepositoryPointer = std::unique_ptr<git_repository, GitFree<&GitLibrary::repository_free>>;
using GitRemotePointer = std::unique_ptr<git_remote, GitFree<&GitLibrary::remote_free>>;
using GitObjectPointer = std::unique_ptr<git_object, GitFree<&GitLibrary::object_free>>;

}  // namespace alloy::runtime
