// Push requests of Loki: what is written can be read, by others and again by us.
#include "wire/loki_push.h"

#include <doctest/doctest.h>

#include "wire/loki_push_reader.h"
#include "wire/protobuf_writer.h"

namespace alloy::wire {
namespace {

// A request with the given streams, each an object of its own.
class Writer {
 public:
  void stream(std::string_view labels, const std::vector<LogEntry>& entries) {
    const size_t begin = text_.size();
    text_.resize(begin + loki_stream_bytes(labels));
    begin_loki_stream(text_.data() + begin, labels);
    for (const LogEntry& entry : entries) {
      const LokiEntrySize size = measure_loki_entry(entry);
      const size_t at = text_.size();
      text_.resize(at + size.field);
      CHECK(write_loki_entry(text_.data() + at, entry, size) == text_.data() + text_.size());
    }
    if (ends_streams) end_loki_stream(text_.data() + begin, text_.data() + text_.size());
  }
  std::string& text() { return text_; }
  bool ends_streams = true;

 private:
  std::string text_;
};

const std::vector<Label> metadata = {{"trace", "1"}, {"empty", ""}};
const std::vector<Label> parsed = {{"level", "info"}};

std::vector<LogEntry> some_entries() {
  return {
      {.timestamp_ns = 1'750'000'000'000'000'001, .line = "one"},
      {.timestamp_ns = 0, .line = ""},
      {.timestamp_ns = -1, .line = "before", .structured_metadata = metadata, .parsed = parsed}};
}

}  // namespace

TEST_CASE("what is written of a push request is read again") {
  Writer writer;
  writer.stream(R"({a="1"})", some_entries());
  writer.stream("{}", {{.timestamp_ns = 5'000'000'000, .line = std::string_view("x\0y", 3)}});
  LokiPushRequest request;
  REQUIRE(request.read_protobuf(writer.text()));
  REQUIRE(request.streams().size() == 2);
  const auto& entries = request.entries().entries();
  REQUIRE(entries.size() == 4);
  CHECK(request.streams()[0].labels.size() == 1);
  CHECK(request.streams()[0].labels[0] == Label{"a", "1"});
  CHECK(request.streams()[1].begin == 3);
  for (size_t i = 0; i < 3; ++i) {
    CHECK(entries[i].timestamp_ns == some_entries()[i].timestamp_ns);
    CHECK(entries[i].line == some_entries()[i].line);
  }
  CHECK(entries[2].structured_metadata.size() == 2);
  CHECK(entries[2].structured_metadata[0] == metadata[0]);
  CHECK(entries[2].parsed[0] == parsed[0]);
  CHECK(entries[3].line.size() == 3);
}

TEST_CASE("a request that was cut off behind an entry can be mended") {
  Writer writer;
  writer.stream(R"({a="1"})", some_entries());
  SUBCASE("in a stream that was not ended") {
    writer.ends_streams = false;
    writer.stream(R"({b="2"})", some_entries());
  }
  SUBCASE("in a stream whose end is further on") {
    Writer longer;
    longer.stream(R"({b="2"})", some_entries());
    const size_t kept = longer.text().size();
    longer = {};
    auto more = some_entries();
    more.push_back({.line = "later"});
    longer.stream(R"({b="2"})", more);
    writer.text() += longer.text().substr(0, kept);
  }
  mend_loki_request(std::span(writer.text()));
  LokiPushRequest request;
  REQUIRE(request.read_protobuf(writer.text()));
  REQUIRE(request.streams().size() == 2);
  CHECK(request.entries().entries().size() == 6);
}

TEST_CASE("streams can be taken off a request of ours, and of nobody else") {
  Writer writer;
  writer.stream(R"({a="1"})", some_entries());
  std::string_view rest = writer.text();
  const auto stream = take_loki_stream(rest);
  REQUIRE(stream);
  CHECK(stream->labels == R"({a="1"})");
  CHECK(stream->entries.ends_with("info"));
  CHECK(rest.empty());
  for (std::string_view text : {"", "x", "\x0a", "\x0a\x05\x80\x80\x00"}) {
    CHECK_FALSE(take_loki_stream(text));
  }
}

TEST_CASE("labels of a stream are spelled as in the original, without internal ones") {
  const std::vector<Label> labels = {{"__path__", "/x"}, {"a", "quote \" \n"}, {"empty", ""}};
  CHECK(loki_stream_labels(labels) == R"({a="quote \" \n", empty=""})");
  CHECK(loki_stream_labels({}) == "{}");
}

TEST_CASE("labels of a stream are read in all spellings of Prometheus") {
  LogBatchBuilder texts;
  std::vector<Label> labels;
  const auto read = [&](std::string_view text) {
    if (!parse_stream_labels(text, texts, labels)) return std::string("refused");
    return describe(labels);
  };
  CHECK(read(R"({b="2", a='1'})") == R"({a="1", b="2"})");
  CHECK(read(R"( { a = "1" , } )") == R"({a="1"})");
  CHECK(read("{a=`raw\\n`}") == R"({a="raw\\n"})");
  CHECK(read(R"({a="\x41\u00e9\101\"\t", b='it\'s'})") == "{a=\"AéA\\\"\\t\", b=\"it's\"}");
  CHECK(read(R"({"with.dot"="1"})") == R"({"with.dot"="1"})");
  CHECK(read(R"(up{a="1"})") == R"({__name__="up", a="1"})");
  CHECK(read("up") == R"({__name__="up"})");
  CHECK(read("{}") == "{}");
  for (const std::string_view bad :
       {"", "{", "{a", "{a=", "{a=1}", "{a=\"1}", "{a=\"1\" b=\"2\"}", "{a=\"1\"} x",
        "{a=\"1\", a=\"2\"}", "{1a=\"x\"}", "{a=\"\\q\"}", "{a=\"\\ud800\"}"}) {
    CAPTURE(bad);
    CHECK(read(bad) == "refused");
  }
}

TEST_CASE("push requests in JSON are read") {
  LokiPushRequest request;
  REQUIRE(request.read_json(R"({"other": [1], "streams": [
    {"values": [["1", "one"], null, ["2", "t\u00e4b\t", {"k": "v", "n": ""}, "more"]],
     "stream": {"b": "2", "a": "1"}},
    {"stream": {"bad-name": "x"}, "values": [["3", "y"]]},
    {"stream": {}, "values": null}]})"));
  REQUIRE(request.streams().size() == 3);
  CHECK(describe(request.streams()[0].labels) == R"({a="1", b="2"})");
  CHECK_FALSE(request.streams()[1].error.empty());
  CHECK(request.streams()[2].begin == request.streams()[2].end);
  const auto& entries = request.entries().entries();
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].timestamp_ns == 1);
  CHECK(entries[1].line == "täb\t");
  CHECK(describe(entries[1].structured_metadata) == R"({k="v", n=""})");
}

TEST_CASE("push requests that are none are refused") {
  LokiPushRequest request;
  for (const char* bad :
       {"", "{nope", "[]", R"({"streams": 1})", R"({"streams": [1]})",
        R"({"streams": [{"stream": {"a": 1}}]})", R"({"streams": [{"values": [["soon", "x"]]}]})",
        R"({"streams": [{"values": [[1, "x"]]}]})", R"({"streams": [{"values": [["1", 2]]}]})",
        R"({"streams": [{"values": [["1", "x", {"k": 1}]]}]})",
        R"({"streams": [{"values": [["99999999999999999999", "x"]]}]})"}) {
    CAPTURE(bad);
    CHECK_FALSE(request.read_json(bad));
  }
  CHECK_FALSE(request.read_protobuf("\x0a\x7f"));
}

}  // namespace alloy::wire
