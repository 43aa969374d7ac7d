// What becomes of batches on their way into the queue.
#include "components/loki/write/outbox.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <snappy.h>

#include "queue/memory_file_system.h"
#include "queue/reader.h"
#include "wire/loki_push_reader.h"

namespace alloy::loki::write {
namespace {

struct Fixture {
  queue::MemoryFileSystem files;
  SeriesStore store;
  ManualClock clock;
  MetricRegistry registry;
  EncodingSettings settings;
  std::shared_ptr<queue::Log> log;
  std::shared_ptr<Outbox> outbox;
  std::shared_ptr<EndpointMetrics> metrics = std::make_shared<EndpointMetrics>(registry, "host");

  void open() {
    log = *queue::Log::open({.folder = "q", .files = &files, .clock = &clock});
    queue::recover_open_batches(*log, files, {}, finish_open_request);
    log->add_reader("e");
    outbox = std::make_shared<Outbox>(
        Outbox::Options{.log = log, .store = store, .clock = clock, .files = &files}, settings);
    outbox->set_members({{"e", metrics}});
  }
  // What kill -9 does to the objects: nothing is finished.
  void die() {
    outbox.reset();
    log.reset();
    open();
  }

  struct Line {
    std::vector<Label> labels;
    std::string text;
  };
  void receive(const std::vector<Line>& lines, DeliveryPointer delivery = nullptr) {
    if (!outbox) open();
    std::vector<SeriesRef> held;
    std::vector<LogEntry> entries;
    for (const Line& line : lines) {
      held.push_back(store.intern(line.labels));
      entries.push_back({.labels = held.back().get(),
                         .timestamp_ns = std::ssize(entries) + 1,
                         .line = line.text});
    }
    outbox->receive({.entries = entries, .delivery = std::move(delivery)});
  }

