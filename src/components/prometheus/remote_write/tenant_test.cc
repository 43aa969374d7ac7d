// Series of several tenants through one outbox.
#include <algorithm>
#include <map>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <snappy.h>

#include "components/prometheus/remote_write/outbox.h"
#include "queue/memory_file_system.h"
#include "queue/reader.h"
#include "wire/remote_write.h"

namespace alloy::prometheus::remote_write {
namespace {

// A request as it is sent: for whom, and its series as text.
struct Sent {
  std::string tenant;
  std::vector<std::string> series;
};

struct Fixture {
  queue::MemoryFileSystem files;
  SeriesStore store;
  EncodingSettings settings{.tenants = TenantSettings{.label = "tenant"}, .samples_max = 100};
  std::shared_ptr<queue::Log> log;
  std::unique_ptr<Outbox> outbox;
  std::shared_ptr<queue::Reader> reader;

  void open() {
    log = *queue::Log::open({.folder = "q", .files = &files});
    queue::recover_open_batches(*log, files, {}, finish_open_request);
    reader = log->reader("e");
    outbox = std::make_unique<Outbox>(
        Outbox::Options{.log = log, .store = store, .clock = real_clock(), .files = &files},
        settings);
  }
  void receive(std::vector<Label> labels, double value = 1) {
    std::ranges::sort(labels, {}, &Label::name);
    const SeriesRef series = store.intern(labels);
    const Sample sample{series.get(), 1'700'000'000'000, value};
    outbox->receive({.samples = {&sample, 1}});
  }
  void receive(std::string_view name, std::string_view tenant) {
    receive({{"__name__", name}, {"tenant", tenant}});
  }
  std::vector<Sent> sent() {
    std::vector<Sent> all;
    while (auto record = *reader->next()) {
      const Envelope envelope = open_envelope(record->payload, record->header.info);
      std::string body;
      REQUIRE(snappy::Uncompress(envelope.request.data(), envelope.request.size(), &body));
      wire::WriteRequest request;
      REQUIRE(request.parse(body, protocol_of(record->header.info)).has_value());
      Sent& one = all.emplace_back(Sent{std::string(envelope.tenant), {}});
      for (const auto& series : request.series()) {
        std::string text;
        for (const Label& label : request.labels(series.labels))
          text += fmt::format("{}={} ", label.name, label.value);
        one.series.push_back(text.substr(0, text.size() - 1));
      }
      reader->acknowledge(record->header.sequence);
    }
    std::ranges::sort(all, {}, &Sent::tenant);
    return all;
  }
};

}  // namespace

TEST_CASE("each tenant gets requests of its own, without the label that named it") {
  Fixture f;
  SUBCASE("protocol 1.0") {}
  SUBCASE("protocol 2.0") { f.settings.protocol = Protocol::v2; }
  f.open();
  f.receive("a", "one");
  f.receive("b", "two");
  f.receive("c", "one");
  f.receive({{"__name__", "d"}});
  f.outbox->seal();
  const auto sent = f.sent();
  REQUIRE(sent.size() == 3);
  CHECK(sent[0].tenant.empty());
  CHECK(sent[0].series == std::vector<std::string>{"__name__=d"});
  CHECK(sent[1].tenant == "one");
  CHECK(sent[1].series == std::vector<std::string>{"__name__=a", "__name__=c"});
  CHECK(sent[2].tenant == "two");
  CHECK(sent[2].series == std::vector<std::string>{"__name__=b"});
}

TEST_CASE("the label stays when it should, and series without it have the default tenant") {
  Fixture f;
  f.settings.tenants = TenantSettings{.label = "tenant", .fallback = "rest", .keep_label = true};
  f.open();
  f.receive("a", "one");
  f.receive({{"__name__", "b"}});
  f.outbox->seal();
  const auto sent = f.sent();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].series == std::vector<std::string>{"__name__=a tenant=one"});
  CHECK(sent[1].tenant == "rest");
}

TEST_CASE("external labels and relabelling come before the tenant is looked up") {
  Fixture f;
  f.settings.external_labels = {{"tenant", "outside"}};
  f.open();
  f.receive({{"__name__", "a"}});
  f.receive("b", "own");
  f.outbox->seal();
  const auto sent = f.sent();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].tenant == "outside");
  CHECK(sent[1].tenant == "own");
}

TEST_CASE("what could not stand in a header, or is no tenant's name, is refused and counted") {
  Fixture f;
  f.open();
  for (const std::string& name :
       {std::string("a\nb"), std::string("a|b"), std::string(".."), std::string(151, 'x')}) {
    f.receive("m", name);
  }
  f.receive("m", std::string(150, 'x'));
  f.outbox->seal();
  CHECK(f.sent().size() == 1);
  CHECK(f.outbox->dropped().by_tenant[samples_count] == 4);
}

TEST_CASE("requests that a killed process left open keep their tenant") {
  Fixture f;
  SUBCASE("protocol 1.0") {}
  SUBCASE("protocol 2.0") { f.settings.protocol = Protocol::v2; }
  f.open();
  f.receive("a", "one");
  f.receive("b", "two");
  f.receive("c", "two");
  f.reader.reset();
  f.outbox.reset();
  f.log.reset();
  f.open();
  const auto sent = f.sent();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].tenant == "one");
  CHECK(sent[1].tenant == "two");
  CHECK(sent[1].series == std::vector<std::string>{"__name__=b", "__name__=c"});
}

TEST_CASE("a series that ended is forgotten, with its tenant and without") {
  Fixture f;
  f.open();
  f.receive({{"__name__", "a"}, {"tenant", "one"}});
  f.receive({{"__name__", "a"}, {"tenant", "one"}}, stale_marker());
  f.outbox->seal();
  CHECK(f.sent().at(0).series.size() == 2);
  CHECK(f.store.size() == 0);
}

TEST_CASE("thousands of tenants at once have few requests open, and lose nothing") {
  Fixture f;
  f.open();
  for (int i = 0; i < 2000; ++i) f.receive("m", fmt::format("tenant-{}", i % 1000));
  CHECK(f.files.list("q")->size() < 300);
  f.outbox->seal();
  size_t series = 0;
  std::map<std::string, size_t> tenants;
  for (const Sent& one : f.sent()) {
    series += one.series.size();
    tenants[one.tenant] += one.series.size();
  }
  CHECK(series == 2000);
  CHECK(tenants.size() == 1000);
  CHECK(std::ranges::all_of(tenants, [](const auto& tenant) { return tenant.second == 2; }));
}

TEST_CASE("several lanes of one tenant lose nothing") {
  Fixture f;
  f.open();
  f.receive("a", "one");
  f.outbox->set_lanes(4);
  for (int i = 0; i < 40; ++i) f.receive(fmt::format("m_{}", i), "one");
  f.outbox->seal();
  const auto sent = f.sent();
  CHECK(sent.size() > 1);
  size_t series = 0;
  for (const Sent& one : sent) series += one.series.size();
  CHECK(series == 41);
}

}  // namespace alloy::prometheus::remote_write
