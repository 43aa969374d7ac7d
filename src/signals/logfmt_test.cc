#include "signals/logfmt.h"

#include <doctest/doctest.h>

namespace alloy {
namespace {

std::string pairs_of(std::string_view text) {
  Scratch scratch;
  LogfmtReader reader(text, scratch);
  LogfmtReader::Pair pair;
  std::string out;
  while (reader.next(pair)) out += std::string(pair.key) + "=" + std::string(pair.value) + ";";
  return out + (reader.failed() ? "failed" : "");
}

TEST_CASE("logfmt has quoted values, keys without values, and blanks") {
  CHECK(pairs_of("a=1  b=\"x y\" c d= e=\"\"") == "a=1;b=x y;c=;d=;e=;");
  CHECK(pairs_of(R"(a="say \"hi\"\n\u00e9\ud83d\ude00")") == "a=say \"hi\"\né😀;");
  CHECK(pairs_of("a=1\nb=2") == "a=1;b=2;");
}

TEST_CASE("logfmt keeps what stands before a mistake") {
  CHECK(pairs_of("a=1 b=x\"y c=2") == "a=1;failed");
  CHECK(pairs_of("a=1 =2") == "a=1;failed");
  CHECK(pairs_of("a=\"open") == "failed");
  CHECK(pairs_of("a=\"two\nlines\"") == "failed");
  CHECK(pairs_of("a=1=2") == "failed");
}

}  // namespace
}  // namespace alloy
