// The protobuf exposition as text.
#include "wire/protobuf_exposition.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace alloy::wire {

namespace {

std::string varint(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  return out + static_cast<char>(value);
}
std::string number(uint32_t field, uint64_t value) { return varint(field << 3) + varint(value); }
std::string bytes(uint32_t field, std::string_view value) {
  return varint(field << 3 | 2) + varint(value.size()) + std::string(value);
}
std::string floating(uint32_t field, double value) {
  std::string out = varint(field << 3 | 1) + std::string(8, '\0');
  std::memcpy(out.data() + out.size() - 8, &value, 8);
  return out;
}
std::string label(std::string_view name, std::string_view value) {
  return bytes(1, bytes(1, name) + bytes(2, value));
}
std::string family(std::string_view name, uint64_t type, std::string_view metric) {
  const std::string message = bytes(1, name) + number(3, type) + bytes(4, metric);
  return varint(message.size()) + message;
}

std::string text_of(std::string_view body, NativeHistograms mode = NativeHistograms::ignored) {
  std::string text;
  std::vector<NativeLine> natives;
  const auto result = write_as_text(body, mode, text, natives);
  return result ? text : result.error().message();
}

// Schema 1, three positive buckets of 1, 2 and 1 observations, two at zero.
std::string native_histogram() {
  return number(1, 6) + floating(2, 9.5) + number(5, 2) + floating(6, 0.001) + number(7, 2) +
         bytes(12, number(1, 1) + number(2, 3)) + bytes(13, "\x02\x02\x01");
}

}  // namespace

TEST_CASE("counters come with labels, timestamps and exemplars") {
  const std::string exemplar =
      label("trace", "x\"") + floating(2, 2.5) + bytes(3, number(1, 17) + number(2, 5'000'000));
  const std::string metric = label("k", "a\n") + bytes(3, floating(1, 5) + bytes(2, exemplar)) +
                             number(6, 1'700'000'000'123);
  CHECK(text_of(family("c.total", 0, metric)) ==
        "# TYPE \"c.total\" counter\n"
        "{\"c.total\",\"k\"=\"a\\n\"} 5 1700000000.1232 # {\"trace\"=\"x\\\"\"} 2.5 17.0052\n"
        "# EOF\n");
}

TEST_CASE("summaries and classic histograms become their lines, with the last bucket added") {
  const std::string summary =
      bytes(4, number(1, 4) + floating(2, 8.5) + bytes(3, floating(1, 1) + floating(2, 3)));
  CHECK(text_of(family("s", 2, summary)) ==
        "# TYPE \"s\" summary\n{\"s_count\"} 4\n{\"s_sum\"} 8.5\n{\"s\",quantile=\"1.0\"} 3\n"
        "# EOF\n");
  const std::string histogram =
      bytes(7, number(1, 7) + floating(2, 1) + bytes(3, number(1, 3) + floating(2, 10)));
  CHECK(text_of(family("h", 4, histogram)) ==
        "# TYPE \"h\" histogram\n{\"h_count\"} 7\n{\"h_sum\"} 1\n{\"h_bucket\",le=\"10.0\"} 3\n"
        "{\"h_bucket\",le=\"+Inf\"} 7\n# EOF\n");
}

TEST_CASE("a native histogram has a line of its own and its content beside it") {
  const std::string body = family("n", 4, bytes(7, native_histogram()));
  std::string text;
  std::vector<NativeLine> natives;
  REQUIRE(write_as_text(body, NativeHistograms::alone, text, natives).has_value());
  REQUIRE(natives.size() == 1);
  CHECK(text.substr(natives[0].offset) == "{\"n\"} 0\n# EOF\n");
  const NativeHistogram& histogram = natives[0].histogram;
  CHECK(histogram.schema == 1);
  CHECK(histogram.count == 6);
  CHECK(histogram.zero_count == 2);
  CHECK(histogram.positive_spans == std::vector<BucketSpan>{{-1, 3}});
  CHECK(histogram.positive_deltas == std::vector<int64_t>{1, 1, -1});
  CHECK_FALSE(histogram.is_float);
  CHECK(text_of(body).contains("{\"n_bucket\",le=\"+Inf\"} 6\n"));
}

TEST_CASE("a native histogram brings all its exemplars, or those of its buckets") {
  const auto exemplar = [](std::string_view trace, uint64_t seconds) {
    return label("t", trace) + floating(2, 1) + bytes(3, number(1, seconds));
  };
  const auto exemplars_of = [](const std::string& histogram) {
    std::string text;
    std::vector<NativeLine> natives;
    const std::string body = family("n", 4, bytes(7, histogram));  // Exemplars point into it.
    REQUIRE(write_as_text(body, NativeHistograms::alone, text, natives).has_value());
    std::string traces;
    for (const RawExemplar& one : natives[0].exemplars) {
      traces += one.labels[0].value;
      CHECK(one.timestamp_ms.has_value());
    }
    return traces;
  };
  const std::string bucket = bytes(3, number(1, 3) + floating(2, 10) + bytes(3, exemplar("x", 9)));
  CHECK(exemplars_of(native_histogram() + bucket) == "x");
  CHECK(exemplars_of(native_histogram() + bucket + bytes(16, exemplar("a\\", 5)) +
                     bytes(16, exemplar("b", 6))) == "a\\b");
}

TEST_CASE("empty buckets of native histograms are left out; spans have to fit") {
  // One bucket of 0 between two of 1, and a span of no length.
  const std::string good = number(1, 2) + bytes(12, number(1, 0) + number(2, 3)) + bytes(12, "") +
                           bytes(13, "\x02\x01\x02");
  std::string text;
  std::vector<NativeLine> natives;
  REQUIRE(write_as_text(family("n", 4, bytes(7, good)), NativeHistograms::alone, text, natives)
              .has_value());
  CHECK(natives[0].histogram.positive_spans == std::vector<BucketSpan>{{0, 1}, {1, 1}});
  CHECK(natives[0].histogram.positive_deltas == std::vector<int64_t>{1, 0});
  const std::string bad = good + bytes(12, number(2, 1));
  text.clear();
  const auto result =
      write_as_text(family("c", 0, bytes(3, floating(1, 5))) + family("n", 4, bytes(7, bad)),
                    NativeHistograms::alone, text, natives);
  REQUIRE(!result);
  CHECK(result.error().message() ==
        "histogram \"n\": positive side: spans require 4 buckets, have 3");
  CHECK(text.contains("{\"c\"} 5\n"));
  CHECK(text.ends_with("# EOF\n"));
}

TEST_CASE("what is broken is refused") {
  const std::string body = family("c", 0, bytes(3, floating(1, 5)));
  for (size_t size = 1; size < body.size(); ++size) {
    CHECK(text_of(std::string_view(body).substr(0, size)) ==
          fmt::format("clientpb: insufficient length of buffer, expected at least {} bytes, "
                      "got {} bytes",
                      body.size(), size));
  }
  CHECK(text_of("\x02\x0a\x05") == "unexpected EOF");
  CHECK(text_of(family("c", 0, label("k", "\xff"))) == "invalid label value: \xff");
  CHECK(text_of(family("m", 9, "")) == "unknown metric type for metric \"m\": 9");
  CHECK(text_of(family("", 0, "")) == "invalid metric name: ");
  CHECK(text_of("") == "# EOF\n");
}

}  // namespace alloy::wire
