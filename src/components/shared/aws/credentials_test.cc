#include "components/shared/aws/credentials.h"

#include <doctest/doctest.h>

namespace alloy::aws {

TEST_CASE("a profile is found among others") {
  constexpr std::string_view text =
      "[default]\naws_access_key_id = a\n; comment\n\n[ profile x ]\n"
      "aws_access_key_id=AK\naws_secret_access_key = S=K\n[other]\nregion = r\n";
  const auto found = find_profile(text, "profile x");
  REQUIRE(found);
  REQUIRE(found->size() == 2);
  CHECK((*found)[0] == std::pair<std::string, std::string>("aws_access_key_id", "AK"));
  CHECK((*found)[1] == std::pair<std::string, std::string>("aws_secret_access_key", "S=K"));
  CHECK_FALSE(find_profile(text, "y"));
}

TEST_CASE("credentials that are given are used as they are") {
  Executor executor(1);
  ManualClock clock;
  auto source = CredentialSource::create({.access_key = "a", .secret_key = "s", .region = "r"},
                                         executor, clock);
  REQUIRE(source);
  struct Run {
    static Task<> into(CredentialSource* source, Result<Credentials>* out) {
      *out = co_await source->get(StopToken{});
    }
  };
  Result<Credentials> got = fail("not run");
  executor.run(Run::into(source->get(), &got));
  REQUIRE(got);
  CHECK(got->access_key == "a");
  CHECK(got->secret_key == "s");
}

}  // namespace alloy::aws
