#include "base/sha256.h"

#include <string>

#include <doctest/doctest.h>

namespace alloy {

TEST_CASE("digests are those of FIPS 180-4") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex("b") == "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d");
}

TEST_CASE("the way content is split does not matter") {
  const std::string text(200, 'x');
  Sha256 hash;
  for (size_t i = 0; i < text.size(); i += 7) hash.add(std::string_view(text).substr(i, 7));
  CHECK(hash.hex() == sha256_hex(text));
}

}  // namespace alloy
