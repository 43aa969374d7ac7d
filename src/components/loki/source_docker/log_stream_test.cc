#include "components/loki/source_docker/log_stream.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace alloy::loki::source_docker {
namespace {

std::string frame(char kind, std::string_view payload) {
  std::string bytes = {kind, 0, 0, 0};
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(payload.size() >> shift);
  return bytes + std::string(payload);
}

struct Reader {
  explicit Reader(LogStream::Form form = LogStream::Form::frames) : stream(form) {}
  void feed(std::string_view bytes) { REQUIRE(stream.feed(bytes, lines)); }
  // "out 5.000000001 text" of each line so far.
  std::vector<std::string> seen() const {
    std::vector<std::string> texts;
    for (const LogLine& line : lines)
      texts.push_back(fmt::format("{} {} {}", line.output == Output::standard ? "out" : "err",
                                  line.timestamp_ns, line.text));
    return texts;
  }
  LogStream stream;
  std::vector<LogLine> lines;
};

using Lines = std::vector<std::string>;
constexpr std::string_view first = "1970-01-01T00:00:01.5Z ";
constexpr std::string_view second = "1970-01-01T00:00:02Z ";

std::string timed(std::string_view time, std::string_view text) {
  return std::string(time) + std::string(text);
}

}  // namespace

TEST_CASE("frames are lines of the two outputs, however they are cut on their way") {
  const std::string bytes = frame(1, timed(first, "a b\n")) + frame(2, timed(second, "c\r\n")) +
                            frame(1, timed(second, "\n")) + frame(1, timed(second, "d\n"));
  for (const size_t piece : {size_t{1}, size_t{7}, bytes.size()}) {
    Reader reader;
    for (size_t at = 0; at < bytes.size(); at += piece) reader.feed(bytes.substr(at, piece));
    CHECK(reader.seen() == Lines{"out 1500000000 a b", "err 2000000000 c", "out 2000000000 d"});
  }
}

TEST_CASE("a line that the engine has split is one line again") {
  const std::string part(16 << 10, 'x');
  Reader reader;
  reader.feed(frame(1, timed(first, part)));
  reader.feed(frame(2, timed(second, "other\n")));
  reader.feed(frame(1, timed(second, part)));
  reader.feed(frame(1, timed(second, "end\n")));
  REQUIRE(reader.lines.size() == 2);
  CHECK(reader.lines[0].text == "other");
  CHECK(reader.lines[1].text == part + part + "end");
  CHECK(reader.lines[1].timestamp_ns == 1'500'000'000);
}

TEST_CASE("what ends without a line break is a line when another one begins, or at the end") {
  Reader reader;
  reader.feed(frame(1, timed(first, "cut")));
  CHECK(reader.lines.empty());
  reader.feed(frame(1, timed(second, "next\n")) + frame(2, timed(second, "last")));
  reader.stream.finish(reader.lines);
  CHECK(reader.seen() == Lines{"out 1500000000 cut", "out 2000000000 next", "err 2000000000 last"});
}

TEST_CASE("a terminal's lines come without frames") {
  Reader reader(LogStream::Form::terminal);
  reader.feed("1970-01-01T00:00:01Z on");
  reader.feed("e\r\nno time\r\n1970-01-01T00:00:02+01:00 two");
  reader.stream.finish(reader.lines);
  CHECK(reader.seen() == Lines{"out 1000000000 one", "out -3598000000000 two"});
  CHECK(reader.stream.left_out().without_timestamp == 1);
}

TEST_CASE("lines above a mebibyte are left out and counted, the next ones are not") {
  Reader reader(LogStream::Form::terminal);
  for (int i = 0; i < 40; ++i) reader.feed(std::string(64 << 10, 'y'));
  reader.feed("\n1970-01-01T00:00:01Z after\n");
  CHECK(reader.seen() == Lines{"out 1000000000 after"});
  CHECK(reader.stream.left_out().too_long == 1);
}

TEST_CASE("an error of the engine, or another kind of stream, ends it") {
  std::vector<LogLine> lines;
  CHECK(LogStream(LogStream::Form::frames).feed(frame(3, "broken"), lines).error().message() ==
        "error from daemon in stream: broken");
  CHECK(LogStream(LogStream::Form::frames).feed("HTTP/1.1", lines).error().message() ==
        "unrecognized stream: 72");
  CHECK(!LogStream(LogStream::Form::frames)
             .feed(std::string_view("\x01\0\0\0\x7f\xff\xff\xff", 8), lines)
             .has_value());
}

}  // namespace alloy::loki::source_docker
