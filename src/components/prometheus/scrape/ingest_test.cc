// From the body of a scrape to a batch.
#include "components/prometheus/scrape/ingest.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "base/text.h"

namespace alloy::prometheus::scrape {

namespace {

constexpr int64_t now_ms = 1'700'000'000'000;

struct Fixture {
  SeriesStore store;
  Ingest ingest{store, LabelSet({{"instance", "i"}, {"job", "j"}})};
  IngestSettings settings;
  IngestScratch scratch;
  IngestCounts counts;
  std::string body;  // Batches borrow from it.

  // One line a sample, without the labels of the target; or the error.
  std::string read(std::string text, wire::TextFormat format = wire::TextFormat::prometheus) {
    body = std::move(text);
    if (format == wire::TextFormat::prometheus) wire::ExpositionParser::with_last_newline(body);
    ingest.configure(settings);
    scratch.clear();
    counts = {};
    const auto result = ingest.read(body, format, now_ms, scratch, counts);
    std::string out;
    for (const Sample& sample : scratch.samples) {
      for (const Label& label : store.labels_of(*sample.series)) {
        if (label.name == "__name__") {
          out += label.value;
        } else if (label != Label{"instance", "i"} && label != Label{"job", "j"}) {
          out += fmt::format(" {}={}", label.name, label.value);
        }
      }
      out += is_stale_marker(sample.value) ? " ended" : " " + format_double(sample.value);
      if (sample.timestamp_ms != now_ms) out += fmt::format(" @{}", sample.timestamp_ms - now_ms);
      out += '\n';
    }
    if (!result) out += result.error().message();
    ingest.release();
    return out;
  }
  std::string read_open_metrics(const std::string& text) {
    return read(text + "# EOF\n", wire::TextFormat::open_metrics);
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "samples get the labels of the target and the time of the scrape") {
  CHECK(read("m 1\n") == "m 1\n");
  CHECK(store.describe(*scratch.samples[0].series) == R"({__name__="m", instance="i", job="j"})");
  CHECK(counts.samples == 1);
  CHECK(counts.series_added == 1);
  CHECK(read("m 2\n") == "m 2\n");
  CHECK(counts.series_added == 0);
}

TEST_CASE_FIXTURE(Fixture, "labels that the target has are exported under another name") {
  CHECK(read("m{job=\"x\"} 1\nm{job=\"x\",exported_job=\"y\"} 2\n") ==
        "m exported_job=x 1\nm exported_exported_job=x exported_job=y 2\n");
  settings.honor_labels = true;
  CHECK(read("m{job=\"x\"} 1\n") == "m job=x 1\n");
}

TEST_CASE_FIXTURE(Fixture, "a series that vanishes ends, all do when a scrape fails") {
  read("a 1\nb 2\n");
  CHECK(read("a 1\n") == "a 1\nb ended\n");
  CHECK(read("a 1\n?\n").starts_with("a ended\nexpected a valid start token"));
  CHECK(counts.samples == 1);
  CHECK(read("a 3\n") == "a 3\n");
  CHECK(counts.series_added == 0);
}

TEST_CASE_FIXTURE(Fixture, "timestamps are honoured, and free a series from staleness") {
  CHECK(read(fmt::format("a 1 {}\n", now_ms - 5)) == "a 1 @-5\n");
  CHECK(read("") == "");
  settings.honor_timestamps = false;
  CHECK(read(fmt::format("a 1 {}\n", now_ms - 5)) == "a 1\n");
  CHECK(read("") == "a ended\n");
  settings.honor_timestamps = true;
  settings.track_timestamps_staleness = true;
  CHECK(read(fmt::format("a 1 {}\n", now_ms - 5)) == "a 1 @-5\n");
  CHECK(read("") == "a ended\n");
  CHECK(read(fmt::format("a 1 {}\n", now_ms + 3'600'000)) == "");
  CHECK(counts.out_of_bounds == 1);
}

TEST_CASE_FIXTURE(Fixture, "the first of repeated lines without a timestamp counts") {
  CHECK(read("a 1\na 2\n") == "a 1\n");
  CHECK(counts.duplicates == 1);
  CHECK(counts.samples == 2);
  CHECK(read(fmt::format("a 1 {}\na 2 {}\n", now_ms - 2, now_ms - 1)) ==
        "a 1 @-2\na 2 @-1\na ended\n");
}

TEST_CASE_FIXTURE(Fixture,
                  "bounds of buckets and quantiles are spelled as floats under their type") {
  CHECK(read("# TYPE h histogram\nh_bucket{le=\"1\"} 1\n# TYPE s summary\ns{quantile=\"1\"} 2\n"
             "# TYPE g gauge\ng{le=\"1\",quantile=\"1\"} 3\n") ==
        "h_bucket le=1.0 1\ns quantile=1.0 2\ng le=1 quantile=1 3\n");
  CHECK(read("h_bucket{le=\"1\"} 1\n") ==
        "h_bucket le=1 1\nh_bucket le=1.0 ended\ns quantile=1.0 ended\ng le=1 quantile=1 ended\n");
}

TEST_CASE_FIXTURE(Fixture, "type and unit become labels on request") {
  settings.type_and_unit_labels = true;
  CHECK(read_open_metrics("n 1\n# TYPE t_s gauge\n# UNIT t_s s\nt_s 2\n") ==
        "n 1\nt_s __type__=gauge __unit__=s 2\n");
}

TEST_CASE_FIXTURE(Fixture, "what the family says replaces labels of the same meaning") {
  settings.type_and_unit_labels = true;
  CHECK(read("# TYPE m gauge\nm{__type__=\"x\",__name__=\"y\",__unit__=\"z\"} 1\n") ==
        "m __type__=gauge __unit__=z 1\n");
}

TEST_CASE_FIXTURE(Fixture, "with honor_labels an empty label takes that of the target away") {
  settings.honor_labels = true;
  CHECK(read("m{job=\"\"} 1\n") == "m 1\n");
  CHECK(store.describe(*scratch.samples[0].series) == R"({__name__="m", instance="i"})");
  settings.honor_labels = false;
  read("m{job=\"\"} 1\n");
  CHECK(store.describe(*scratch.samples[0].series) == R"({__name__="m", instance="i", job="j"})");
}

TEST_CASE_FIXTURE(Fixture, "names are checked by the chosen rules") {
  CHECK(read("{\"a.b\"} 1\n").starts_with("invalid metric name or label names: {__name__=\"a.b\""));
  CHECK(read("m{\"a.b\"=\"1\"} 1\n").starts_with("invalid metric name or label names"));
  CHECK(read(" m 1\n").starts_with("invalid metric name or label names"));
  settings.names = LabelNameRules::utf8;
  CHECK(read("{\"a.b\",\"c d\"=\"1\"} 1\n") == "a.b c d=1 1\n");
}

TEST_CASE_FIXTURE(Fixture, "label names must be unique, empty values are no labels") {
  CHECK(read("m{a=\"1\",a=\"2\"} 1\n") == R"(label name "a" is not unique: invalid sample)");
  CHECK(read("m{__name__=\"x\"} 1\n") == R"(label name "__name__" is not unique: invalid sample)");
  CHECK(read("m{a=\"\",a=\"2\",b=\"\"} 1\n") == "m 1\n");
}

TEST_CASE_FIXTURE(Fixture, "limits fail the scrape and say which one") {
  SUBCASE("samples") {
    settings.sample_limit = 2;
    CHECK(read("a 1\na 1\nb 1\n") == "a 1\nb 1\n");
    CHECK(read("a 1\nb 1\nc 1\nd 1\n") == "a ended\nb ended\nsample limit exceeded");
    CHECK(counts.samples == 4);
  }
  SUBCASE("labels") {
    settings.label_limit = 4;
    CHECK(read("m{a=\"1\",b=\"2\"} 1\n") ==
          "label_limit exceeded (metric: m, number of labels: 5, limit: 4)");
    CHECK(counts.label_limit_exceeded);
  }
  SUBCASE("the length of a name") {
    settings.label_name_length_limit = 8;
    CHECK(read("m{long_label=\"1\"} 1\n") ==
          "label_name_length_limit exceeded (metric: m, label name: long_label, length: 10, "
          "limit: 8)");
  }
  SUBCASE("the length of a value") {
    settings.label_value_length_limit = 2;
    CHECK(read("m{a=\"123\"} 1\n") ==
          "label_value_length_limit exceeded (metric: m, label name: a, value: \"123\", length: "
          "3, limit: 2)");
  }
}

TEST_CASE_FIXTURE(Fixture, "an exemplar is passed on once") {
  const std::string text = "c_total 1 # {b=\"2\",a=\"\\\"\"} 3\n";
  read_open_metrics(text);
  REQUIRE(scratch.exemplars.size() == 1);
  const Exemplar& exemplar = scratch.exemplars[0];
  CHECK(exemplar.value == 3);
  CHECK(exemplar.timestamp_ms == now_ms);
  CHECK(describe(exemplar.labels) == R"({a="\"", b="2"})");
  read_open_metrics(text);
  CHECK(scratch.exemplars.empty());
  read_open_metrics("c_total 1 # {b=\"2\",a=\"\\\"\"} 4\n");
  CHECK(scratch.exemplars.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "metadata is passed on when it is new or has changed") {
  settings.honor_metadata = true;
  const std::string text = "# HELP m About \\\\ m.\n# TYPE m counter\nm 1\n# TYPE n gauge\nn 1\n";
  read(text);
  REQUIRE(scratch.metadata.size() == 2);
  CHECK(store.label(*scratch.metadata[0].series, "__name__") == "m");
  CHECK(scratch.metadata[0].metadata ==
        FamilyMetadata{.type = FamilyType::counter, .help = "About \\ m.", .unit = {}});
  read(text);
  CHECK(scratch.metadata.empty());
  read(text + "# HELP n New.\nn{a=\"1\"} 1\n");
  REQUIRE(scratch.metadata.size() == 1);
  CHECK(scratch.metadata[0].metadata.help == "New.");
}

constexpr std::string_view classic_text =
    "# TYPE h histogram\n"
    "h_bucket{k=\"a\",le=\"1\"} 2\nh_bucket{k=\"a\",le=\"5\"} 5\nh_bucket{k=\"a\",le=\"+Inf\"} 9\n"
    "h_sum{k=\"a\"} 31.5\nh_count{k=\"a\"} 9\n"
    "h_bucket{k=\"b\",le=\"+Inf\"} 1\nh_count{k=\"b\"} 1\n"
    "# TYPE g gauge\ng_bucket{le=\"1\"} 1\n";

TEST_CASE_FIXTURE(Fixture, "classic histograms become native ones where that is asked for") {
  settings.convert_classic_histograms = true;
  for (int round = 0; round < 2; ++round) {
    CHECK(read(std::string(classic_text)) == "g_bucket le=1 1\n");
    CHECK(counts.samples == 3);
    CHECK(counts.series_added == (round == 0 ? 3 : 0));
    REQUIRE(scratch.histograms.size() == 2);
    CHECK(store.describe(*scratch.histograms[0].series) ==
          R"({__name__="h", instance="i", job="j", k="a"})");
    CHECK(scratch.histograms[0].histogram->sum == 31.5);
    CHECK(scratch.histograms[0].histogram->positive_deltas == std::vector<int64_t>{2, 1, 1});
    CHECK(scratch.histograms[1].histogram->count == 1);
  }
  read("g_bucket{le=\"1\"} 1\n");
  CHECK(scratch.ended.size() >= 2);
  CHECK(scratch.histograms.empty());
}

TEST_CASE_FIXTURE(Fixture, "classic series stay beside converted ones if they are wanted") {
  settings.convert_classic_histograms = true;
  settings.keep_classic_histograms = true;
  for (int round = 0; round < 2; ++round) {
    read(std::string(classic_text));
    CHECK(counts.samples == 10);
    CHECK(scratch.samples.size() == 8);
    CHECK(scratch.histograms.size() == 2);
    CHECK(counts.series_added == (round == 0 ? 10 : 0));
  }
}

TEST_CASE_FIXTURE(Fixture, "classic histograms that contradict themselves are left out, counted") {
  settings.convert_classic_histograms = true;
  CHECK(read("# TYPE h histogram\nh_bucket{le=\"1\"} 5\nh_bucket{le=\"2\"} 3\nh_count 3\n") == "");
  CHECK(counts.inconvertible == 1);
  CHECK(counts.samples == 0);
}

TEST_CASE_FIXTURE(Fixture, "exemplars with a time move to the converted histogram, each once") {
  settings.convert_classic_histograms = true;
  const std::string text =
      "# TYPE h histogram\nh_bucket{le=\"1\"} 2 # {t=\"low\"} 0.4 1700000000\n"
      "h_bucket{le=\"5\"} 5 # {t=\"no time\"} 3\n"
      "h_bucket{le=\"+Inf\"} 9 # {t=\"high\"} 12 1700000001\nh_count 9\n";
  read_open_metrics(text);
  REQUIRE(scratch.exemplars.size() == 2);
  CHECK(scratch.exemplars[0].series == scratch.histograms[0].series);
  CHECK(scratch.exemplars[1].labels[0] == Label{"t", "high"});
  read_open_metrics(text);
  CHECK(scratch.exemplars.empty());
}

TEST_CASE_FIXTURE(Fixture, "a start that is news becomes a zero before the first sample") {
  settings.zero_samples = true;
  settings.oldest_start_ms = now_ms - 60'000;
  const auto text = [](std::string_view created) {
    return fmt::format(
        "# TYPE c counter\nc_total{{k=\"a\"}} 5\nc_created{{k=\"a\"}} {}\nc_total{{k=\"b\"}} 6\n"
        "# TYPE g gauge\ng 1\ng_created 5\n",
        created);
  };
  const std::string plain = "c_total k=a 5\nc_total k=b 6\ng 1\ng_created 5\n";
  CHECK(read_open_metrics(text("1699999970.5")) == "c_total k=a 0 @-29500\n" + plain);
  REQUIRE(scratch.created.size() == 1);
  CHECK(scratch.created[0].created_ms == now_ms - 29'500);
  CHECK(scratch.created[0].sample_timestamp_ms == now_ms);
  // Known by now.
  CHECK(read_open_metrics(text("1699999970.5")) == plain);
  CHECK(scratch.created.size() == 1);
  // Ahead of the sample, it can't be.
  CHECK(read_open_metrics(text("1700000300")) == plain);
  CHECK(scratch.created.empty());
}

TEST_CASE_FIXTURE(Fixture, "starts from before our own are no news, but are passed on") {
  settings.zero_samples = true;
  settings.oldest_start_ms = now_ms - 1000;
  CHECK(read_open_metrics("# TYPE s summary\ns_count 2\ns_sum 3\ns{quantile=\"0.5\"} 1\n"
                          "s_created 1699990000\n") == "s_count 2\ns_sum 3\ns quantile=0.5 1\n");
  CHECK(scratch.created.size() == 3);
}

TEST_CASE_FIXTURE(Fixture, "native histograms are made as coarse as the limits want, or fail") {
  NativeHistogram histogram;
  histogram.schema = 3;
  histogram.count = 3;
  histogram.positive_spans = {{1, 3}};
  histogram.positive_deltas = {1, 0, 0};
  const auto read_native = [&] {
    const std::string text = "# TYPE h histogram\nh 0\n";
    scratch.natives = {{text.find("h 0"), histogram, {}}};
    return read_open_metrics(text);
  };
  settings.schema_max = 1;
  CHECK(read_native() == "");
  CHECK(scratch.histograms[0].histogram->schema == 1);
  CHECK(scratch.histograms[0].histogram->positive_deltas == std::vector<int64_t>{3});
  settings.schema_max = NativeHistogram::schema_max;
  settings.bucket_limit = 2;
  CHECK(read_native() == "");
  CHECK(scratch.histograms[0].histogram->bucket_count() <= 2);
  histogram.negative_spans = {{1, 1}};
  histogram.negative_deltas = {1};
  settings.bucket_limit = 1;
  CHECK(read_native().ends_with("histogram bucket limit exceeded"));
  CHECK(counts.bucket_limit_exceeded);
  settings.bucket_limit = 0;
  CHECK(read_native().ends_with(
      "4 observations found in buckets, but the Count field is 3: histogram's observation count "
      "should equal the number of observations found in the buckets (in absence of NaN)"));
  CHECK(counts.after_relabeling == 0);
}

TEST_CASE_FIXTURE(Fixture, "a scrape that fails counts the samples up to there, and their series") {
  CHECK(read("m 1\nn 2\nm{a=\"1\",a=\"2\"} 1\no 1\n").contains("is not unique"));
  CHECK(counts.samples == 3);
  CHECK(counts.after_relabeling == 2);
  CHECK(counts.series_added == 2);
  // They are known by now.
  read("m 1\nn 2\nno number\n");
  CHECK(counts.samples == 2);
  CHECK(counts.series_added == 0);
}

TEST_CASE_FIXTURE(Fixture, "beyond the sample limit no series counts as added") {
  settings.sample_limit = 2;
  CHECK(read("a 1\nb 1\nc 1\n") == "sample limit exceeded");
  CHECK(counts.samples == 3);
  CHECK(counts.after_relabeling == 3);
  CHECK(counts.series_added == 2);
  CHECK(read("b 1\nc 1\n") == "b 1\nc 1\n");
  CHECK(counts.series_added == 1);
}

TEST_CASE_FIXTURE(Fixture, "names that are not legacy ones are quoted in errors") {
  CHECK(read("a{\"x.y\"=\"1\"} 1\n") ==
        R"(invalid metric name or label names: {__name__="a", instance="i", job="j", "x.y"="1"})");
}

TEST_CASE_FIXTURE(Fixture, "all exemplars of a native histogram that have a time go on, in order") {
  NativeHistogram histogram;
  histogram.positive_spans = {{0, 1}};
  histogram.positive_deltas = {1};
  histogram.count = 1;
  const std::string text = "# TYPE h histogram\nh 0\n";
  const auto exemplar = [](std::string_view trace, std::optional<int64_t> time_ms) {
    return wire::RawExemplar{
        .labels = {{"t", trace}}, .value = 1, .timestamp_ms = time_ms, .is_escaped = false};
  };
  const auto read_with = [&](std::vector<wire::RawExemplar> exemplars) {
    scratch.natives = {{text.find("h 0"), histogram, std::move(exemplars)}};
    REQUIRE(read_open_metrics(text) == "");
    std::string traces;
    for (const Exemplar& one : scratch.exemplars) traces += one.labels[0].value;
    return traces;
  };
  CHECK(read_with({exemplar("\\", 30), exemplar("a", 10), exemplar("b", {}), exemplar("c", 20)}) ==
        "ac\\");
  CHECK(read_with({exemplar("\\", 30), exemplar("a", 10), exemplar("d", 40)}) == "d");
}

TEST_CASE_FIXTURE(Fixture, "a body that breaks off fails after what stands before") {
  scratch.body_error.emplace("unexpected EOF", ErrorKind::invalid);
  CHECK(read_open_metrics("m 1\n") == "unexpected EOF");
  CHECK(counts.samples == 1);
}

TEST_CASE_FIXTURE(Fixture, "metadata goes with each series of the family, also with later ones") {
  settings.honor_metadata = true;
  const auto described = [&] {
    std::string out;
    for (const auto& [series, metadata] : scratch.metadata) {
      out += fmt::format("{} {}\n", store.label(*series, "__name__"), name_of(metadata.type));
    }
    return out;
  };
  read("# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 1\nh_total 1\n# TYPE g gauge\nother 1\n");
  CHECK(described() == "h_bucket histogram\nh_sum histogram\n");
  read("# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"2\"} 1\nh_sum 1\n");
  CHECK(described() == "h_bucket histogram\n");
  // What did not go on is told again.
  read("# TYPE c counter\nc_total 1\nno number\n");
  CHECK(described() == "");
  read("# TYPE c counter\nc_total 1\n");
  CHECK(described() == "c_total counter\n");
}

TEST_CASE_FIXTURE(Fixture, "start times of converted histograms are no samples") {
  settings.convert_classic_histograms = true;
  CHECK(read_open_metrics("# TYPE a counter\na_total 1\na_created 5\n"
                          "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_count 1\nh_created 5\n"
                          "# TYPE b counter\nb_total 1\nb_created 5\n") ==
        "a_total 1\na_created 5\nb_total 1\n");
}

}  // namespace alloy::prometheus::scrape
