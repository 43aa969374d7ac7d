#include <doctest/doctest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/text.h"
#include "components/discovery/gce/google_token.h"
#include "components/discovery/gce/instances.h"
#include "values/stdlib/base64.h"

namespace alloy::discovery::gce {
namespace {

std::string decoded(std::string text) {
  while (text.size() % 4 != 0) text += '=';
  return stdlib::decode_base64(text, stdlib::Base64Alphabet::url).value_or("bad");
}

}  // namespace

TEST_CASE("an assertion for Google is signed with the account's key") {
  EVP_PKEY* key = EVP_RSA_gen(2048);
  REQUIRE(key != nullptr);
  BIO* file = BIO_new(BIO_s_mem());
  REQUIRE(PEM_write_bio_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(file, &data);
  const std::string pem(data, static_cast<size_t>(size));
  BIO_free(file);
  const auto signed_text = sign_assertion({.account = "a@p",
                                           .key_pem = pem,
                                           .token_url = "https://t",
                                           .scope = "s",
                                           .issued_seconds = 100});
  REQUIRE(signed_text);
  const auto parts = split(*signed_text, '.');
  REQUIRE(parts.size() == 3);
  CHECK(decoded(std::string(parts[1])) ==
        R"({"iss":"a@p","scope":"s","aud":"https://t","iat":100,"exp":3700})");
  const std::string covered = std::string(parts[0]) + "." + std::string(parts[1]);
  const std::string signature = decoded(std::string(parts[2]));
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  REQUIRE(EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key) == 1);
  CHECK(EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature.data()),
                         signature.size(), reinterpret_cast<const unsigned char*>(covered.data()),
                         covered.size()) == 1);
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  CHECK_FALSE(sign_assertion({.account = "a", .key_pem = "x", .token_url = "", .scope = ""}));
}

TEST_CASE("a page of GCE instances becomes targets") {
  const auto page = JsonDocument::parse(R"({"items":[{"id":"7","name":"vm","zone":"z",
    "status":"RUNNING","machineType":"m","tags":{"items":["a"]},"labels":{"l-1":"v"},
    "metadata":{"items":[{"key":"k","value":"w"},{"key":"none"}]},
    "networkInterfaces":[{"name":"nic0","network":"n","subnetwork":"s","networkIP":"10.0.0.1",
      "accessConfigs":[{"type":"ONE_TO_ONE_NAT","natIP":"1.2.3.4"}]}]},{"name":"offline"}]})");
  REQUIRE(page);
  const auto targets =
      instance_targets(page->root(), {.project = "p", .port = 80, .tag_separator = ","});
  REQUIRE(targets.size() == 1);
  CHECK(targets[0].describe() ==
        R"({__address__="10.0.0.1:80", __meta_gce_instance_id="7", )"
        R"(__meta_gce_instance_name="vm", __meta_gce_instance_status="RUNNING", )"
        R"(__meta_gce_interface_ipv4_nic0="10.0.0.1", __meta_gce_label_l_1="v", )"
        R"(__meta_gce_machine_type="m", __meta_gce_metadata_k="w", __meta_gce_network="n", )"
        R"(__meta_gce_private_ip="10.0.0.1", __meta_gce_project="p", )"
        R"(__meta_gce_public_ip="1.2.3.4", __meta_gce_subnetwork="s", __meta_gce_tags=",a,", )"
        R"(__meta_gce_zone="z"})");
}

}  // namespace alloy::discovery::gce
