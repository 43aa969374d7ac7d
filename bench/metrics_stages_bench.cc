// Each stage of the metrics pipeline alone, over what the whole-program benchmark scrapes: 100
// targets of 1,000 series with about 10 labels and 240 bytes a line, one after another, so that
// nothing stays in the processor's caches. docs/benchmarks.md sets the sum beside the whole.
#include <filesystem>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "components/prometheus/remote_write/outbox.h"
#include "components/prometheus/remote_write/request_writer.h"
#include "components/prometheus/scrape/ingest.h"
#include "queue/reader.h"
#include "signals/relabel_cache.h"
#include "wire/exposition.h"

namespace {

using namespace alloy;
using prometheus::remote_write::finish_request;
using prometheus::remote_write::make_request_writer;
using prometheus::scrape::Ingest;
using prometheus::scrape::IngestCounts;
using prometheus::scrape::IngestScratch;

constexpr size_t target_count = 100;
constexpr int pods = 17;
constexpr int series_of_target = 1000;
constexpr size_t request_samples = 2000;
constexpr int64_t first_time_ms = 1'795'500'000'000;

// Families one after another, in each the pods of a target again and again.
std::string make_body(size_t target) {
  std::string body;
  for (int i = 0; i < series_of_target; ++i) {
    const int family = i / 100;
    const int pod = i % pods;
    if (i % 100 == 0) body += fmt::format("# TYPE stage_{}_requests_total counter\n", family);
    body += fmt::format(
        "stage_{}_requests_total{{cluster=\"prod-eu-west-1-a\",namespace=\"team-{}-prod\","
        "pod=\"checkout-{:08x}-{:05}\",node=\"ip-10-0-{}-{}.internal\",method=\"GET\","
        "route=\"/api/v1/orders/{}\",status_code=\"200\",service=\"checkout-{}\","
        "version=\"v1.{}.0\"}} {}00001\n",
        family, pod % 7, target * 7919 + 13, pod, target, pod, i % 100 / pods, pod, pod,
        1 + i * 7919 % 3000);
  }
  return body;
}

// All targets with their series, as one scrape of each left them.
struct Scraped {
  SeriesStore store;
  std::vector<std::string> bodies;
  std::vector<std::unique_ptr<Ingest>> ingests;
  std::vector<std::vector<Sample>> samples;  // Of each target.

  Scraped() {
    IngestScratch scratch;
    for (size_t i = 0; i < target_count; ++i) {
      bodies.push_back(make_body(i));
      const std::string instance = fmt::format("127.1.0.{}:9100", i);
      ingests.push_back(
          std::make_unique<Ingest>(store, LabelSet({{"instance", instance}, {"job", "stages"}})));
      ingests.back()->configure({});
      scrape(i, first_time_ms, scratch);
      samples.push_back(scratch.samples);
    }
  }
  void scrape(size_t i, int64_t time_ms, IngestScratch& scratch) {
    IngestCounts counts;
    scratch.clear();
    if (!ingests[i]->read(bodies[i], wire::TextFormat::prometheus, time_ms, scratch, counts)) {
      std::abort();
    }
    ingests[i]->release();
  }
};

void count_samples(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(target_count) *
                          series_of_target);
}

// The values of lines whose series are known, without looking anything up.
void parse(benchmark::State& state) {
  std::vector<std::string> bodies;
  std::vector<std::vector<size_t>> sizes;
  for (size_t i = 0; i < target_count; ++i) {
    bodies.push_back(make_body(i));
    auto& of_body = sizes.emplace_back();
    for (size_t at = 0; at < bodies[i].size(); at = bodies[i].find('\n', at) + 1) {
      if (bodies[i][at] != '#') of_body.push_back(bodies[i].find('}', at) + 1 - at);
    }
  }
  using Entry = wire::ExpositionParser::Entry;
  for (auto _ : state) {
    double sum = 0;
    for (size_t i = 0; i < target_count; ++i) {
      wire::ExpositionParser parser(bodies[i], wire::TextFormat::prometheus);
      for (size_t next = 0; next < sizes[i].size();) {
        const bool is_comment = parser.rest().starts_with('#');
        const Entry entry = is_comment ? parser.next() : parser.next_known(sizes[i][next]);
        if (entry != Entry::series) continue;
        sum += parser.value();
        ++next;
      }
    }
    benchmark::DoNotOptimize(sum);
  }
  count_samples(state);
}
BENCHMARK(parse);

