// How requests to OVHcloud's API are signed.
#pragma once

#include <string>
#include <string_view>

namespace alloy::discovery::ovhcloud {

struct SignedRequest {
  std::string_view application_secret;
  std::string_view consumer_key;
  std::string_view method;
  std::string_view url;
  std::string_view body;
  std::string_view timestamp;
};

// "$1$" and the SHA-1 of its parts joined by "+", in hexadecimal.
std::string signature_of(const SignedRequest& request);

}  // namespace alloy::discovery::ovhcloud
