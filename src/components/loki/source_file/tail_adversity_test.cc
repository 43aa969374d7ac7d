// Files, disks and limits at their worst: what looks like the same file and isn't, what can't be
// read or opened for a while.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "components/loki/source_file/tail_fixture.h"

namespace alloy::loki::source_file {
namespace {

// Longer than what is known of the beginning of a file.
const std::string banner = std::string(1500, '=') + "\n";

// The descriptor under which the log is being read.
int find_descriptor(const TestFolder& folder) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code ignored;
    if (std::filesystem::read_symlink(entry.path(), ignored) == folder.log)
      return std::stoi(entry.path().filename().string());
  }
  return -1;
}

// As few descriptors as are open, as long as it lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const Descriptor next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const rlimit few = {static_cast<rlim_t>(next.get()), before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_ = {};
};

}  // namespace

TEST_CASE("a file that was written anew with the same beginning is read from its start") {
  const TestFolder folder;
  folder.write(banner + "one\n");
  std::string again = banner + "two\n";
  SUBCASE("when it is as long as before") {}
  SUBCASE("when it is longer") { again += "three\n"; }
  SUBCASE("when it is shorter") { again = banner; }
  std::string expected = again;
  std::ranges::replace(expected, '\n', ' ');
  SUBCASE("while it is read") {
    Run run(folder);
    const std::string before = run.read();
    folder.write(again, std::ios::trunc);
    CHECK(run.read() == before + expected);
  }
  SUBCASE("while nobody looked") {
    Run(folder).read();
    folder.write(again, std::ios::trunc);
    CHECK(Run(folder).read() == expected);
    CHECK(Run(folder).read().empty());
  }
}

TEST_CASE("a file that was truncated and got as many bytes within one tick of the clock is read") {
  const TestFolder folder;
  folder.write("one\n");
  // As lately as can be, however slow the machine is.
  const auto modified = std::filesystem::file_time_type::clock::now() + 1h;
  std::filesystem::last_write_time(folder.log, modified);
  Run run(folder);
  CHECK(run.read() == "one ");
  folder.write("two\n", std::ios::trunc);
  std::filesystem::last_write_time(folder.log, modified);
  CHECK(run.read() == "one two ");
}

TEST_CASE("a new file with the number and the beginning of one that was removed is a new one") {
  const TestFolder folder;
  folder.write("start\n");
  CHECK(Run(folder).read() == "start ");
  if (!inspect(folder.log)->is_birth_known) return;
  {
    // As if the file had been made at another time.
    const auto marks = *ReadMarks::open(folder.path + "/read_marks");
    auto mark = marks->find(folder.key()).back();
    CHECK(mark.born_ns() == inspect(folder.log)->born_ns);
    mark.set_born_ns(mark.born_ns() - 1);
  }
  CHECK(Run(folder).read() == "start ");
  CHECK(Run(folder).read().empty());
}

TEST_CASE("a new file that begins with the first lines of the removed one is read from its start") {
  const TestFolder folder;
  folder.write("start\none\n");
  Run run(folder);
  CHECK(run.read() == "start one ");
  std::filesystem::remove(folder.log);
  folder.write("start\n");
  CHECK(run.read() == "start one start ");
  folder.write("two\n");
  CHECK(run.read() == "start one start two ");
}

TEST_CASE("a file that was removed and made again with the same lines is a new one") {
  const TestFolder folder;
  folder.write("start\n");
  Run run(folder);
  CHECK(run.read() == "start ");
  std::filesystem::remove(folder.log);
  run.read();
  folder.write("start\ntwo\n");
  CHECK(run.read() == "start start two ");
}

TEST_CASE("a link that is turned to another file and back goes on where each of them was") {
  const TestFolder folder;
  const auto write_to = [&](const std::string& name, std::string_view text) {
    std::ofstream(folder.path + "/" + name, std::ios::app) << text;
  };
  const auto turn_to = [&](const std::string& name) {
    std::filesystem::create_symlink(name, folder.log + ".new");
    std::filesystem::rename(folder.log + ".new", folder.log);
  };
  write_to("a", "a1\n");
  write_to("b", "b1\n");
  turn_to("a");
  Run run(folder);
  CHECK(run.read() == "a1 ");
  write_to("a", "a2\n");
  turn_to("b");
  CHECK(run.read() == "a1 a2 b1 ");
  write_to("b", "b2\n");
  turn_to("a");
  write_to("a", "a3\n");
  CHECK(run.read() == "a1 a2 b1 b2 a3 ");
  turn_to("b");
  write_to("b", "b3\n");
  CHECK(run.read() == "a1 a2 b1 b2 a3 b3 ");
}

TEST_CASE("a file that can't be read for a while is read on where it was") {
  const TestFolder folder;
  folder.write("one\n");
  Run run(folder);
  CHECK(run.read() == "one ");
  const int descriptor = find_descriptor(folder);
  REQUIRE(descriptor >= 0);
  const Descriptor readable(::dup(descriptor));
  const Descriptor unreadable(::open(folder.log.c_str(), O_WRONLY | O_CLOEXEC));
  ::dup2(unreadable.get(), descriptor);
  folder.write("two\n");
  CHECK(run.read() == "one ");
  ::dup2(readable.get(), descriptor);
  run.clock.advance(1s);
  CHECK(run.read() == "one two ");
  CHECK(Run(folder).read().empty());
}

TEST_CASE("without descriptors to look for rotated files, they are looked for later") {
  const TestFolder folder;
  folder.write("one\n");
  std::optional<Run> run(folder);
  CHECK(run->read() == "one ");
  const auto change = [&] {
    folder.write("two\n");
    folder.rotate_by_copy();
    folder.write("three\n");
    folder.rotate_by_rename();
    folder.write("four\n");
  };
  SUBCASE("while they are read") {
    change();
    {
      const NoDescriptors limit;
      run->read();
    }
    CHECK(run->read() == "one two three four ");
  }
  SUBCASE("at the start") {
    run.reset();
    change();
    const auto make = [&] { run.emplace(folder); };
    make();
    {
      // The marks and positions are open; what they lead to can't be opened.
      const NoDescriptors limit;
      run->tail = run->make_tail(folder);
      CHECK(run->read().empty());
    }
    CHECK(run->read() == "two three four ");
  }
}

TEST_CASE("what was truncated before it was read, and has no copy, is counted") {
  const TestFolder folder;
  folder.write("one\ntw");
  Run run(folder);
  CHECK(run.read() == "one ");
  folder.write("three\n", std::ios::trunc);
  CHECK(run.read() == "one three ");
  CHECK(run.tail->counters().lost_bytes == 2);
}

TEST_CASE("positions that the disk has no room for are in the marks") {
  const TestFolder folder;
  folder.write("one\n");
  // Whatever is written under this name meets a full disk.
  std::filesystem::create_symlink("/dev/full", folder.path + "/positions.yml.new");
  {
    Run run(folder);
    CHECK(run.read() == "one ");
    run.tail->publish_begin();
    CHECK_FALSE(run.positions->save());
    CHECK_FALSE(std::filesystem::exists(folder.path + "/positions.yml"));
  }
  folder.write("two\n");
  CHECK(Run(folder).read() == "two ");
}

}  // namespace alloy::loki::source_file
