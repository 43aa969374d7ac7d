#include "components/prometheus/exporter_blackbox/cookie_jar.h"

#include <algorithm>

#include "base/text.h"

namespace alloy::prometheus::exporter_blackbox {
namespace {

constexpr size_t cookies_max = 50;

bool is_domain_match(std::string_view host, std::string_view domain, bool is_for_subdomains) {
  if (net::equals_ignoring_case(host, domain)) return true;
  return is_for_subdomains && host.size() > domain.size() &&
         host[host.size() - domain.size() - 1] == '.' &&
         net::equals_ignoring_case(host.substr(host.size() - domain.size()), domain);
}

bool is_path_match(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return false;
  return path.size() == prefix.size() || prefix.ends_with('/') || path[prefix.size()] == '/';
}

// The folder of a path: what a cookie is for when it doesn't say.
std::string folder_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos || slash == 0 ? "/" : std::string(path.substr(0, slash));
}

}  // namespace

void CookieJar::take(const net::Url& url, const net::Headers& answer) {
  for (const net::Header& field : answer) {
    if (!net::equals_ignoring_case(field.name, "Set-Cookie")) continue;
    const auto parts = split(field.value, ';');
    const size_t equals = parts.front().find('=');
    if (equals == std::string_view::npos || cookies_.size() >= cookies_max) continue;
    Cookie cookie{.name = std::string(trim(parts.front().substr(0, equals))),
                  .value = std::string(trim(parts.front().substr(equals + 1))),
                  .domain = url.host_name(),
                  .path = folder_of(url.escaped_path())};
    bool is_ours = !cookie.name.empty();
    bool is_gone = false;
    for (size_t i = 1; i < parts.size(); ++i) {
      const size_t at = parts[i].find('=');
      const std::string_view key = trim(parts[i].substr(0, at));
      std::string_view value;
      if (at != parts[i].npos) value = trim(parts[i].substr(at + 1));
      if (net::equals_ignoring_case(key, "Domain") && !value.empty()) {
        if (value.starts_with('.')) value.remove_prefix(1);
        // Not for a whole top-level domain.
        is_ours = is_ours && (value.contains('.') || value == cookie.domain) &&
                  is_domain_match(cookie.domain, value, true);
        cookie.is_for_subdomains = true;
        cookie.domain = value;
      }
      if (net::equals_ignoring_case(key, "Path") && value.starts_with('/')) cookie.path = value;
      if (net::equals_ignoring_case(key, "Secure")) cookie.is_secure = true;
      if (net::equals_ignoring_case(key, "Max-Age"))
        is_gone = value.starts_with('-') || value == "0";
    }
    if (!is_ours) continue;
    std::erase_if(cookies_, [&](const Cookie& other) {
      return other.name == cookie.name && other.domain == cookie.domain &&
             other.path == cookie.path;
    });
    if (!is_gone) cookies_.push_back(std::move(cookie));
  }
}

std::string CookieJar::give(const net::Url& url) const {
  std::string out;
  for (const Cookie& cookie : cookies_) {
    if (!is_domain_match(url.host_name(), cookie.domain, cookie.is_for_subdomains)) continue;
    if (!is_path_match(url.escaped_path(), cookie.path)) continue;
    if (cookie.is_secure && url.scheme != "https") continue;
    if (!out.empty()) out += "; ";
    out += cookie.name + "=" + cookie.value;
  }
  return out;
}

}  // namespace alloy::prometheus::exporter_blackbox
