#include "components/loki/source_syslog/splitter.h"

#include <vector>

#include <doctest/doctest.h>

namespace alloy::loki::source_syslog {
namespace {

using Messages = std::vector<std::string>;

// Everything that comes out when the stream arrives in pieces of this size.
Messages split(std::string_view stream, size_t piece, Splitter::Options options = {}) {
  Splitter splitter(options);
  Messages messages;
  const auto take = [&] {
    while (const auto message = splitter.next()) messages.emplace_back(*message);
  };
  for (size_t at = 0; at < stream.size(); at += piece) {
    splitter.add(stream.substr(at, piece));
    take();
  }
  splitter.finish();
  take();
  if (!splitter.error().empty()) messages.push_back("error");
  return messages;
}

}  // namespace

TEST_CASE("lines are split, whatever the pieces they come in") {
  for (size_t piece = 1; piece < 20; ++piece) {
    CAPTURE(piece);
    CHECK(split("<1>one\n<2>two\n<3>three", piece) == Messages{"<1>one", "<2>two", "<3>three"});
  }
  CHECK(split("", 1).empty());
}

TEST_CASE("a line that begins no message belongs to the one before, if it is there already") {
  CHECK(split("<1>one\n  more\n<2>two\n", 100) == Messages{"<1>one\n  more", "<2>two"});
  CHECK(split("<1>one\n  more", 100) == Messages{"<1>one", "  more"});
  CHECK(split("junk\n<1>one\n", 100) == Messages{"junk", "<1>one"});
}

TEST_CASE("messages that say their length may hold anything") {
  for (size_t piece = 1; piece < 20; ++piece) {
    CAPTURE(piece);
    CHECK(split("8 <1>a\nb c5 <2>d\n\n4 <3>e", piece) == Messages{"<1>a\nb c", "<2>d\n", "<3>e"});
  }
}

TEST_CASE("a stream of messages with lengths ends at the first that can't be right") {
  CHECK(split("4 <1>axx", 100) == Messages{"<1>a", "error"});
  CHECK(split("4 <1>a9 <2>b", 100) == Messages{"<1>a", "error"});
  CHECK(split("4 <1>a99 <2>b", 100, {.length_max = 50}) == Messages{"<1>a", "error"});
  CHECK(split("4 <1>a9", 100) == Messages{"<1>a", "error"});
}

TEST_CASE("raw streams mix lines and messages that say their length") {
  CHECK(split("CEF:0\n3 a\nb\n2024-01-01 x\n", 100, {.is_raw = true}) ==
        Messages{"CEF:0", "a\nb", "2024-01-01 x"});
  CHECK(split(std::string_view("a\nb\0c\0", 6), 1, {.is_raw = true, .delimiter = '\0'}) ==
        Messages{std::string("a\nb\0", 4), std::string("c\0", 2)});
}

TEST_CASE("a line without an end does not grow for ever") {
  Splitter splitter({});
  size_t total = 0;
  for (int i = 0; i < 4000; ++i) {
    splitter.add("<1>" + std::string(1021, 'x'));
    while (const auto message = splitter.next()) total += message->size();
  }
  CHECK(total >= size_t{3} << 20);
}

}  // namespace alloy::loki::source_syslog
