#include "components/loki/source_file/tail.h"

#include <chrono>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "signals/labels.h"

namespace alloy::loki::source_file {
namespace {

// Keeps the lines.
class Collector final : public LogsReceiver {
 public:
  Result<void> receive(const LogBatch& batch) override {
    for (const LogEntry& entry : batch.entries) lines.append(entry.line) += ' ';
    return {};
  }
  std::string lines;
};

struct TestFolder {
  TestFolder() {
    char name[] = "/tmp/tail.XXXXXX";
    path = mkdtemp(name);
    log = path + "/a.log";
  }
  ~TestFolder() { std::filesystem::remove_all(path); }
  void write(std::string_view text, std::ios::openmode mode = std::ios::app) const {
    std::ofstream(log, std::ios::binary | mode) << text;
  }
  // Returns when files that are made from now on are younger than those there are.
  void let_time_pass() const {
    const int64_t born = inspect(log)->born_ns;
    const std::string probe = path + "/probe";
    do {
      std::filesystem::remove(probe);
      std::ofstream(probe) << "x";
    } while (inspect(probe)->born_ns <= born);
    std::filesystem::remove(probe);
  }
  void rotate_by_copy() const {
    let_time_pass();
    std::filesystem::copy_file(log, log + ".1");
    write("", std::ios::trunc);
  }
  void rotate_by_rename() const {
    std::filesystem::rename(log + ".1", log + ".2");
    std::filesystem::rename(log, log + ".1");
  }

  std::string path;
  std::string log;
  PositionKey key() const { return {log, "{}"}; }
};

// What lives as long as the program; its end is like a kill.
struct Run {
  explicit Run(const TestFolder& folder)
      : positions(*PositionsFile::open(folder.path + "/positions.yml")) {
    fanout.set_receivers({collector});
    environment.read.marks = *ReadMarks::open(folder.path + "/read_marks");
    LabelBuilder labels;
    tail = std::make_shared<Tail>(environment, folder.key(), store.intern(labels.labels()),
                                  std::make_shared<const TailSettings>());
    tail->load();
    tail->open();
  }
  // All lines so far, each with a space behind it.
  std::string read() {
    ReadBuffers buffers;
    for (int i = 0; i < 4; ++i) tail->work(buffers);
    return collector->lines;
  }

