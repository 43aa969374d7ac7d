#include "queue/log.h"

#include <doctest/doctest.h>

#include "queue/memory_file_system.h"
#include "queue/open_batch.h"
#include "queue/reader.h"

namespace alloy::queue {
namespace {

// A log in files of memory, that can die and be opened again.
struct Fixture {
  MemoryFileSystem files;
  ManualClock clock;
  LogLimits limits{
      .bytes_max = 1 << 20, .age_max = 1h, .segment_bytes = 1000, .memory_bytes_max = 1000};
  std::shared_ptr<Log> log;

  Fixture() { open(); }
  void open() {
    log.reset();
    auto opened = Log::open({.folder = "q", .limits = limits, .files = &files, .clock = &clock});
    REQUIRE(opened);
    log = *opened;
  }
  uint64_t append(std::string_view payload) {
    RecordInfo info;
    info.counts[0] = static_cast<uint32_t>(payload.size());
    return log->append(info, payload);
  }
  void append_many(int count) {
    for (int i = 0; i < count; ++i) append(fmt::format("record {}", i));
  }
  std::vector<std::string> segments() {
    std::vector<std::string> found;
    for (const auto& [path, content] : files.contents) {
      if (path.ends_with(".segment")) found.push_back(path);
    }
    return found;
  }
};

std::string read(Reader& reader) {
  auto record = reader.next();
  REQUIRE(record);
  return *record ? (*record)->payload : "";
}

std::vector<std::string> read_all(Reader& reader, bool acknowledge = true) {
  std::vector<std::string> payloads;
  while (true) {
    auto record = reader.next();
    REQUIRE(record);
    if (!*record) return payloads;
    if (acknowledge) reader.acknowledge((*record)->header.sequence);
    payloads.push_back((*record)->payload);
  }
}

uint64_t dropped(const Reader& reader, DropReason reason) {
  return reader.stats().dropped[static_cast<size_t>(reason)][0];
}

TEST_CASE("a record that was appended is delivered to every reader, once each") {
  Fixture f;
  const auto a = f.log->reader("a");
  const auto b = f.log->reader("b");
  f.append("one");
  f.append("two");
  CHECK(read_all(*a) == std::vector<std::string>{"one", "two"});
  CHECK(read_all(*b) == std::vector<std::string>{"one", "two"});
  CHECK(read_all(*a).empty());
  CHECK(f.log->is_drained());
}

TEST_CASE("a new reader starts at the end") {
  Fixture f;
  f.append("old");
  const auto reader = f.log->reader("a");
  f.append("new");
  CHECK(read_all(*reader) == std::vector<std::string>{"new"});
}

TEST_CASE("what was not acknowledged is delivered again after a restart, the rest is not") {
  Fixture f;
  auto reader = f.log->reader("a");
  f.append_many(50);
  for (int i = 0; i < 20; ++i) {
    const auto record = reader->next();
    if (i != 7) reader->acknowledge((**record).header.sequence);
  }
  CHECK(reader->stats().records_pending == 43);
  f.open();
  reader = f.log->reader("a");
  CHECK(read(*reader) == "record 7");
  CHECK(read(*reader) == "record 8");
  CHECK(read_all(*reader).size() == 41);
}

TEST_CASE("sequences go on after a restart even when every segment is gone") {
  Fixture f;
  auto reader = f.log->reader("a");
  f.append_many(100);
  read_all(*reader);
  f.open();
  const uint64_t next = f.log->next_sequence();
  CHECK(next == 101);
  reader = f.log->reader("a");
  CHECK(f.append("x") == 101);
  CHECK(read_all(*reader) == std::vector<std::string>{"x"});
  CHECK(f.segments().size() == 1);
}

TEST_CASE("segments are removed when the slowest reader has passed them") {
  Fixture f;
  const auto a = f.log->reader("a");
  const auto b = f.log->reader("b");
  f.append_many(100);
  const size_t all = f.segments().size();
  CHECK(all > 10);
  read_all(*a);
  CHECK(f.segments().size() == all);
  f.log->remove_reader("b");
  CHECK(f.segments().size() <= 1);
}

TEST_CASE("the oldest records are dropped at the size limit, counted for who had not read them") {
  Fixture f;
  f.limits.bytes_max = 5000;
  f.open();
  const auto slow = f.log->reader("slow");
  const auto fast = f.log->reader("fast");
  uint64_t items = 0;
  for (int i = 0; i < 200; ++i) {
    items += 10;
    f.append("0123456789");
    read_all(*fast);
  }
  CHECK(f.log->stats().bytes <= 5000);
  const uint64_t delivered = read_all(*slow).size() * 10;
  CHECK(delivered > 100);
  CHECK(dropped(*slow, DropReason::full) + delivered == items);
  CHECK(dropped(*fast, DropReason::full) == 0);
}

TEST_CASE("records that waited too long are dropped as expired") {
  Fixture f;
  const auto reader = f.log->reader("a");
  f.append("old");
  f.clock.advance(2h);
  f.log->tidy();
  f.append("new");
  CHECK(read_all(*reader) == std::vector<std::string>{"new"});
  CHECK(dropped(*reader, DropReason::expired) == 3);
}

TEST_CASE("a full disk moves records into memory, and they return to disk when there is room") {
  Fixture f;
  const auto reader = f.log->reader("a");
  f.append("on disk");
  f.files.bytes_max = f.files.used() + 150;  // A header fits, half a payload does not.
  f.append(std::string(100, 'a'));
  f.append(std::string(100, 'b'));
  CHECK(f.log->stats().bytes_in_memory == 200);
  CHECK(read(*reader) == "on disk");
  CHECK(read(*reader) == std::string(100, 'a'));
  f.files.bytes_max = UINT64_MAX;
  f.append("after");
  CHECK(f.log->stats().bytes_in_memory == 0);
  f.open();
  const auto again = f.log->reader("a");
  CHECK(read_all(*again) ==
        std::vector<std::string>{"on disk", std::string(100, 'a'), std::string(100, 'b'), "after"});
}

TEST_CASE("memory for a failing disk is bounded, and the overflow is counted") {
  Fixture f;
  const auto reader = f.log->reader("a");
  f.append("on disk");
  f.files.fail_writes = true;
  for (int i = 0; i < 30; ++i) f.append(std::string(100, 'x'));
  CHECK(f.log->stats().bytes_in_memory <= 1000);
  f.files.fail_writes = false;
  f.append("after");
  const auto got = read_all(*reader);
  CHECK(got.front() == "on disk");
  CHECK(got.back() == "after");
  CHECK(dropped(*reader, DropReason::disk) + (got.size() - 2) * 100 == 3000);
  CHECK(f.log->stats().write_failures > 0);
}

TEST_CASE("a write that fails and can't be cut off spoils nothing behind it") {
  Fixture f;
  auto reader = f.log->reader("a");
  f.append("one");
  f.files.bytes_max = f.files.used() + 130;
  f.files.fail_truncates = true;
  f.append("two, which is cut");
  f.files.bytes_max = UINT64_MAX;
  f.files.fail_truncates = false;
  f.append("three");
  f.open();
  reader = f.log->reader("a");
  CHECK(read_all(*reader) == std::vector<std::string>{"one", "two, which is cut", "three"});
  CHECK(dropped(*reader, DropReason::damaged) == 0);
}

TEST_CASE("damage costs what it hits, counted to the item") {
  Fixture f;
  auto reader = f.log->reader("a");
  for (int i = 0; i < 60; ++i) f.append("0123456789");
  f.log.reset();
  const auto paths = f.segments();
  std::string& second = *f.files.contents[paths[1]];
  SUBCASE("one payload") {
    second[segment_header_bytes + record_header_bytes + 3] ^= 1;
    f.open();
    reader = f.log->reader("a");
    CHECK(read_all(*reader).size() == 59);
    CHECK(dropped(*reader, DropReason::damaged) == 10);
  }
  SUBCASE("one record's header") {
    second[segment_header_bytes + 20] ^= 1;
    f.open();
    reader = f.log->reader("a");
    CHECK(read_all(*reader).size() == 59);
    CHECK(dropped(*reader, DropReason::damaged) == 10);
  }
  SUBCASE("the segment's header") {
    second[10] ^= 1;
    f.open();
    reader = f.log->reader("a");
    CHECK(read_all(*reader).size() == 60);
  }
  SUBCASE("a segment without its end") {
    second.resize(second.size() - 5);
    f.open();
    reader = f.log->reader("a");
    CHECK(read_all(*reader).size() == 59);
    CHECK(dropped(*reader, DropReason::damaged) == 10);
  }
  SUBCASE("a whole segment") {
    f.files.contents.erase(paths[1]);
    f.open();
    reader = f.log->reader("a");
    const size_t got = read_all(*reader).size();
    CHECK(got < 60);
    const ReaderStats stats = reader->stats();
    CHECK(stats.dropped[static_cast<size_t>(DropReason::damaged)][0] +
              stats.dropped[static_cast<size_t>(DropReason::disk)][0] + got * 10 ==
          600);
  }
  SUBCASE("the first segments") {
    f.files.contents.erase(paths[0]);
    f.open();
    reader = f.log->reader("a");
    const size_t got = read_all(*reader).size();
    CHECK(dropped(*reader, DropReason::damaged) + got * 10 == 600);
  }
  SUBCASE("the cursor") {
    std::string& cursor = *f.files.contents["q/" + CursorFile::file_name("a")];
    cursor[20] ^= 1;
    cursor[84] ^= 1;
    f.open();
    reader = f.log->reader("a");
    CHECK(read_all(*reader).size() == 60);
  }
}

TEST_CASE("a segment's damaged payloads cost only themselves, and a file without others its name") {
  for (const int whole : {0, 5}) {
    Fixture f;
    f.limits.segment_bytes = 1 << 20;
    f.open();
    f.log->add_reader("a");
    f.append_many(whole);
    for (int i = 0; i < 20; ++i) f.append("torn");
    f.log.reset();
    std::string& segment = *f.files.contents[f.segments().at(0)];
    for (size_t at = 0; (at = segment.find("torn", at)) != std::string::npos;) segment[at] = 'x';
    f.open();
    const auto reader = f.log->reader("a");
    CHECK(read_all(*reader, false).size() == whole);
    // Were an empty file still listed, its removal would take the new records along.
    for (int i = 0; i < 3; ++i) {
      f.append("new");
      CHECK(read_all(*reader) == std::vector<std::string>{"new"});
      f.clock.advance(2h);
      f.log->tidy();
    }
  }
}

TEST_CASE("a segment whose file somebody removed is given up, and the next records are safe") {
  Fixture f;
  const auto reader = f.log->reader("a");
  f.append("0123456789");
  f.files.contents.erase(f.segments().at(0));
  for (int i = 0; i < 4; ++i) CHECK_FALSE(reader->next());
  CHECK(read(*reader).empty());
  CHECK(dropped(*reader, DropReason::damaged) == 10);
  f.append("new");
  CHECK(read_all(*reader) == std::vector<std::string>{"new"});
}

TEST_CASE("an unreadable segment is an error for a while, then given up") {
  Fixture f;
  const auto reader = f.log->reader("a");
  f.append("0123456789");
  f.files.fail_reads = true;
  for (int i = 0; i < 4; ++i) CHECK_FALSE(reader->next());
  CHECK(read(*reader).empty());
  CHECK(dropped(*reader, DropReason::damaged) == 10);
  f.files.fail_reads = false;
  f.append("new");
  CHECK(read_all(*reader) == std::vector<std::string>{"new"});
}

TEST_CASE("a folder that can't be used is an error") {
  MemoryFileSystem files;
  files.fail_opens = true;
  const auto log = Log::open({.folder = "q", .files = &files});
  REQUIRE_FALSE(log);
  CHECK(log.error().message().find("permission denied") != std::string::npos);
}

TEST_CASE("a renamed reader keeps its cursor") {
  Fixture f;
  auto reader = f.log->reader("old");
  f.append("one");
  f.append("two");
  const auto record = reader->next();
  reader->acknowledge((**record).header.sequence);
  f.log->rename_reader("old", "new");
  f.open();
  CHECK(f.log->reader_keys() == std::vector<std::string>{"new"});
  CHECK(read_all(*f.log->reader("new")) == std::vector<std::string>{"two"});
}

bool finish_plain(std::span<const char> bytes, RecordInfo&, std::string& payload) {
  payload.assign(bytes.data(), bytes.size());
  return payload != "damaged";
}

void fill(OpenBatch& batch, std::string_view text) {
  std::ranges::copy(text, batch.room().begin());
  RecordInfo info = batch.info();
  info.counts[0] += static_cast<uint32_t>(text.size());
  batch.commit(batch.committed() + text.size(), info);
}

TEST_CASE("an open batch that a killed process left is sealed by the next one") {
  Fixture f;
  auto reader = f.log->reader("a");
  {
    OpenBatch batch({.path = "q/open-0.batch", .capacity = 1000, .files = &f.files});
    fill(batch, "abc");
    fill(batch, "def");
    std::ranges::copy(std::string_view("not committed"), batch.room().begin());
  }
  f.open();
  const auto recovery = recover_open_batches(*f.log, f.files, {}, finish_plain);
  CHECK(recovery.sealed == 1);
  reader = f.log->reader("a");
  const auto record = reader->next();
  CHECK((**record).payload == "abcdef");
  CHECK((**record).header.info.counts[0] == 6);
  CHECK_FALSE(f.files.contents.contains("q/open-0.batch"));
}

TEST_CASE("a batch that was appended before the process died is not appended twice") {
  Fixture f;
  OpenBatch one({.path = "q/open-0.batch", .capacity = 1000, .files = &f.files});
  OpenBatch two({.path = "q/open-1.batch", .capacity = 1000, .files = &f.files});
  const auto reader = f.log->reader("a");
  fill(one, "first");
  fill(two, "second");
  // The state between append() and clear().
  const auto before = f.files.snapshot();
  two.seal(*f.log, "second", two.info());
  auto after = f.files.snapshot();
  std::string& left = *after.contents["q/open-1.batch"];
  left = *before.contents.at("q/open-1.batch");
  const uint64_t announced = 1;
  std::memcpy(left.data() + 8, &announced, sizeof announced);

  const auto log = Log::open({.folder = "q", .files = &after});
  REQUIRE(log);
  const auto recovery = recover_open_batches(**log, after, {}, finish_plain);
  CHECK(recovery.sealed == 1);
  CHECK(read_all(*(*log)->reader("a")) == std::vector<std::string>{"second", "first"});
}

TEST_CASE("a damaged open batch is given up and counted") {
  Fixture f;
  {
    OpenBatch batch({.path = "q/open-0.batch", .capacity = 1000, .files = &f.files});
    fill(batch, "damaged");
  }
  const auto recovery = recover_open_batches(*f.log, f.files, {}, finish_plain);
  CHECK(recovery.unusable == 1);
  CHECK(recovery.lost[0] == 7);
}

TEST_CASE("an open batch works in plain memory while the disk is full, and returns to disk") {
  Fixture f;
  f.files.bytes_max = f.files.used() + 500;
  OpenBatch batch({.path = "q/open-0.batch", .capacity = 1000, .files = &f.files});
  CHECK_FALSE(batch.is_durable());
  fill(batch, "abc");
  f.files.bytes_max = UINT64_MAX;
  batch.clear();
  CHECK(batch.is_durable());
  batch.clear(5000);
  CHECK(batch.room().size() >= 5000);
}

// A batch that was committed to its file and sealed when the disk had no room for the record.
struct FullDisk : Fixture {
  std::shared_ptr<Reader> reader = log->reader("a");
  std::optional<OpenBatch> batch;

