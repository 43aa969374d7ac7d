// What the parsers of both text formats accept, refuse and say.
#include "wire/exposition.h"

#include <cmath>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "base/text.h"
#include "wire/float_text.h"

namespace alloy::wire {

namespace {

using Entry = ExpositionParser::Entry;

// One line an entry: what a reader of the format sees, or the error.
std::string read_all(std::string body, TextFormat format) {
  if (format == TextFormat::prometheus) ExpositionParser::with_last_newline(body);
  ExpositionParser parser(body, format);
  std::string out;
  for (;;) {
    switch (parser.next()) {
      case Entry::end:
        return out;
      case Entry::failed:
        return out + parser.error().message();
      case Entry::type:
        out += fmt::format("type {} {}\n", parser.family(), name_of(parser.type()));
        break;
      case Entry::help:
        out += fmt::format("help {} {}\n", parser.family(), parser.text());
        break;
      case Entry::unit:
        out += fmt::format("unit {} {}\n", parser.family(), parser.text());
        break;
      case Entry::comment:
        out += fmt::format("comment {}\n", parser.text());
        break;
      case Entry::unknown:
        return "unknown";
      case Entry::series: {
        out += fmt::format("{} {}", parser.metric_name(), format_double(parser.value()));
        for (const RawLabel& label : parser.raw_labels()) {
          out += fmt::format(" {}={}", label.name, label.value);
        }
        if (parser.timestamp_ms()) out += fmt::format(" @{}", *parser.timestamp_ms());
        if (const auto* exemplar = parser.exemplar()) {
          out += fmt::format(" #{}", format_double(exemplar->value));
          for (const RawLabel& label : exemplar->labels) {
            out += fmt::format(" {}={}", label.name, label.value);
          }
          if (exemplar->timestamp_ms) out += fmt::format(" @{}", *exemplar->timestamp_ms);
        }
        out += '\n';
      }
    }
  }
}

std::string text(std::string body) { return read_all(std::move(body), TextFormat::prometheus); }
std::string open_metrics(std::string body) {
  return read_all(std::move(body), TextFormat::open_metrics);
}

}  // namespace

TEST_CASE("Prometheus text gives series, metadata and comments in order") {
  CHECK(text("# HELP m Some  help\n# TYPE m counter\n# a comment\nm{a=\"1\",b=\"x y\"} 5 1234\n\n"
             "n +Inf\n") ==
        "help m Some  help\ntype m counter\ncomment # a comment\nm 5 a=1 b=x y @1234\nn +Inf\n");
}

TEST_CASE("Prometheus text is lenient about blanks, commas and the last newline") {
  CHECK(text("m{ a = \"1\" , b = \"2\" , } 1") == "m 1 a=1 b=2\n");
  CHECK(text("m{a=\"1\" b=\"2\"}1") == "m 1 a=1 b=2\n");
  CHECK(text("m\t1   \n   \nn {x=\"}\"} 2 7 ") == "m 1\nn 2 x=} @7\n");
  CHECK(text("#no blank\n#   HELPless\n# HELP\nm 1") ==
        "comment #no blank\ncomment #   HELPless\ncomment # HELP\nm 1\n");
}

TEST_CASE("names in quotes stand in braces") {
  CHECK(text(R"({"a b",c="d"} 1)") == "a b 1 c=d\n");
  CHECK(text(R"(m{"d.e"="v"} 1)") == "m 1 d.e=v\n");
  CHECK(open_metrics("# TYPE \"a.b\" counter\n{\"a.b_total\"} 2\n# EOF\n") ==
        "type a.b counter\na.b_total 2\n");
}

TEST_CASE("a NUL ends Prometheus text, but may stand in label values") {
  CHECK(text(std::string("m 1\n\0n 2\n", 9)) == "m 1\n");
  CHECK(text(std::string("m{a=\"x\0y\"} 1", 12)) == std::string("m 1 a=x\0y\n", 10));
}

TEST_CASE("errors of Prometheus text read like those of the real parser") {
  CHECK(text("a") == R"(expected value after metric, got "\n" ("INVALID") while parsing: "a\n")");
  CHECK(text("a{b='c'} 1") ==
        R"(expected label value, got "'" ("INVALID") while parsing: "a{b='")");
  CHECK(text("a{\xff=\"foo\"} 1") ==
        R"(expected label name, got "\xff" ("INVALID") while parsing: "a{\xff")");
  CHECK(text("a{b=\"\xff\"} 1") == R"(invalid UTF-8 label value: "\"\xff\"")");
  CHECK(text(R"({"a", "b = "c"})") ==
        R"(expected equal, got "c\"" ("LNAME") while parsing: "{\"a\", \"b = \"c\"")");
  CHECK(text("a true") ==
        R"(strconv.ParseFloat: parsing "true": invalid syntax while parsing: "a true")");
  CHECK(text("something_weird{problem=\"") ==
        R"(expected label value, got "\"\n" ("INVALID") while parsing: )"
        R"("something_weird{problem=\"\n")");
  CHECK(text("empty_label_name{=\"\"} 0") ==
        R"(expected label name, got "=\"" ("EQUAL") while parsing: "empty_label_name{=\"")");
  CHECK(text("foo 1_2") == R"(unsupported character in float while parsing: "foo 1_2")");
  CHECK(text("foo 0 1_2") ==
        R"(expected next entry after timestamp, got "_" ("INVALID") while parsing: "foo 0 1_")");
  CHECK(text(R"({a="ok"} 1)") == R"(metric name not set while parsing: "{a=\"ok\"} 1")");
  CHECK(text("# TYPE m  gauge") == R"(invalid metric type " gauge")");
  CHECK(text("1m 1") == R"(expected a valid start token, got "1" ("INVALID") while parsing: "1")");
}

TEST_CASE("values are Go's floats") {
  const auto value = [](std::string_view spelling) {
    const auto result = parse_float(spelling);
    return result ? format_double(*result) : result.error().message();
  };
  CHECK(value("+5") == "5");
  CHECK(value(".5") == "0.5");
  CHECK(value("5.") == "5");
  CHECK(value("2E-2") == "0.02");
  CHECK(value("-Infinity") == "-Inf");
  CHECK(value("nan") == "NaN");
  CHECK(value("1e-400") == "0");
  CHECK(*parse_float("12345678901234567890") == 12345678901234567890.0);
  for (const char* bad : {"", "-NaN", "+nan", "nan(1)", "0x1F", "1,5", "+-1", "1e", "-"}) {
    CAPTURE(bad);
    CHECK(value(bad).contains("invalid syntax"));
  }
  CHECK(value("1e400") == R"(strconv.ParseFloat: parsing "1e400": value out of range)");
}

TEST_CASE("simple decimals give the same doubles as the full parser") {
  for (const char* spelling : {"0", "-0", "1", "123456789012345", "0.1", "-12.75", "1.7976931",
                               "9007199254740991", "0.000001", "99.95", "5."}) {
    CAPTURE(spelling);
    double value = 0;
    REQUIRE(read_simple_decimal(spelling, value) != nullptr);
    CHECK(std::bit_cast<uint64_t>(value) == std::bit_cast<uint64_t>(*parse_float(spelling)));
  }
  double value = 0;
  for (const char* other :
       {"", "-", ".", "NaN", "+1", "9007199254740993", "12345678901234567890"}) {
    CAPTURE(other);
    CHECK(read_simple_decimal(other, value) == nullptr);
  }
}

TEST_CASE("OpenMetrics gives exemplars, units and timestamps in seconds") {
  CHECK(open_metrics("# TYPE s_seconds counter\n# UNIT s_seconds seconds\n"
                     "s_seconds_total{a=\"1\"} 17 1700000000.5 # {t=\"x\"} 9.8 1.25\n"
                     "n 1 # {} 2\n# EOF") ==
        "type s_seconds counter\nunit s_seconds seconds\n"
        "s_seconds_total 17 a=1 @1700000000500 #9.8 t=x @1250\nn 1 #2\n");
}

TEST_CASE("OpenMetrics is strict") {
  CHECK(open_metrics("m 1\n") == "m 1\ndata does not end with # EOF");
  CHECK(open_metrics("# EOF\nm 1\n") == "unexpected data after # EOF");
  CHECK(open_metrics("\n# EOF\n") ==
        R"(expected a valid start token, got "\n" ("INVALID") while parsing: "\n")");
  CHECK(open_metrics("m{a=\"1\" b=\"2\"} 1\n# EOF\n") ==
        R"(expected comma or brace close, got " " ("INVALID") while parsing: "m{a=\"1\" ")");
  CHECK(open_metrics("m 1 NaN\n# EOF\n") == "invalid timestamp NaN");
  CHECK(open_metrics("m 1 17 \n# EOF\n").starts_with("expected next entry after timestamp"));
  CHECK(open_metrics("# TYPE m untyped\n# EOF\n") == R"(invalid metric type "untyped")");
  CHECK(open_metrics("# UNIT m seconds\n# EOF\n") ==
        R"(unit "seconds" not a suffix of metric "m")");
  CHECK(open_metrics("m 1 # {\"x\"} 1\n# EOF\n").starts_with("expected label name"));
}

TEST_CASE("what follows the value in OpenMetrics is refused where the next entry should start") {
  CHECK(open_metrics("m 1 \n# EOF\n") ==
        "m 1\n"
        R"(expected a valid start token, got "\n#" ("LINEBREAK") while parsing: "\n#")");
  CHECK(open_metrics("m 1  2\n# EOF\n") ==
        "m 1\n"
        R"(expected a valid start token, got " 2\n" ("TIMESTAMP") while parsing: " 2\n")");
  CHECK(open_metrics("m 1 # t\n# EOF\n") ==
        "m 1\n"
        R"(expected a valid start token, got "t" ("INVALID") while parsing: "t")");
}

TEST_CASE("a NUL byte ends values and timestamps") {
  using namespace std::string_view_literals;
  CHECK(text(std::string("m \0 1\n"sv)) ==
        R"(expected value after metric, got "\x00" ("INVALID") while parsing: "m \x00")");
  CHECK(text(std::string("m 1\0\n"sv)) ==
        R"(expected timestamp or new record, got "\x00" ("INVALID") while parsing: "m 1\x00")");
}

TEST_CASE("a known series reads like one that is parsed") {
  for (const TextFormat format : {TextFormat::prometheus, TextFormat::open_metrics}) {
    std::string body = "m{a=\"}\"} 1.5\nm 2\nm{} 3 17\nlong -4e3\nm NaN\n";
    if (format == TextFormat::open_metrics) body += "m 5 # {a=\"b\"} 1\n# EOF\n";
    ExpositionParser full(body, format);
    ExpositionParser quick(body, format);
    while (full.next() == Entry::series) {
      REQUIRE(quick.next_known(full.series().size()) == Entry::series);
      CHECK(quick.series() == full.series());
      CHECK(std::bit_cast<uint64_t>(quick.value()) == std::bit_cast<uint64_t>(full.value()));
      CHECK(quick.timestamp_ms() == full.timestamp_ms());
      CHECK((quick.exemplar() == nullptr) == (full.exemplar() == nullptr));
      CHECK(quick.rest() == full.rest());
    }
    CHECK(quick.next() == Entry::end);
  }
}

TEST_CASE("a longer name or a label set behind the name is another series") {
  const std::string body = "name_x 1\n";
  CHECK(ExpositionParser(body, TextFormat::prometheus).next_known(4) == Entry::unknown);
  const std::string spaced = "name {a=\"1\"} 1\n";
  CHECK(ExpositionParser(spaced, TextFormat::prometheus).next_known(4) == Entry::unknown);
  CHECK(ExpositionParser(spaced, TextFormat::prometheus).next_known(400) == Entry::unknown);
}

TEST_CASE("escapes are undone, unknown ones stay") {
  LabelBuilder keeper;
  CHECK(unescape(R"(C:\\DIR \"x\" a\nb \t \x41)", keeper) == "C:\\DIR \"x\" a\nb \\t \\x41");
  CHECK(unescape("end\\", keeper) == "end\\");
}

TEST_CASE("bucket bounds come out as floats") {
  CHECK(format_bucket_bound(1) == "1.0");
  CHECK(format_bucket_bound(0.25) == "0.25");
  CHECK(format_bucket_bound(100) == "100.0");
  CHECK(format_bucket_bound(1e6) == "1e+06");
  CHECK(format_bucket_bound(1234567) == "1.234567e+06");
  CHECK(format_bucket_bound(0.00001) == "1e-05");
  CHECK(format_bucket_bound(INFINITY) == "+Inf");
}

}  // namespace alloy::wire
