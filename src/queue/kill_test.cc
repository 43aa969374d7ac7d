// What a process that is killed at any moment leaves is whole: real files, real SIGKILL.
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "queue/log.h"
#include "queue/open_batch.h"
#include "queue/reader.h"

namespace alloy::queue {
namespace {

// Numbers are committed one by one, eight to a record. Lives in memory shared with the child.
struct Progress {
  std::atomic<uint64_t> committed = 0;     // All numbers below are.
  std::atomic<uint64_t> acknowledged = 0;  // All numbers below are.
};

Log::Options options_of(const std::string& folder) {
  return {.folder = folder, .limits = {.segment_bytes = 4000}};
}

std::vector<uint64_t> numbers_in(std::string_view payload) {
  std::vector<uint64_t> numbers(payload.size() / sizeof(uint64_t));
  std::memcpy(numbers.data(), payload.data(), numbers.size() * sizeof(uint64_t));
  return numbers;
}

bool finish_plain(std::span<const char> bytes, RecordInfo&, std::string& payload) {
  payload.assign(bytes.data(), bytes.size());
  return bytes.size() % sizeof(uint64_t) == 0;
}

// Runs until killed.
[[noreturn]] void work(const std::string& folder, Progress& progress) {
  auto log = *Log::open(options_of(folder));
  recover_open_batches(*log, real_file_system(), {}, finish_plain);
  const auto reader = log->reader("r");
  OpenBatch batch({.path = folder + "/" + OpenBatch::file_name(0), .capacity = 4096});
  std::minstd_rand random(static_cast<unsigned>(getpid()));
  for (uint64_t number = progress.committed.load();; ++number) {
    std::memcpy(batch.room().data(), &number, sizeof number);
    RecordInfo info = batch.info();
    ++info.counts[0];
    batch.commit(batch.committed() + sizeof number, info);
    progress.committed.store(number + 1);
    if (number % 8 == 7) {
      const std::string payload(batch.bytes().data(), batch.committed());
      batch.seal(*log, payload, batch.info());
    }
    if (random() % 16 != 0) continue;
    const auto record = reader->next();
    if (!record || !*record) continue;
    reader->acknowledge((**record).header.sequence);
    progress.acknowledged.store(numbers_in((**record).payload).back() + 1);
  }
}

TEST_CASE("what was committed when the process was killed is delivered, nothing twice") {
  std::string folder = "/tmp/queue_kill_test_XXXXXX";
  REQUIRE(mkdtemp(folder.data()));
  auto* progress = new (mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Progress;
  std::mt19937 random(7);
  for (int life = 0; life < 25; ++life) {
    const pid_t child = fork();
    if (child == 0) work(folder, *progress);
    usleep(std::uniform_int_distribution<useconds_t>(500, 15'000)(random));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);

    const uint64_t committed = progress->committed.load();
    const uint64_t acknowledged = progress->acknowledged.load();
    auto log = Log::open(options_of(folder));
    REQUIRE(log);
    recover_open_batches(**log, real_file_system(), {}, finish_plain);
    const auto reader = (*log)->reader("r");
    // The child may have died between its commit or acknowledgement and telling us so.
    uint64_t next = UINT64_MAX;
    while (true) {
      const auto record = reader->next();
      REQUIRE(record);
      if (!*record) break;
      for (const uint64_t number : numbers_in((**record).payload)) {
        if (next == UINT64_MAX) {
          CHECK(number >= acknowledged);
          CHECK(number <= acknowledged + 16);
          next = number;
        }
        REQUIRE(number == next);
        ++next;
      }
    }
    if (next != UINT64_MAX) {
      CHECK(next >= committed);
      CHECK(next <= committed + 1);
      progress->committed.store(next);
    } else {
      CHECK(acknowledged + 16 >= committed);
    }
    CHECK((*log)->reader_stats("r").dropped[static_cast<size_t>(DropReason::damaged)] == Counts{});
  }
  CHECK(progress->committed.load() > 100);
  munmap(progress, sizeof(Progress));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace alloy::queue
