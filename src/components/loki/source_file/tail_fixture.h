// A target in a folder of its own, with what lives around it, for the tests of tailing.
#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>

#include "components/loki/source_file/tail.h"
#include "signals/labels.h"

namespace alloy::loki::source_file {

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
  void let_time_pass() const { let_time_pass(log); }
  void let_time_pass(const std::string& since) const {
    const int64_t born = inspect(since)->born_ns;
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
  // `on_search` is called when a rotated file is found that may be unread.
  explicit Run(
      const TestFolder& folder, const std::function<void()>& on_search = [] {})
      : positions(*PositionsFile::open(folder.path + "/positions.yml")) {
    fanout.set_receivers({collector});
    environment.read.marks = *ReadMarks::open(folder.path + "/read_marks");
    environment.is_target = [on_search](const std::string&) {
      on_search();
      return false;
    };
    tail = make_tail(folder);
  }
  std::shared_ptr<Tail> make_tail(const TestFolder& folder) {
    LabelBuilder labels;
    auto made = std::make_shared<Tail>(environment, folder.key(), store.intern(labels.labels()),
                                       std::make_shared<const TailSettings>());
    made->load();
    made->open();
    return made;
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

}  // namespace alloy::loki::source_file