  std::shared_ptr<Collector> collector = std::make_shared<Collector>();
  SeriesStore store;
  LogsFanout fanout;
  ManualClock clock;
  std::unique_ptr<PositionsFile> positions;
  OpenFiles open_files;
  TailEnvironment environment{.read = {.fanout = fanout, .clock = clock},
                              .positions = *positions,
                              .open_files = open_files,
                              .wake = [](std::shared_ptr<Tail>) {},
                              .is_target = [](const std::string&) { return false; },
                              .is_target_key = [](const PositionKey&) { return false; }};
  std::shared_ptr<Tail> tail;
};

}  // namespace

TEST_CASE("a file that was copied, truncated, written to and renamed unseen is read to its end") {
  const TestFolder folder;
  folder.write("one\n");
  CHECK(Run(folder).read() == "one ");
  folder.write("two\n");
  folder.rotate_by_copy();
  folder.write("three\n");
  folder.rotate_by_rename();
  SUBCASE("with another one in its place") {
    folder.write("four\n");
    CHECK(Run(folder).read() == "two three four ");
  }
  SUBCASE("with none in its place") {
    CHECK(Run(folder).read() == "two three ");
    folder.write("four\n");
    CHECK(Run(folder).read() == "four ");
  }
}

TEST_CASE("a kill after the new content of a truncated file got its mark loses none of the old") {
  const TestFolder folder;
  folder.write("one\n");
  CHECK(Run(folder).read() == "one ");
  folder.write("two\n");
  folder.rotate_by_copy();
  folder.write("three\n");
  {
    const auto marks = *ReadMarks::open(folder.path + "/read_marks");
    auto mark = marks->add(folder.key(), inspect(folder.log)->inode, Head(), 0);
    REQUIRE(mark);
    mark->set_begun_ns(std::chrono::system_clock::now().time_since_epoch() / 1ns);
  }
  SUBCASE("if it stays") {}
  SUBCASE("if it is renamed") { folder.rotate_by_rename(); }
  CHECK(Run(folder).read() == "two three ");
  CHECK(Run(folder).read().empty());
}

TEST_CASE("the rest of a file that is copied and truncated while it is read is in the copy") {
  const TestFolder folder;
  folder.write("one\n");
  {
    Run run(folder);
    CHECK(run.read() == "one ");
    folder.write("two\n");
    folder.rotate_by_copy();
    folder.write("three\n");
    CHECK(run.read() == "one two three ");
  }
  folder.write("four\n");
  folder.rotate_by_rename();
  CHECK(Run(folder).read() == "four ");
}

TEST_CASE("what was copied between two looks at a file is read, also when the rest of it is gone") {
  const TestFolder folder;
  folder.write("a long first line\n");
  Run run(folder);
  CHECK(run.read() == "a long first line ");
  SUBCASE("when it was truncated before") {
    folder.write("two\n", std::ios::trunc);
    folder.rotate_by_copy();
    folder.write("three\n");
    CHECK(run.read() == "a long first line two three ");
  }
  SUBCASE("when nothing came since") {
    folder.rotate_by_copy();
    CHECK(run.read() == "a long first line ");
    folder.write("two\n");
    std::filesystem::rename(folder.log + ".1", folder.log + ".2");
    folder.rotate_by_copy();
    CHECK(run.read() == "a long first line two ");
  }
}

TEST_CASE("a target whose file has vanished goes on for a while, and with what came meanwhile") {
  const TestFolder folder;
  folder.write("one\n");
  Run run(folder);
  CHECK(run.read() == "one ");
  std::filesystem::rename(folder.log, folder.log + ".1");
  run.tail->linger();
  CHECK(run.read() == "one ");
  SUBCASE("if it comes back in time") {
    run.clock.advance(30s);
    folder.let_time_pass();
    folder.write("two\n");
    std::filesystem::rename(folder.log, folder.log + ".2");
    folder.write("three\n");
    CHECK(run.tail->revive());
    run.clock.advance(60s);
    CHECK(run.read() == "one two three ");
  }
  SUBCASE("and when it has begun the new file meanwhile") {
    folder.let_time_pass();
    folder.write("two\n");
    run.clock.advance(2s);
    CHECK(run.read() == "one two ");
    CHECK(run.tail->revive());
  }
  SUBCASE("but not with the file that it had read") {
    std::filesystem::rename(folder.log + ".1", folder.log);
    CHECK_FALSE(run.tail->revive());
  }
  SUBCASE("and not for ever") {
    run.clock.advance(61s);
    CHECK(run.read() == "one ");
    CHECK_FALSE(run.tail->revive());
  }
}

TEST_CASE("the number of a file that is gone may be that of another one by now") {
  const TestFolder folder;
  folder.write("one\n");
  Run run(folder);
  CHECK(run.read() == "one ");
  // Another target has read something else under the number of what will be found in between.
  folder.let_time_pass();
  std::ofstream(folder.log + ".1") << "two\n";
  const FileInfo between = *inspect(folder.log + ".1");
  const auto mark = run.environment.read.marks->add({"/other.log", "{}"}, between.inode,
                                                    Head::of("something else\n"), 15);
  REQUIRE(mark);
  const FoundFile found{folder.log + ".1", *open_file(folder.log + ".1"), between};
  OpenFiles open_files;
  Run other(folder);
  open_files.add(*mark, other.tail);
  CHECK(open_files.find_other(found, *run.tail) == nullptr);
  open_files.set_open(between.inode, *other.tail);
  CHECK(open_files.find_other(found, *run.tail) == other.tail);
}

TEST_CASE(
    "a file that was replaced, and then copied, truncated and renamed unseen is read to its end") {
  const TestFolder folder;
  folder.write("one\n");
  CHECK(Run(folder).read() == "one ");
  folder.let_time_pass();
  std::ofstream(folder.log + ".tmp") << "one\ntwo\n";
  std::filesystem::rename(folder.log + ".tmp", folder.log);
  CHECK(Run(folder).read() == "two ");
  folder.write("three\n");
  folder.rotate_by_copy();
  folder.write("four\n");
  folder.rotate_by_rename();
  folder.write("five\n");
  CHECK(Run(folder).read() == "three four five ");
}

TEST_CASE(
    "what replaced a file, and was copied, truncated and renamed, all unseen, is read to its end") {
  const TestFolder folder;
  folder.write("one\n");
  CHECK(Run(folder).read() == "one ");
  folder.let_time_pass();
  std::ofstream(folder.log + ".tmp") << "one\ntwo\n";
  std::filesystem::rename(folder.log + ".tmp", folder.log);
  folder.rotate_by_copy();
  folder.write("three\n");
  folder.rotate_by_rename();
  folder.write("four\n");
  CHECK(Run(folder).read() == "two three four ");
}

}  // namespace alloy::loki::source_file
