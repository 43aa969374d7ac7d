#include "components/loki/shared/pod_tail/pod_log_reader.h"

#include <doctest/doctest.h>

namespace alloy::loki {
namespace {

constexpr int64_t now = 2'000'000'000'000'000'000;
using enum PodLogReader::Part;

std::vector<std::string> read(PodLogReader& reader, std::string_view text,
                              PodLogReader::Part part = last) {
  std::vector<PodLogLine> lines;
  reader.read(text, part, now, lines);
  std::vector<std::string> texts;
  for (const PodLogLine& line : lines) texts.emplace_back(line.text);
  return texts;
}

}  // namespace

TEST_CASE("a log's lines lose their time and keep their line break") {
  PodLogReader reader({});
  CHECK(read(reader, "2024-01-01T00:00:01Z a b\n2024-01-01T00:00:02.5Z \n2024-01-01T00:00:03Z c") ==
        std::vector<std::string>{"a b\n", "\n", "c"});
  CHECK(reader.position() ==
        PodLogPosition{.last_ns = 1'704'067'203'000'000'000, .lines_at_last = 1});
}

TEST_CASE("an incomplete line waits for its rest") {
  PodLogReader reader({});
  std::vector<PodLogLine> lines;
  const std::string_view text = "2024-01-01T00:00:01Z a\n2024-01-01T00:0";
  CHECK(reader.read(text, more_to_come, now, lines) == text.find("2024", 5));
  CHECK(lines.size() == 1);
}

TEST_CASE("lines older than those before them are dropped and counted") {
  PodLogReader reader({});
  CHECK(read(reader, "2024-01-01T00:00:02Z a\n2024-01-01T00:00:01Z b\n2024-01-01T00:00:02Z c\n") ==
        std::vector<std::string>{"a\n", "c\n"});
  CHECK(reader.take_dropped() == 1);
  CHECK(reader.take_dropped() == 0);
}

TEST_CASE("a line without a time is of now, and what is older comes too late") {
  PodLogReader reader({});
  CHECK(read(reader, "no time\n2024-01-01T00:00:01Z b\n") == std::vector<std::string>{"no time\n"});
}

TEST_CASE("after a new connection nothing comes twice, not even of lines with one time") {
  PodLogReader first({});
  const std::string text =
      "2024-01-01T00:00:01.1Z a\n2024-01-01T00:00:01.2Z b\n2024-01-01T00:00:01.2Z c\n";
  CHECK(read(first, text).size() == 3);
  PodLogReader second(first.position());
  CHECK(read(second, text + "2024-01-01T00:00:01.2Z d\n2024-01-01T00:00:01.3Z e\n") ==
        std::vector<std::string>{"d\n", "e\n"});
  CHECK(second.take_dropped() == 0);
  CHECK(parse_exact_position(format_exact_position(second.position())) == second.position());
}

TEST_CASE("a line without end comes in pieces, all with its time") {
  PodLogReader reader({});
  std::vector<PodLogLine> lines;
  const std::string text = "2024-01-01T00:00:01Z " + std::string(2 << 20, 'x');
  CHECK(reader.read(text, more_to_come, now, lines) == text.size());
  CHECK(reader.read("2030-01-01T00:00:00Z y\n", more_to_come, now, lines) == 23);
  REQUIRE(lines.size() == 2);
  CHECK(lines[1].timestamp_ns == lines[0].timestamp_ns);
  CHECK(lines[1].text == "2030-01-01T00:00:00Z y\n");
}

TEST_CASE("positions that are none are refused") {
  for (const char* text : {"", "1", "1+", "+1", "1+x", "1+2x"})
    CHECK_FALSE(parse_exact_position(text));
}

}  // namespace alloy::loki
