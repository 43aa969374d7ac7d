#include "base/unicode.h"

#include <doctest/doctest.h>

namespace alloy {
namespace {

TEST_CASE("letters, digits and printable characters of all scripts are known") {
  CHECK(is_letter(U'z'));
  CHECK(is_letter(U'é'));
  CHECK(is_letter(U'名'));
  CHECK(!is_letter(U'_'));
  CHECK(!is_letter(U'´'));
  CHECK(is_digit(U'7'));
  CHECK(is_digit(U'٣'));
  CHECK(!is_digit(U'½'));
  CHECK(is_printable(U' '));
  CHECK(is_printable(U'½'));
  CHECK(!is_printable(U'\u00A0'));
  CHECK(!is_printable(U'\n'));
  CHECK(!is_printable(0xFFFFFFFF));
}

}  // namespace
}  // namespace alloy
