// What a damaged log costs: exactly what the damage hits, counted, wherever it is.
#include <doctest/doctest.h>

#include "queue/log.h"
#include "queue/memory_file_system.h"
#include "queue/open_batch.h"
#include "queue/reader.h"

namespace alloy::queue {
namespace {

constexpr int record_count = 60;
constexpr uint64_t items_each = 10;
constexpr size_t page = 256;  // In a small log.

std::string payload_of(int i) { return fmt::format("record {:03}", i); }

// A log of several segments that nobody has read.
struct Fixture {
  MemoryFileSystem files;
  ManualClock clock;
  std::shared_ptr<Log> log;

  Fixture() {
    open();
    log->add_reader("a");
    for (int i = 0; i < record_count; ++i) append(payload_of(i));
  }
  void open() {
    log.reset();
    auto opened = Log::open({.folder = "q",
                             .limits = {.segment_bytes = 1000, .memory_bytes_max = 1000},
                             .files = &files,
                             .clock = &clock});
    REQUIRE(opened);
    log = *opened;
  }
  void append(std::string_view payload) {
    RecordInfo info;
    info.counts[0] = items_each;
    log->append(info, payload);
  }
  std::vector<std::string> segments() const {
    std::vector<std::string> found;
    for (const auto& [path, content] : files.contents) {
      if (path.ends_with(".segment")) found.push_back(path);
    }
    return found;
  }
  uint64_t damaged() const {
    return log->reader_stats("a").dropped[static_cast<size_t>(DropReason::damaged)][0];
  }
};

// All that is left, in order; fails the test when it does not end.
std::vector<std::string> read_all(Log& log) {
  const auto reader = log.reader("a");
  std::vector<std::string> payloads;
  int failures = 0;
  while (payloads.size() <= record_count + 10) {
    const auto record = reader->next();
    if (!record) {
      // A file that is missing is an error for a while, then given up.
      REQUIRE(++failures < 100);
      continue;
    }
    if (!*record) break;
    payloads.push_back((*record)->payload);
    reader->acknowledge((*record)->header.sequence);
  }
  return payloads;
}

enum class Kind : unsigned char { flip, zeroed_page, zeroed_file, truncation, missing_file };

void damage(Fixture& f, Kind kind, const std::string& path, size_t place) {
  std::string& content = *f.files.contents[path];
  place = std::min(place, content.size() - 1);
  switch (kind) {
    case Kind::flip:
      content[place] = static_cast<char>(content[place] ^ 0x40);
      break;
    case Kind::zeroed_page:
      for (size_t i = place; i < std::min(place + page, content.size()); ++i) content[i] = '\0';
      break;
    case Kind::zeroed_file:
      std::ranges::fill(content, '\0');
      break;
    case Kind::truncation:
      content.resize(place);
      break;
    case Kind::missing_file:
      f.files.contents.erase(path);
      break;
  }
}

void check_what_is_left(Fixture& f) {
  const auto payloads = read_all(*f.log);
  CHECK(std::ranges::is_sorted(payloads));
  CHECK(std::ranges::adjacent_find(payloads) == payloads.end());
  CHECK(payloads.size() * items_each + f.damaged() == record_count * items_each);
  f.append("zzz");
  CHECK(read_all(*f.log) == std::vector<std::string>{"zzz"});
  CHECK(f.log->is_drained());
}

TEST_CASE("whatever happens to a segment, what is readable is delivered and the rest is counted") {
  const size_t count = Fixture().segments().size();
  REQUIRE(count > 4);
  for (const Kind kind :
       {Kind::flip, Kind::zeroed_page, Kind::zeroed_file, Kind::truncation, Kind::missing_file}) {
    for (const size_t segment : {size_t{0}, count / 2, count - 1}) {
      for (size_t place = 0; place < 1100; place += 37) {
        CAPTURE(static_cast<int>(kind));
        CAPTURE(segment);
        CAPTURE(place);
        Fixture f;
        f.log.reset();
        damage(f, kind, f.segments()[segment], place);
        f.open();
        check_what_is_left(f);
      }
    }
  }
}

TEST_CASE("an end that is gone is counted, also when nothing else is left") {
  Fixture f;
  f.log.reset();
  SUBCASE("all segments") {
    for (const std::string& path : f.segments()) f.files.contents.erase(path);
  }
  SUBCASE("all but the first") {
    const auto paths = f.segments();
    for (size_t i = 1; i < paths.size(); ++i) f.files.contents.erase(paths[i]);
  }
  f.open();
  CHECK(f.log->next_sequence() == record_count + 1);
  check_what_is_left(f);
}

TEST_CASE("without the file that says where it ends a log is read all the same") {
  Fixture f;
  f.log.reset();
  std::string& end = *f.files.contents["q/log.end"];
  SUBCASE("damaged") { end[130] ^= 1; }
  SUBCASE("empty") { end.clear(); }
  SUBCASE("missing") { f.files.contents.erase("q/log.end"); }
  f.open();
  CHECK(read_all(*f.log).size() == record_count);
  f.append("new");
  f.open();
  CHECK(read_all(*f.log) == std::vector<std::string>{"new"});
  CHECK(f.damaged() == 0);
}

TEST_CASE("a segment that is removed while the log is in use is counted, and the log goes on") {
  Fixture f;
  const auto reader = f.log->reader("a");
  const auto paths = f.segments();
  SUBCASE("one in the middle") { f.files.contents.erase(paths[paths.size() / 2]); }
  SUBCASE("the one that is written to") { f.files.contents.erase(paths.back()); }
  SUBCASE("all") {
    for (const std::string& path : paths) f.files.contents.erase(path);
  }
  check_what_is_left(f);
}

TEST_CASE("a reader whose cursor is lost gets everything again") {
  Fixture f;
  f.log.reset();
  const std::string path = "q/" + CursorFile::file_name("a");
  SUBCASE("its name is damaged") { (*f.files.contents[path])[150] ^= 1; }
  SUBCASE("empty") { f.files.contents[path]->clear(); }
  SUBCASE("missing") { f.files.contents.erase(path); }
  f.open();
  f.log->add_reader("a");
  CHECK(read_all(*f.log).size() == record_count);
  f.log->tidy();
  CHECK(read_all(*f.log).empty());
}

TEST_CASE("what a damaged open batch held is counted by the log's readers") {
  Fixture f;
  {
    OpenBatch batch({.path = "q/open-0.batch", .capacity = 1000, .files = &f.files});
    RecordInfo info;
    info.counts[0] = 7;
    batch.commit(30, info);
  }
  const auto refuse = [](std::span<const char>, RecordInfo&, std::string&) { return false; };
  CHECK(recover_open_batches(*f.log, f.files, {}, refuse).lost[0] == 7);
  CHECK(read_all(*f.log).size() == record_count);
  CHECK(f.damaged() == 7);
  f.append("new");
  CHECK(read_all(*f.log) == std::vector<std::string>{"new"});
}

TEST_CASE("a batch whose record was lost with the log's end is sealed again") {
  Fixture f;
  OpenBatch batch({.path = "q/open-0.batch", .capacity = 1000, .files = &f.files});
  RecordInfo info;
  info.counts[0] = items_each;
  std::ranges::copy(std::string_view("zzz"), batch.bytes().begin());
  batch.commit(3, info);
  auto left = *f.files.contents["q/open-0.batch"];
  batch.seal(*f.log, "zzz", info);
  const uint64_t announced = record_count + 1;
  std::memcpy(left.data() + 8, &announced, sizeof announced);
  *f.files.contents["q/open-0.batch"] = left;
  std::string& last = *f.files.contents[f.segments().back()];
  SUBCASE("it is there: nothing is sealed") {}
  SUBCASE("it is cut off") { last.resize(last.size() - 2); }
  const bool is_cut = last.ends_with('z') && !last.ends_with("zzz");
  f.open();
  const auto finish = [](std::span<const char> bytes, RecordInfo&, std::string& payload) {
    payload.assign(bytes.data(), bytes.size());
    return true;
  };
  CHECK(recover_open_batches(*f.log, f.files, {}, finish).sealed == (is_cut ? 1 : 0));
  const auto payloads = read_all(*f.log);
  CHECK(payloads.size() == record_count + 1);
  CHECK(payloads.back() == "zzz");
}

}  // namespace
}  // namespace alloy::queue
