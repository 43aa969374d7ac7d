#include "net/signing.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace alloy::net {
namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

// Made for this test with openssl genrsa.
constexpr std::string_view key =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIICeAIBADANBgkqhkiG9w0BAQEFAASCAmIwggJeAgEAAoGBALnGtfitzFbHXqvW\n"
    "+sY0VCcMDGx9d7X1LR9sVzvbLUt3Kka0RQVWN3y86j94VbDLIARYj0hPldrBCBfH\n"
    "Pt2FKptJIT3LzdnUtzlRZtctwpAp+ob2BCJa3SxmOQl/taizBBKLHWrHAqVSnp0w\n"
    "DT1iDDiuqZRR2IWgVOmFIMm1adXzAgMBAAECgYEAh/iPsZ6LI6yydvVXAIDGYvnn\n"
    "kfRXDP+Q8iHayz2FLmnesHc62UgcPpkKnj/WABr7qRKkdFmDpeOIp9a2BW51GojZ\n"
    "g/ug8s5epF3Lw9Vo14xXfONY48IzuXk6pg4ldNZp9eLbmvy+z6tGq0ZYSRM1KQt/\n"
    "PThLRsFo47vqGQD5h6ECQQDqq0+ZexcAiB4oAQjaFFRH1d894UkCLmGzjqv63A+M\n"
    "9yRvushNCfR4lkcEfKEzB6oyTHpli5n1Za0ibcbF91RjAkEAyqmscEfp9/4u5qRJ\n"
    "yW1iXLfKLQSGCmhgijMegC7G4dFpBkJBgwz+8/J+oUJBXHuC/eFq8PT/n9tWuYXD\n"
    "yZxFMQJAFF/PR2oScy9ePuboF9cQAjSlbz/yEMhqHybR87PLfdevSCwVW+rzWMzj\n"
    "WZZggIe31SoirlJSiaXMRGL3kRSKNQJBAIrq0XvJn7RRNN7+QGHlK+Z4SQqgrizW\n"
    "LU6uCbs91TAXdlFG+1cUgnK/h1OMcfct5rWWXdK7bbmrBQB4k6NQDhECQQC63MMs\n"
    "Bnv59ajuBi1/GueNDxGTmbmEQXhqoPDcfxe4FnR9wggk0xn9zYTRlLNcF+Cehpvl\n"
    "hlU4Khd0zmXd4lj3\n"
    "-----END PRIVATE KEY-----\n";

}  // namespace

TEST_CASE("hashes with a key are those of RFC 4231") {
  CHECK(hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(sha1_hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
}

TEST_CASE("a private key signs as the openssl command does") {
  const auto signature = sign_rs256("text", key);
  REQUIRE(signature);
  CHECK(hex(*signature) ==
        "5260611c874644504fb346e9e1afe24da0063d4f1389bc2b82659806e8403554ba5596c41f8cf1b4"
        "eeac10ed51fab9e77dcec3f35e7a3f6d1761e6de225cc86c730847ceb55b0e9dfd52dbee086aedcb"
        "46a415410bc50a94b7ca13f820d6f802694444f1d8a9424bd44cf9d79f0cbe9b52a9d13761e62d92"
        "2f94c8b78e080e58");
  CHECK_FALSE(sign_rs256("text", "no key"));
}

}  // namespace alloy::net
