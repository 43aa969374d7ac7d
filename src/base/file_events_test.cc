#include "base/file_events.h"

#include <atomic>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/clock.h"
#include "base/executor.h"

namespace alloy {
namespace {

struct TestFiles {
  TestFiles() {
    char name[] = "/tmp/file_events.XXXXXX";
    folder = mkdtemp(name);
  }
  ~TestFiles() {
    for (const int descriptor : opened) ::close(descriptor);
    std::filesystem::remove_all(folder);
  }
  int open(const std::string& name) {
    opened.push_back(::open((folder + "/" + name).c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
    return opened.back();
  }
  std::string folder;
  std::vector<int> opened;
};

// Runs until the condition holds (or half a minute has passed).
void run_until(FileEvents& events, const std::function<bool()>& condition) {
  Executor executor;
  TaskGroup tasks(executor.any());
  StopSource stop;
  tasks.spawn(events.run(1ms, stop.get_token()));
  const auto end = real_clock().steady() + 30s;
  while (!condition() && real_clock().steady() < end) ::usleep(1000);
  stop.request_stop();
  executor.run(tasks.join());
}

}  // namespace

TEST_CASE("a change of a watched file is told, and can be again by another run") {
  TestFiles files;
  const auto events = *FileEvents::create();
  std::atomic<int> changes = 0;
  const int file = files.open("a");
  const auto watch = events->watch(file, [&] { ++changes; });
  REQUIRE(watch);
  for (int i = 1; i <= 2; ++i) {
    CHECK(::write(file, "x", 1) == 1);
    run_until(*events, [&] { return changes >= i; });
    CHECK(changes == i);
  }
}

TEST_CASE("when events got lost, every watch is told") {
  size_t events_max = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> events_max;
  if (events_max == 0 || events_max > 100'000) return;
  TestFiles files;
  const auto events = *FileEvents::create();
  const int noisy[] = {files.open("a"), files.open("b")};
  const int quiet = files.open("c");
  std::atomic<int> changes = 0;
  const auto first = events->watch(noisy[0], [] {});
  const auto second = events->watch(noisy[1], [] {});
  const auto third = events->watch(quiet, [&] { ++changes; });
  // Equal events in a row are one.
  for (size_t i = 0; i <= events_max; ++i) REQUIRE(::write(noisy[i % 2], "x", 1) == 1);
  CHECK(::write(quiet, "x", 1) == 1);
  run_until(*events, [&] { return changes > 0; });
  CHECK(changes > 0);
}

}  // namespace alloy
