#include "net/authorization.h"

#include <fmt/format.h>

#include "net/tls_material.h"

namespace alloy::net {
namespace {

Result<std::string> secret(const std::string& text, const std::string& file,
                           std::string_view what) {
  if (file.empty()) return text;
  auto content = read_secret_file(file);
  if (!content) {
    return std::unexpected(
        std::move(content).error().with_context(fmt::format("unable to read {}", what)));
  }
  return content;
}

}  // namespace

std::string encode_base64(std::string_view bytes) {
  static constexpr char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < left ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (size_t k = 0; k < 4; ++k) out += k <= left ? digits[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

std::string basic_authorization(std::string_view user, std::string_view password) {
  return "Basic " + encode_base64(fmt::format("{}:{}", user, password));
}

Result<std::string> authorization_of(const BasicAuth& auth) {
  TRY(const std::string user, secret(auth.username, auth.username_file, "basic auth username"));
  TRY(const std::string password, secret(auth.password, auth.password_file, "basic auth password"));
  return basic_authorization(user, password);
}

Result<std::string> authorization_of(const Authorization& auth) {
  TRY(const std::string credentials,
      secret(auth.credentials, auth.credentials_file, "authorization credentials"));
  return fmt::format("{} {}", auth.type.empty() ? "Bearer" : auth.type, credentials);
}

}  // namespace alloy::net
