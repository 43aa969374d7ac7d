#include <filesystem>
#include <fstream>
#include <mutex>

#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "components/loki/shared/positions.h"
#include "signals/logs_receiver.h"
#include "signals/series.h"

namespace alloy {

extern const ComponentType loki_source_file;

namespace {

// Keeps lines as "filename-less labels|line", and deliveries as long as it is told to.
class Collector final : public LogsReceiver {
 public:
  explicit Collector(const SeriesStore& store) : store_(store) {}

  Result<void> receive(const LogBatch& batch) override {
    const std::lock_guard lock(mutex_);
    if (refuses_ > 0) {
      --refuses_;
      return fail("full", ErrorKind::full);
    }
    for (const LogEntry& entry : batch.entries) {
      lines_.emplace_back(entry.line);
      jobs_.emplace_back(store_.label(*entry.labels, "job"));
    }
    if (keeps_) kept_.push_back(batch.delivery);
    return {};
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  std::string last_job() const {
    const std::lock_guard lock(mutex_);
    return jobs_.empty() ? "" : jobs_.back();
  }
  void refuse(int times) {
    const std::lock_guard lock(mutex_);
    refuses_ = times;
  }
  void keep_deliveries() {
    const std::lock_guard lock(mutex_);
    keeps_ = true;
  }
  void settle(Delivery::Outcome outcome) {
    std::vector<DeliveryPointer> kept;
    {
      const std::lock_guard lock(mutex_);
      keeps_ = false;
      kept = std::move(kept_);
    }
    if (outcome == Delivery::Outcome::failed)
      for (const DeliveryPointer& delivery : kept) delivery->fail();
  }

 private:
  const SeriesStore& store_;
  mutable std::mutex mutex_;  // Guards everything below.
  std::vector<std::string> lines_;
  std::vector<std::string> jobs_;
  int refuses_ = 0;
  bool keeps_ = false;
  std::vector<DeliveryPointer> kept_;
};

struct Test {
  Test() {
    char name[] = "/tmp/source_file.XXXXXX";
    folder = mkdtemp(name);
    path = folder + "/a.log";
    start_anew();
  }
  ~Test() {
    harness.reset();
    std::filesystem::remove_all(folder);
  }
  // A component without a past.
  void start_anew() {
    harness.reset();
    harness = std::make_unique<ComponentHarness>(loki_source_file);
    harness->services().add(store);
    harness->variables().set("receiver", encapsulate<LogsReceiver>(collector));
  }
  void write(std::string_view text, std::ios::openmode mode = std::ios::app) const {
    std::ofstream(path, std::ios::binary | mode) << text;
  }
  std::string arguments(std::string_view more = "", std::string_view job = "j") const {
    return fmt::format(
        "targets = [{{\"__path__\" = \"{}\", \"job\" = \"{}\"}}]\nforward_to = [receiver]\n{}\n",
        path, job, more);
  }
  bool lines_become(const std::vector<std::string>& expected) {
    return harness->wait_until([&] {
      harness->clock().advance(50ms);
      return collector->lines() == expected;
    });
  }