  void seal() {
    files.bytes_max = UINT64_MAX;
    batch.emplace(OpenBatch::Options{.path = "q/open-0.batch", .capacity = 1000, .files = &files});
    fill(*batch, "abc");
    files.bytes_max = files.used();
    batch->seal(*log, "abc", batch->info());
    REQUIRE(log->bytes_in_memory() > 0);
  }
  size_t batch_files() {
    return static_cast<size_t>(std::ranges::count_if(files.contents, [](const auto& file) {
      return OpenBatch::is_file_name(file.first.substr(2));
    }));
  }
  std::vector<std::string> after_death() {
    MemoryFileSystem left = files.snapshot();
    const auto next = *Log::open({.folder = "q", .files = &left});
    recover_open_batches(*next, left, {}, finish_plain);
    const auto next_reader = next->reader("a");
    const auto payloads = read_all(*next_reader);
    CHECK(dropped(*next_reader, DropReason::damaged) == 0);
    return payloads;
  }
};

TEST_CASE("what was committed survives while the disk has no room for the record") {
  FullDisk f;
  f.seal();
  CHECK(f.batch_files() == 1);
  CHECK(f.after_death() == std::vector<std::string>{"abc"});
  SUBCASE("until the disk has it") {
    f.files.bytes_max = UINT64_MAX;
    f.log->tidy();
    CHECK(f.batch_files() == 0);
    CHECK(f.after_death() == std::vector<std::string>{"abc"});
  }
  SUBCASE("until it was sent") {
    CHECK(read_all(*f.reader) == std::vector<std::string>{"abc"});
    CHECK(f.batch_files() == 0);
    CHECK(f.after_death().empty());
  }
  SUBCASE("until all have sent it") {
    const auto other = f.log->reader("b");
    f.batch.reset();
    f.seal();
    CHECK(read_all(*other) == std::vector<std::string>{"abc"});
    CHECK(f.after_death() == std::vector<std::string>{"abc", "abc"});
    CHECK(read_all(*f.reader) == std::vector<std::string>{"abc", "abc"});
    CHECK(f.batch_files() == 0);
  }
  SUBCASE("also when the next process finds the disk full and dies, too") {
    f.batch.reset();
    f.open();
    recover_open_batches(*f.log, f.files, {}, finish_plain);
    CHECK(f.log->bytes_in_memory() == 3);
    CHECK(f.after_death() == std::vector<std::string>{"abc"});
  }
}

TEST_CASE("a reader whose cursor can't be read gets everything again, not nothing") {
  Fixture f;
  (void)f.log->reader("a");
  f.append_many(2);
  for (auto& [path, content] : f.files.contents)
    if (CursorFile::is_file_name(path)) content = std::make_shared<std::string>("nonsense");
  f.open();
  CHECK(read_all(*f.log->reader("new")).empty());
  CHECK(read_all(*f.log->reader("a")) == std::vector<std::string>{"record 0", "record 1"});
}

}  // namespace
}  // namespace alloy::queue