// From the body to the batch: parsing and finding each line's series.
void parse_and_look_up(benchmark::State& state) {
  Scraped scraped;
  IngestScratch scratch;
  int64_t time_ms = first_time_ms;
  for (auto _ : state) {
    time_ms += 10'000;
    for (size_t i = 0; i < target_count; ++i) scraped.scrape(i, time_ms, scratch);
  }
  count_samples(state);
}
BENCHMARK(parse_and_look_up);

// What prometheus.relabel adds for series that it knows.
void relabel(benchmark::State& state) {
  Scraped scraped;
  std::vector<RelabelRule> rules(1);
  rules[0].source_labels = {"namespace"};
  rules[0].regex = RegularExpression::known("team-(.*)-prod");
  rules[0].target_label = "team";
  RelabelCache cache(scraped.store);
  cache.reset(std::make_shared<const RelabelRules>(std::move(rules)));
  for (auto _ : state) {
    for (const auto& samples : scraped.samples) {
      for (const Sample& sample : samples) benchmark::DoNotOptimize(cache.find(*sample.series));
    }
  }
  count_samples(state);
}
BENCHMARK(relabel);

// Requests of 2,000 samples; with 2.0 their compression comes on top, with 1.0 it is a part of it.
void encode(benchmark::State& state, wire::RemoteWriteProtocol protocol, bool with_compression) {
  Scraped scraped;
  const auto writer = make_request_writer(protocol, scraped.store.pool());
  std::vector<char> block(4 << 20);
  std::string scratch;
  size_t bytes = 0;
  for (auto _ : state) {
    size_t in_request = 0;
    bytes = 0;
    for (auto& samples : scraped.samples) {
      for (Sample& sample : samples) {
        if (in_request == 0) writer->start(block);
        sample.timestamp_ms += 10'000;
        sample.value += 1;
        writer->add(sample, *sample.series, {});
        if (++in_request < request_samples) continue;
        in_request = 0;
        const size_t used = writer->flush();
        if (!with_compression) continue;
        bytes += finish_request(protocol, block, used, writer->unpacked(), scratch).size();
      }
    }
  }
  count_samples(state);
  if (with_compression) {
    state.counters["bytes_a_sample"] =
        static_cast<double>(bytes) / (target_count * series_of_target);
  }
}
BENCHMARK_CAPTURE(encode, v1_with_compression, wire::RemoteWriteProtocol::v1, true);
BENCHMARK_CAPTURE(encode, v2, wire::RemoteWriteProtocol::v2, false);
BENCHMARK_CAPTURE(encode, v2_with_compression, wire::RemoteWriteProtocol::v2, true);

// A log in a folder of its own.
struct LogFolder {
  std::string path = std::filesystem::temp_directory_path() / "alloy-stages-bench";
  std::shared_ptr<queue::Log> log;

  LogFolder() {
    std::filesystem::remove_all(path);
    auto opened = queue::Log::open({.folder = path});
    if (!opened) std::abort();
    log = *opened;
    log->add_reader("endpoint");
  }
  ~LogFolder() {
    log.reset();
    std::filesystem::remove_all(path);
  }
};

// All that remote_write does until a batch is safe: encoding, compressing, the open request and the
// log; a reader takes and acknowledges what is finished.
void outbox(benchmark::State& state, wire::RemoteWriteProtocol protocol) {
  Scraped scraped;
  LogFolder folder;
  const auto reader = folder.log->reader("endpoint");
  prometheus::remote_write::EncodingSettings settings;
  settings.protocol = protocol;
  settings.samples_max = request_samples;
  prometheus::remote_write::Outbox box(
      {.log = folder.log, .store = scraped.store, .clock = real_clock(), .logger = {}}, settings);
  for (auto _ : state) {
    for (auto& samples : scraped.samples) {
      for (Sample& sample : samples) {
        sample.timestamp_ms += 10'000;
        sample.value += 1;
      }
      box.receive({.samples = samples});
    }
    while (const auto record = *reader->next()) reader->acknowledge(record->header.sequence);
  }
  count_samples(state);
}
BENCHMARK_CAPTURE(outbox, v1, wire::RemoteWriteProtocol::v1);
BENCHMARK_CAPTURE(outbox, v2, wire::RemoteWriteProtocol::v2);

// Appending finished requests of 47 bytes a sample, and reading them back.
void append_to_log(benchmark::State& state) {
  LogFolder folder;
  const auto reader = folder.log->reader("endpoint");
  const std::string payload(47 * request_samples, 'x');
  queue::RecordInfo info;
  info.counts[0] = request_samples;
  for (auto _ : state) {
    folder.log->append(info, payload);
    const auto record = *reader->next();
    reader->acknowledge(record->header.sequence);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(request_samples));
}
BENCHMARK(append_to_log);

}  // namespace