  SeriesStore store;
  std::shared_ptr<Collector> collector = std::make_shared<Collector>(store);
  std::string folder;
  std::string path;
  std::unique_ptr<ComponentHarness> harness;
};

}  // namespace

TEST_CASE("loki.source.file hands on whole lines, as they are written") {
  Test test;
  test.write("one\r\ntwo\n\nthr");
  REQUIRE(test.harness->update(test.arguments()));
  test.harness->start();
  CHECK(test.lines_become({"one", "two", ""}));
  test.write("ee\n");
  CHECK(test.lines_become({"one", "two", "", "three"}));
  CHECK(test.harness->metric("loki_source_file_read_lines_total") == 4);
  CHECK(test.harness->metric("loki_source_file_file_bytes_total") == 16);
  CHECK(test.harness->metric("loki_source_file_files_active_total") == 1);
}

TEST_CASE("loki.source.file offers again what its receivers refuse or lose, and only that") {
  Test test;
  test.collector->refuse(3);
  test.write("one\n");
  REQUIRE(test.harness->update(test.arguments()));
  test.harness->start();
  CHECK(test.lines_become({"one"}));
  test.collector->keep_deliveries();
  test.write("two\n");
  CHECK(test.lines_become({"one", "two"}));
  test.collector->settle(Delivery::Outcome::failed);
  CHECK(test.lines_become({"one", "two", "two"}));
  test.write("three\n");
  CHECK(test.lines_become({"one", "two", "two", "three"}));
}

TEST_CASE("loki.source.file keeps its place when only the labels of a target change") {
  Test test;
  test.write("one\n");
  REQUIRE(test.harness->update(test.arguments()));
  test.harness->start();
  CHECK(test.lines_become({"one"}));
  REQUIRE(test.harness->update(test.arguments("", "other")));
  // The labels change some time after the update; lines written until then have the old ones.
  CHECK(test.harness->wait_until([&] {
    test.write("more\n");
    test.harness->clock().advance(50ms);
    return test.collector->last_job() == "other";
  }));
  const auto lines = test.collector->lines();
  CHECK(std::ranges::count(lines, "one") == 1);
}

TEST_CASE("loki.source.file cuts a line that is too long into pieces, without losing any") {
  Test test;
  const std::string piece(16 << 20, 'x');
  test.write(piece + "y\nnext\n");
  REQUIRE(test.harness->update(test.arguments()));
  test.harness->start();
  CHECK(test.lines_become({piece, "y", "next"}));
}

TEST_CASE("loki.source.file reads long lines that come bit by bit") {
  Test test;
  test.write("begin ");
  REQUIRE(test.harness->update(test.arguments()));
  test.harness->start();
  std::string line = "begin ";
  for (int i = 0; i < 20; ++i) {
    const std::string more(100'000, static_cast<char>('a' + i));
    test.write(more);
    line += more;
  }
  test.write("\nnext\n");
  CHECK(test.lines_become({line, "next"}));
}

TEST_CASE("loki.source.file converts encodings") {
  using namespace std::string_view_literals;
  Test test;
  test.write("\xe4 \x80\n");
  REQUIRE(test.harness->update(test.arguments("encoding = \"windows-1252\"")));
  test.harness->start();
  CHECK(test.lines_become({"ä €"}));
}

TEST_CASE("loki.source.file is unhealthy with an unknown encoding, but lets others live") {
  Test test;
  test.write("one\n");
  REQUIRE(test.harness->update(test.arguments("encoding = \"klingon\"")));
  CHECK(test.harness->health().state == HealthState::unhealthy);
  CHECK(test.harness->health().message == "unknown encoding \"klingon\"");
}

TEST_CASE("loki.source.file begins at the end of the last line where it is asked to") {
  Test test;
  test.write("one\ntwo\nthe rest");
  REQUIRE(test.harness->update(test.arguments("tail_from_end = true")));
  test.harness->start();
  REQUIRE(test.harness->wait_until(
      [&] { return test.harness->metric("loki_source_file_files_active_total") == 1; }));
  test.write(" of it\n");
  CHECK(test.lines_become({"the rest of it"}));
}

TEST_CASE("loki.source.file finishes a file that is renamed with a last line without newline") {
  Test test;
  test.write("one\n");
  REQUIRE(test.harness->update(test.arguments()));
  test.harness->start();
  CHECK(test.lines_become({"one"}));
  test.write("last");
  std::filesystem::rename(test.path, test.path + ".1");
  test.write("new\n");
  CHECK(test.lines_become({"one", "last", "new"}));
}

TEST_CASE("loki.source.file notices changes of what it can't watch by looking at its path") {
  Test test;
  REQUIRE(test.harness->update(test.arguments()));
  test.harness->start();
  REQUIRE(test.harness->wait_until([&] { return test.harness->clock().sleepers() > 0; }));
  test.write("late\n");
  CHECK(test.lines_become({"late"}));
}

TEST_CASE("loki.source.file refuses what can't be meant") {
  Test test;
  const auto error = [&](std::string_view more) {
    return test.harness->update(test.arguments(more)).error().message();
  };
  CHECK(error("file_match {\n sync_period = \"0s\"\n}")
            .ends_with("sync period must be greater than 0"));
  CHECK(error("decompression {\n enabled = true\n format = \"rar\"\n}")
            .find("unsupported compression format: \"rar\"") != std::string::npos);
  CHECK(error("on_positions_file_error = \"x\"").find("unknown OnPositionsFileError value: x") !=
        std::string::npos);
}

}  // namespace alloy
