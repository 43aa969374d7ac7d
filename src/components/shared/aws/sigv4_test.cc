#include "components/shared/aws/sigv4.h"

#include <doctest/doctest.h>

namespace alloy::aws {

// The example of AWS's own documentation and test suite (get-vanilla-query-order, iam ListUsers).
TEST_CASE("requests are signed as AWS's examples say") {
  const auto url = net::parse_url("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08");
  REQUIRE(url);
  const net::Headers headers = {
      {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  const Credentials credentials{.access_key = "AKIDEXAMPLE",
                                .secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                                .session_token = ""};
  const WallTime now{std::chrono::seconds(1440938160)};  // 2015-08-30T12:36:00Z
  const net::Headers added = sign({.method = "GET",
                                   .url = *url,
                                   .headers = headers,
                                   .body = "",
                                   .region = "us-east-1",
                                   .service = "iam"},
                                  credentials, now);
  CHECK(added.get("X-Amz-Date") == "20150830T123600Z");
  CHECK(added.get("Authorization") ==
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

TEST_CASE("a session token is sent and signed") {
  const auto url = net::parse_url("https://ec2.amazonaws.com/");
  const net::Headers added = sign(
      {.method = "POST", .url = *url, .headers = {}, .body = "x", .region = "r", .service = "s"},
      {.access_key = "a", .secret_key = "b", .session_token = "t"}, WallTime{});
  CHECK(added.get("X-Amz-Security-Token") == "t");
  CHECK(added.get("Authorization").find("host;x-amz-date;x-amz-security-token") !=
        std::string_view::npos);
}

// An example of the documentation of S3 ("GET Object").
TEST_CASE("paths of S3 are signed as they are on the wire") {
  const auto url = net::parse_url("https://examplebucket.s3.amazonaws.com/test.txt");
  const net::Headers headers = {
      {"Range", "bytes=0-9"},
      {"x-amz-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}};
  const net::Headers added = sign({.method = "GET",
                                   .url = *url,
                                   .headers = headers,
                                   .body = "",
                                   .region = "us-east-1",
                                   .service = "s3"},
                                  {.access_key = "AKIAIOSFODNN7EXAMPLE",
                                   .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                                   .session_token = ""},
                                  WallTime{std::chrono::seconds(1369353600)});
  CHECK(added.get("Authorization")
            .ends_with("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));
}

}  // namespace alloy::aws
