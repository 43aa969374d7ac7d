// Signature Version 4 of AWS: which header fields prove who a request is from.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/http_message.h"
#include "net/url.h"

namespace alloy::aws {

struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  // Of credentials that expire.
};

// What is signed. `headers` are those that shall be covered besides Host and the date.
struct SignableRequest {
  std::string_view method;
  const net::Url& url;
  const net::Headers& headers;
  std::string_view body;
  std::string_view region;
  std::string_view service;  // "ec2", "aps"
};

// Escapes all but what RFC 3986 calls unreserved, and these.
std::string escape(std::string_view text, std::string_view also_plain = {});

// X-Amz-Date, Authorization and, where the credentials have a token, X-Amz-Security-Token.
net::Headers sign(const SignableRequest& request, const Credentials& credentials, WallTime now);

}  // namespace alloy::aws
