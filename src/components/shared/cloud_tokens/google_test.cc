#include "components/shared/cloud_tokens/google.h"

#include <doctest/doctest.h>

namespace alloy::cloud_tokens {

TEST_CASE("an assertion for Google needs the account's key") {
  CHECK(sign_jwt("{}", "{}", "x").error().message() == "the private key can't be read");
}

}  // namespace alloy::cloud_tokens
