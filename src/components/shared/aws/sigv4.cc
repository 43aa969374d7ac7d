// Signing requests for AWS
// (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
#include "components/shared/aws/sigv4.h"

#include <algorithm>
#include <map>
#include <vector>

#include "base/sha256.h"
#include "base/text.h"
#include "net/signing.h"

namespace alloy::aws {
namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::string canonical_query(const net::Url& url) {
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const auto& [name, value] : net::parse_query(url.query))
    parameters.emplace_back(escape(name), escape(value));
  std::ranges::sort(parameters);
  std::string out;
  for (const auto& [name, value] : parameters)
    out += fmt::format("{}{}={}", out.empty() ? "" : "&", name, value);
  return out;
}

// Names in lower case and in order, values without blanks around them.
std::map<std::string, std::string> covered_headers(const SignableRequest& request,
                                                   const net::Headers& added) {
  std::map<std::string, std::string> covered;
  covered["host"] = request.url.host;
  for (const net::Headers* headers : {&request.headers, &added}) {
    for (const net::Header& header : *headers) {
      std::string name = header.name;
      std::ranges::transform(name, name.begin(),
                             [](char c) { return static_cast<char>(std::tolower(c)); });
      covered[name] = trim(header.value);
    }
  }
  return covered;
}

}  // namespace

std::string escape(std::string_view text, std::string_view also_plain) {
  std::string out;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~' ||
                          also_plain.contains(c);
    if (is_plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

net::Headers sign(const SignableRequest& request, const Credentials& credentials, WallTime now) {
  const auto time = std::chrono::floor<std::chrono::seconds>(now);
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(time)};
  const std::chrono::hh_mm_ss clock{time - std::chrono::floor<std::chrono::days>(time)};
  const std::string date =
      fmt::format("{:04}{:02}{:02}", static_cast<int>(day.year()),
                  static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
  const std::string stamp = fmt::format("{}T{:02}{:02}{:02}Z", date, clock.hours().count(),
                                        clock.minutes().count(), clock.seconds().count());
  net::Headers added = {{"X-Amz-Date", stamp}};
  if (!credentials.session_token.empty())
    added.add("X-Amz-Security-Token", credentials.session_token);

  std::string header_lines;
  std::string names;
  for (const auto& [name, value] : covered_headers(request, added)) {
    header_lines += fmt::format("{}:{}\n", name, value);
    names += (names.empty() ? "" : ";") + name;
  }
  // The path is escaped once more than on the wire: only S3 is different.
  const std::string path = request.service == "s3" ? request.url.escaped_path()
                                                   : escape(request.url.escaped_path(), "/");
  const std::string canonical =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, path, canonical_query(request.url),
                  header_lines, names, sha256_hex(request.body));
  const std::string scope =
      fmt::format("{}/{}/{}/aws4_request", date, request.region, request.service);
  const std::string to_sign =
      fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", stamp, scope, sha256_hex(canonical));
  std::string key = "AWS4" + credentials.secret_key;
  for (const std::string_view part :
       {std::string_view(date), request.region, request.service, std::string_view("aws4_request")})
    key = net::hmac_sha256(key, part);
  added.add("Authorization",
            fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}",
                        credentials.access_key, scope, names, hex(net::hmac_sha256(key, to_sign))));
  return added;
}

}  // namespace alloy::aws