  // "tenant {labels} line line; ..." for each request that has been sealed.
  std::vector<std::string> requests() {
    std::vector<std::string> result;
    const auto reader = log->reader("e");
    while (true) {
      const auto record = reader->next();
      REQUIRE(record);
      if (!*record) return result;
      result.push_back(describe((*record)->payload));
      reader->acknowledge((*record)->header.sequence);
    }
  }
  static std::string describe(std::string_view payload) {
    const RequestRecord record = parse_record(payload);
    std::string body;
    REQUIRE(snappy::Uncompress(record.body.data(), record.body.size(), &body));
    wire::LokiPushRequest request;
    REQUIRE(request.read_protobuf(std::move(body)));
    std::vector<std::string> streams;
    for (const auto& stream : request.streams()) {
      std::string text = alloy::describe(stream.labels);
      for (size_t i = stream.begin; i < stream.end; ++i)
        text += fmt::format(" {}", request.entries().entries()[i].line);
      streams.push_back(text);
    }
    std::ranges::sort(streams);
    return fmt::format("{}{}{}", record.tenant, record.tenant.empty() ? "" : " ",
                       fmt::join(streams, "; "));
  }
  double dropped(const std::string& reason) {
    MetricFamilies families;
    registry.collect(families);
    for (const MetricSample& sample : families["loki_write_dropped_entries_total"].samples) {
      for (const auto& [name, value] : sample.labels)
        if (name == "reason" && value == reason) return sample.value;
    }
    return -1;
  }
};

using Requests = std::vector<std::string>;
const std::vector<Label> a = {{"s", "a"}};
const std::vector<Label> b = {{"s", "b"}};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "entries of a stream stand together, in order, however they came") {
  receive({{a, "1"}, {b, "2"}, {a, "3"}});
  receive({{b, "4"}});
  receive({{a, "5"}, {b, "6"}});
  outbox->seal();
  CHECK(requests() == Requests{R"({s="a"} 1 3 5; {s="b"} 2 4 6)"});
}

TEST_CASE_FIXTURE(Fixture, "a request takes entries up to its size, and any single one") {
  settings.batch_bytes = 5;
  receive({{a, "12"}, {a, "345"}, {a, "6"}, {a, "too long by far"}, {a, "7"}});
  outbox->seal();
  CHECK(requests() == Requests{R"({s="a"} 12 345)", R"({s="a"} 6)", R"({s="a"} too long by far)",
                               R"({s="a"} 7)"});
}

TEST_CASE_FIXTURE(Fixture, "an entry that is larger than the file of a request gets one") {
  const std::string large(5 << 20, 'x');
  receive({{a, "before"}, {a, large}, {a, "after"}});
  outbox->seal();
  const auto all = requests();
  REQUIRE(all.size() == 3);
  CHECK(all[1].size() == large.size() + std::string_view(R"({s="a"} )").size());
  CHECK(all[2] == R"({s="a"} after)");
}

TEST_CASE_FIXTURE(Fixture, "each tenant has requests of its own") {
  settings.tenant_id = "default";
  receive({{{{"__tenant_id__", "x"}, {"s", "a"}}, "1"}, {a, "2"}});
  outbox->seal();
  CHECK(requests() == Requests{R"(default {s="a"} 2)", R"(x {s="a"} 1)"});
}

TEST_CASE_FIXTURE(Fixture, "labels that differ only in what is not sent are one stream") {
  settings.external_labels = {{"cluster", "c"}, {"s", "external"}};
  settings.streams_max = 1;
  receive({{{{"__path__", "1"}, {"s", "a"}}, "1"}, {{{"__path__", "2"}, {"s", "a"}}, "2"}});
  outbox->seal();
  CHECK(requests() == Requests{R"({cluster="c", s="a"} 1 2)"});
}

TEST_CASE_FIXTURE(Fixture, "streams beyond the limit are dropped and counted") {
  settings.streams_max = 1;
  receive({{a, "1"}, {b, "2"}, {a, "3"}, {b, "4"}});
  outbox->seal();
  CHECK(requests() == Requests{R"({s="a"} 1 3)"});
  CHECK(dropped("stream_limited") == 2);
  // The next request has room again.
  receive({{b, "5"}});
  outbox->seal();
  CHECK(requests() == Requests{R"({s="b"} 5)"});
}

TEST_CASE_FIXTURE(Fixture, "what was taken in survives the process, and nothing twice") {
  settings.batch_bytes = 6;
  receive({{a, "1"}, {b, "2"}});
  SUBCASE("with a request that is open") { die(); }
  SUBCASE("with one that was sealed too") {
    receive({{a, "sealed"}});
    die();
    CHECK(requests() == Requests{R"({s="a"} 1; {s="b"} 2)", R"({s="a"} sealed)"});
    return;
  }
  SUBCASE("twice in a row") {
    die();
    die();
  }
  CHECK(requests() == Requests{R"({s="a"} 1; {s="b"} 2)"});
}

TEST_CASE_FIXTURE(Fixture, "with lanes, a stream stays in one of them") {
  settings.lanes = 3;
  std::vector<std::string> names;
  for (int i = 0; i < 10; ++i) names.push_back(std::to_string(i));
  std::vector<Line> lines;
  for (size_t i = 0; i < 30; ++i) lines.push_back({{{"s", names[i % 10]}}, "x"});
  receive(lines);
  outbox->seal();
  const auto all = requests();
  CHECK(all.size() > 1);
  std::string together = fmt::format("{}", fmt::join(all, "\n"));
  for (int i = 0; i < 10; ++i) CHECK(together.contains(fmt::format("{{s=\"{}\"}} x x x", i)));
}

TEST_CASE_FIXTURE(Fixture, "a delivery is settled at once when the disk has the entries") {
  bool settled = false;
  receive({{a, "1"}}, Delivery::create([&](Delivery::Outcome) { settled = true; }));
  CHECK(settled);
}

TEST_CASE_FIXTURE(Fixture, "a delivery is kept as long as only memory has the entries") {
  open();
  files.fail_opens = true;
  bool settled = false;
  receive({{a, "1"}}, Delivery::create([&](Delivery::Outcome) { settled = true; }));
  CHECK_FALSE(settled);
  files.fail_opens = false;
  outbox->seal();
  CHECK(settled);
  CHECK(requests() == Requests{R"({s="a"} 1)"});
}

TEST_CASE_FIXTURE(Fixture, "a delivery is kept until the disk has room for the request") {
  std::optional<Delivery::Outcome> outcome;
  const auto note = [&](Delivery::Outcome settled) { outcome = settled; };
  open();
  files.bytes_max = files.used();
  SUBCASE("in a request of its own") {}
  SUBCASE("with requests that were full meanwhile") { settings.batch_bytes = 1; }
  outbox = std::make_shared<Outbox>(
      Outbox::Options{.log = log, .store = store, .clock = clock, .files = &files}, settings);
  outbox->set_members({{"e", metrics}});
  receive({{a, "1"}, {a, "2"}}, Delivery::create(note));
  outbox->seal();
  CHECK_FALSE(outcome);
  SUBCASE("and fails when the process ends first") {
    outbox.reset();
    log.reset();
    CHECK(outcome == Delivery::Outcome::failed);
  }
  SUBCASE("and is settled when it has") {
    files.bytes_max = UINT64_MAX;
    log->tidy();
    CHECK(outcome == Delivery::Outcome::delivered);
  }
  SUBCASE("or it was sent") {
    (void)requests();
    CHECK(outcome == Delivery::Outcome::delivered);
  }
}

TEST_CASE_FIXTURE(Fixture, "what was acknowledged before the disk was full survives the process") {
  receive({{a, "1"}});
  files.bytes_max = files.used();
  outbox->seal();
  die();
  CHECK(requests() == Requests{R"({s="a"} 1)"});
}

TEST_CASE_FIXTURE(Fixture, "while the disk is full, the queue is full when its memory is") {
  open();
  log->set_limits({.memory_bytes_max = 1000});
  files.bytes_max = files.used();
  receive({{a, "1"}});
  outbox->seal();
  CHECK_FALSE(outbox->is_full());
  std::string noise;
  for (int i = 0; i < 100; ++i) noise += std::to_string(i * i * 7919);
  receive({{a, noise}});
  outbox->seal();
  CHECK(outbox->is_full());
  CHECK(requests().size() == 2);
  CHECK_FALSE(outbox->is_full());
}

TEST_CASE_FIXTURE(Fixture, "a queue over its capacity is full") {
  settings.capacity_bytes = 100;
  open();
  CHECK_FALSE(outbox->is_full());
  std::string noise;
  for (int i = 0; i < 100; ++i) noise += std::to_string(i * i * 7919);
  receive({{a, noise}});
  outbox->seal();
  CHECK(outbox->is_full());
  (void)requests();
  CHECK_FALSE(outbox->is_full());
}

TEST_CASE_FIXTURE(Fixture, "a full queue of an endpoint that asked for it drops what comes") {
  settings.capacity_bytes = 1;
  settings.drops_for = "e";
  receive({{a, "1"}});
  outbox->seal();
  receive({{a, "2"}});
  outbox->seal();
  CHECK(requests() == Requests{R"({s="a"} 1)"});
  CHECK(dropped("queue_is_full") == 1);
}

}  // namespace alloy::loki::write
