// import.git: the module is a file or folder of a Git repository that is pulled from time to time.
#include <array>
#include <filesystem>

#include "base/text.h"
#include "runtime/async_lock.h"
#include "runtime/blocks.h"
#include "runtime/git_clone.h"
#include "runtime/import_source.h"
#include "values/secret.h"

namespace alloy::runtime {
namespace {

namespace fs = std::filesystem;

struct GitBasicAuth {
  std::string username;
  Secret password;

  static constexpr auto schema() {
    return fields(required<&GitBasicAuth::username>("username", "Who asks."),
                  required<&GitBasicAuth::password>("password", "The password that proves it."));
  }
};

struct GitSshKey {
  std::string username;
  Secret key;
  std::string key_file;
  Secret passphrase;

  static constexpr auto schema() {
    return fields(required<&GitSshKey::username>("username", "Who asks."),
                  optional<&GitSshKey::key>("key", "The private key."),
                  optional<&GitSshKey::key_file>("key_file", "The file of the private key."),
                  optional<&GitSshKey::passphrase>("passphrase", "What the key is locked with."));
  }
};

constexpr std::array<std::string_view, 5> special_references = {"HEAD", "FETCH_HEAD", "ORIG_HEAD",
                                                                "MERGE_HEAD", "CHERRY_PICK_HEAD"};

struct GitImport {
  std::string repository;
  std::string revision = "main";
  std::string path;
  Duration pull_frequency = 1min;
  std::optional<GitBasicAuth> basic_auth;
  std::optional<GitSshKey> ssh_key;

  static constexpr auto schema() {
    return fields(
        required<&GitImport::repository>("repository", "The address of the repository."),
        optional<&GitImport::revision>("revision", "The branch, tag or commit."),
        required<&GitImport::path>("path", "The module's file or folder in the repository."),
        optional<&GitImport::pull_frequency>("pull_frequency", "How often it is pulled."),
        block<&GitImport::basic_auth>("basic_auth", "Sign in with a password."),
        block<&GitImport::ssh_key>("ssh_key", "Sign in with a key."));
  }

  Result<> validate() const {
    if (std::ranges::find(special_references, revision) != special_references.end())
      return fail(
          "revision cannot be a special git reference such as HEAD, FETCH_HEAD, ORIG_HEAD, "
          "MERGE_HEAD, or CHERRY_PICK_HEAD");
    if (pull_frequency < Duration::zero()) return fail("pull_frequency must not be negative");
    return {};
  }

  GitRevision wanted() const {
    GitRevision wanted{.repository = repository, .revision = revision};
    if (basic_auth) {
      wanted.username = basic_auth->username;
      wanted.password = basic_auth->password.value;
    } else if (ssh_key) {
      wanted.username = ssh_key->username;
      wanted.ssh_key = ssh_key->key.value;
      wanted.ssh_key_file = ssh_key->key_file;
      wanted.ssh_passphrase = ssh_key->passphrase.value;
    }
    return wanted;
  }
};

// A repository's symbolic links and a path's ".." must not lead to other files of this machine.
Result<void> check_inside(const fs::path& folder, const fs::path& path) {
  std::error_code failed;
  const fs::path real = fs::canonical(path, failed);
  if (failed) return fail(fmt::format("stat {}: no such file or directory", path.string()));
  const fs::path inside = real.lexically_relative(fs::canonical(folder, failed));
  if (failed || inside.empty() || *inside.begin() == "..")
    return fail(fmt::format("{} leads out of the repository", path.string()), ErrorKind::invalid);
  return {};
}

Result<ConfigSource> read_inside(const std::string& folder, const std::string& path) {
  const fs::path whole = (fs::path(folder) / fs::path(path).relative_path()).lexically_normal();
  TRY(check_inside(folder, whole));
  std::error_code failed;
  if (fs::is_directory(whole, failed)) {
    for (const auto& entry : fs::directory_iterator(whole, failed))
      if (entry.path().extension() == ".alloy") TRY(check_inside(folder, entry.path()));
  }
  TRY(auto content, read_config(whole.string()));
  content.module_path = folder;
  return content;
}

class GitSource final : public ImportSource {
 public:
  GitSource(const std::string& id, Environment& environment)
      : environment_(environment),
        clone_(fmt::format("{}/{}/repo", environment.options.storage_path, id)) {}

  Task<std::expected<ConfigSource, Failure>> evaluate(BlockContext context) override {
    auto arguments = decode_import<GitImport>(context);
    if (!arguments) co_return std::unexpected(std::move(arguments).error());
    auto content = co_await pull(*arguments, StopToken());
    if (!content) {
      Failure failure = Failure::whole("updating component: " + content.error().message());
      failure.may_pass = true;
      co_return std::unexpected(std::move(failure));
    }
    {
      std::lock_guard lock(mutex_);
      arguments_ = *std::move(arguments);
      is_changed_ = true;
    }
    changed_.notify();
    co_return *std::move(content);
  }

  Task<> run(std::function<Task<>(ConfigSource)> on_content,
             std::function<void(const Error&)> on_error, StopToken stop) override {
    while (!stop.stop_requested()) {
      const auto [arguments, trouble] = current();
      if (trouble) on_error(*trouble);
      const Duration pause =
          arguments.pull_frequency > Duration::zero() ? arguments.pull_frequency : Duration::max();
      const Wake wake = co_await changed_.wait(stop, pause);
      if (wake == Wake::stopped) break;
      if (wake == Wake::notified) continue;
      auto content = co_await pull(arguments, stop);
      // Arguments that came in the meantime have brought their own content.
      if (stop.stop_requested() || is_changed()) continue;
      if (content)
        co_await on_content(*std::move(content));
      else
        on_error(content.error());
    }
  }

 private:
  // The newest content that can be had; what is wrong with the remote is noted if there is a clone.
  Task<Result<ConfigSource>> pull(GitImport arguments, StopToken stop) {
    const auto hold = co_await pulling_.lock(AsyncLock::Mode::exclusive);
    CO_TRY(const auto update, co_await clone_.update(arguments.wanted(), stop));
    auto content = co_await run_blocking(
        environment_.options.executor.blocking(),
        [folder = clone_.folder(), path = arguments.path] { return read_inside(folder, path); });
    std::lock_guard lock(mutex_);
    trouble_.reset();
    if (!update.fetched)
      trouble_ = Error(update.fetched.error()).with_context("failed to update repository");
    co_return content;
  }

  std::pair<GitImport, std::optional<Error>> current() {
    std::lock_guard lock(mutex_);
    is_changed_ = false;
    return {arguments_, trouble_};
  }
  bool is_changed() {
    std::lock_guard lock(mutex_);
    return is_changed_;
  }

  Environment& environment_;
  GitClone clone_;
  AsyncLock pulling_;
  Event changed_;
  std::mutex mutex_;  // Guards everything below.
  GitImport arguments_;
  bool is_changed_ = false;
  std::optional<Error> trouble_;
};

}  // namespace

const Schema& import_git_schema() { return schema_of<GitImport>; }

std::unique_ptr<ImportSource> make_git_import(const std::string& id, Environment& environment) {
  return std::make_unique<GitSource>(id, environment);
}

}  // namespace alloy::runtime
