#include "components/loki/source_file/text_encoding.h"

#include <doctest/doctest.h>

namespace alloy::loki::source_file {
namespace {

using namespace std::string_view_literals;

std::string decode(const std::string& encoding, std::string_view line) {
  auto found = TextEncoding::find(encoding);
  REQUIRE(found);
  std::string out;
  found->append_decoded(out, line);
  return out;
}

}  // namespace

TEST_CASE("lines of other encodings become UTF-8") {
  CHECK(decode("", "a\xff\r") == "a\xff");
  CHECK(decode("utf-8", "ä") == "ä");
  CHECK(decode("windows-1252", "\xe4\x80\r") == "ä€");
  CHECK(decode("ISO-8859-1", "\xe4") == "ä");
  CHECK(decode("UTF-16LE", "\xe4\0\x3d\xd8\0\xde\r\0"sv) == "ä😀");
  CHECK(decode("UTF-16BE", "\0\xe4"sv) == "ä");
  CHECK(decode("utf-16", "\0\xe4"sv) == "ä");
  CHECK(decode("Shift_JIS", "\x83\x65") == "テ");
}

TEST_CASE("what is no text in an encoding is replaced, not lost") {
  CHECK(decode("UTF-16LE",
               "a\0\0\xdc"
               "b\0"sv) ==
        "a\xef\xbf\xbd"
        "b");
  CHECK(decode("UTF-16LE", "a\0b"sv) == "a\xef\xbf\xbd");
  CHECK(decode("US-ASCII", "a\xffz") == "a\xef\xbf\xbdz");
}

TEST_CASE("the newline of two bytes is looked for between characters only") {
  auto encoding = TextEncoding::find("UTF-16LE");
  REQUIRE(encoding);
  // U+0A00 and U+0061 side by side contain the bytes of a newline.
  CHECK(encoding->find_newline("a\0\0\x0a\0\x61\x0a\0"sv) == 6);
  CHECK(encoding->find_newline("\0\x0a\0\0"sv) == std::string_view::npos);
  CHECK(encoding->end_of_last_line("\x0a\0\0\x0a\0\0"sv) == 2);
  CHECK(TextEncoding::find("")->end_of_last_line("a\nb\nc") == 4);
  CHECK(TextEncoding::find("")->end_of_last_line("abc") == 0);
}

TEST_CASE("unknown encodings are refused, and so are iconv's own options") {
  CHECK(TextEncoding::find("klingon").error().message() == "unknown encoding \"klingon\"");
  CHECK_FALSE(TextEncoding::find("UTF-16LE//IGNORE"));
}

TEST_CASE("byte order marks say how a file is encoded") {
  CHECK(find_byte_order_mark("\xef\xbb\xbfx").encoding == "UTF-8");
  CHECK(find_byte_order_mark("\xff\xfex\0"sv).encoding == "UTF-16LE");
  CHECK(find_byte_order_mark("\xfe\xff").size == 2);
  CHECK(find_byte_order_mark("\xff\xfe\0\0"sv).encoding == "UTF-32LE");
  CHECK(find_byte_order_mark("x").size == 0);
}

}  // namespace alloy::loki::source_file
