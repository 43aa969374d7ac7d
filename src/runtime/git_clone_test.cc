#include "runtime/git_clone.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "base/executor.h"

namespace alloy::runtime {
namespace {

namespace fs = std::filesystem;

// A folder with a repository "remote" that `git` has made, and a clone of it.
struct Remote {
  fs::path folder = fs::temp_directory_path() / fmt::format("alloy-git-{}", getpid());
  std::string url = (folder / "remote").string();
  Executor executor{2};
  GitClone clone{(folder / "clone").string()};

  Remote() {
    fs::remove_all(folder);
    fs::create_directories(url);
    git("init -q -b main");
    commit("one");
  }
  ~Remote() {
    // A thread that was given up may be clearing away what is in it, too.
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }

  void git(const std::string& arguments) const {
    const std::string command = fmt::format(
        "git -C {} -c user.name=t -c user.email=t@example.com -c commit.gpgsign=false {} "
        ">/dev/null 2>&1",
        url, arguments);
    REQUIRE_MESSAGE(std::system(command.c_str()) == 0, command);
  }
  void commit(const std::string& text) const {
    std::ofstream(url + "/file.alloy") << text;
    git("add .");
    git("commit -q -m change");
  }
  Result<GitClone::Update> update(const std::string& revision) {
    std::optional<Result<GitClone::Update>> result;
    executor.run(run(clone, {.repository = url, .revision = revision}, 10s, result));
    return *std::move(result);
  }
  static Task<> run(GitClone& clone, GitRevision wanted, Duration silence_max,
                    std::optional<Result<GitClone::Update>>& result) {
    result.emplace(co_await clone.update(std::move(wanted), StopToken(), silence_max));
  }
  std::string text() const {
    std::ifstream file(clone.folder() + "/file.alloy");
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

TEST_CASE("a revision is a tag, a branch or a commit, and follows the remote") {
  Remote remote;
  const auto first = remote.update("main");
  REQUIRE_MESSAGE(first, first.error().message());
  CHECK(first->fetched);
  CHECK(remote.text() == "one");

  remote.git("tag -a v1 -m v1");
  remote.git("checkout -q -b wip");
  remote.commit("two");
  REQUIRE(remote.update("wip"));
  CHECK(remote.text() == "two");
  CHECK(remote.update("v1").value().commit == first->commit);
  CHECK(remote.text() == "one");
  REQUIRE(remote.update("wip"));
  CHECK(remote.update(first->commit.substr(0, 10)).value().commit == first->commit);

  remote.git("commit -q --amend -m other");
  CHECK(remote.update("wip").value().commit != first->commit);
}

TEST_CASE("what is checked out stays when the revision or the remote is gone") {
  Remote remote;
  REQUIRE(remote.update("main"));
  const auto missing = remote.update("nope");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message() == "invalid revision \"nope\"");
  CHECK(remote.text() == "one");

  fs::rename(remote.url, remote.url + "-moved");
  const auto update = remote.update("main");
  REQUIRE_MESSAGE(update, update.error().message());
  CHECK_FALSE(update->fetched);
  CHECK(remote.text() == "one");
}

TEST_CASE("a first clone that fails leaves nothing behind") {
  Remote remote;
  CHECK_FALSE(remote.update("nope"));
  CHECK_FALSE(fs::exists(remote.clone.folder()));
  remote.url = (remote.folder / "nowhere").string();
  const auto update = remote.update("main");
  REQUIRE_FALSE(update);
  CHECK(update.error().message() ==
        fmt::format("fetching {}: unsupported URL protocol", remote.url));
  CHECK_FALSE(fs::exists(remote.clone.folder()));
}

TEST_CASE("a silent remote is given up") {
  Remote remote;
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(listen(listener, 1) == 0);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  const std::string url = fmt::format("http://127.0.0.1:{}/x.git", ntohs(address.sin_port));

  std::optional<Result<GitClone::Update>> result;
  remote.executor.run(
      Remote::run(remote.clone, {.repository = url, .revision = "main"}, 200ms, result));
  REQUIRE_FALSE(*result);
  CHECK(result->error().message() == url + " has not answered for 200ms");
  CHECK(result->error().kind() == ErrorKind::timeout);
  // Its thread is still there, with the folder.
  CHECK_FALSE(remote.update("main"));
  close(listener);
}

}  // namespace
}  // namespace alloy::runtime
