#include "components/loki/source_file/tail.h"

#include <doctest/doctest.h>

#include "components/loki/source_file/tail_fixture.h"

namespace alloy::loki::source_file {

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

TEST_CASE("a kill while a copied and truncated file is taken up loses none of what it had since") {
  const TestFolder folder;
  folder.write("one\n");
  CHECK(Run(folder).read() == "one ");
  folder.write("two\n");
  folder.rotate_by_copy();
  folder.let_time_pass(folder.log + ".1");
  std::ofstream(folder.log + ".5") << "five\n";
  folder.write("three\n");
  // The marks as a kill would leave them in the middle of a search.
  const std::string marks = folder.path + "/read_marks";
  const std::string then = folder.path + "/then";
  const auto keep = [&] {
    std::error_code exists;
    std::filesystem::copy_file(marks, then, exists);
  };
  Run(folder, keep).read();
  REQUIRE(std::filesystem::exists(then));
  std::filesystem::rename(then, marks);
  folder.rotate_by_rename();
  folder.write("four\n");
  const std::string lines = Run(folder).read();
  for (const char* line : {"two ", "three ", "four ", "five "}) {
    CAPTURE(line);
    CHECK(lines.find(line) != std::string::npos);
  }
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

TEST_CASE("what replaced a file and was renamed unseen goes on where the replaced one stopped") {
  const TestFolder folder;
  folder.write("one\n");
  Run run(folder);
  CHECK(run.read() == "one ");
  folder.let_time_pass();
  std::ofstream(folder.log + ".tmp") << "one\ntwo\n";
  std::filesystem::rename(folder.log + ".tmp", folder.log);
  std::filesystem::rename(folder.log, folder.log + ".1");
  run.read();
  run.clock.advance(5s);
  run.read();
  folder.let_time_pass(folder.log + ".1");
  folder.write("three\n");
  CHECK(run.read() == "one two three ");
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
