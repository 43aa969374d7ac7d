#include "net/url.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "net/url_escape.h"

namespace alloy::net {
namespace {

std::unexpected<Error> invalid(std::string message) {
  return fail(std::move(message), ErrorKind::invalid);
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Splits "scheme:rest" off; without a scheme everything is the rest.
Result<std::pair<std::string, std::string_view>> split_scheme(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_letter(c)) continue;
    if (is_digit(c) || c == '+' || c == '-' || c == '.') {
      if (i == 0) break;
      continue;
    }
    if (c != ':') break;
    if (i == 0) return invalid("missing protocol scheme");
    std::string scheme(text.substr(0, i));
    for (char& letter : scheme) {
      if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + 32);
    }
    return std::pair(std::move(scheme), text.substr(i + 1));
  }
  return std::pair(std::string(), text);
}

bool is_optional_port(std::string_view text) {
  if (text.empty()) return true;
  return text[0] == ':' && std::ranges::all_of(text.substr(1), is_digit);
}

Result<std::string> parse_host(std::string_view host) {
  std::string_view colon_port;
  if (host.starts_with('[')) {
    const size_t bracket = host.rfind(']');
    if (bracket == std::string_view::npos) return invalid("missing ']' in host");
    colon_port = host.substr(bracket + 1);
  } else if (const size_t colon = host.rfind(':'); colon != std::string_view::npos) {
    colon_port = host.substr(colon);
  }
  if (!is_optional_port(colon_port)) {
    return invalid(fmt::format("invalid port {} after host", quote(colon_port)));
  }
  return unescape_url_part(host, UrlPart::host);
}

Result<void> parse_authority(std::string_view authority, Url& url) {
  const size_t at = authority.rfind('@');
  if (at == std::string_view::npos) {
    TRY(url.host, parse_host(authority));
    return {};
  }
  TRY(url.host, parse_host(authority.substr(at + 1)));
  const std::string_view user_info = authority.substr(0, at);
  const bool valid = std::ranges::all_of(user_info, [](char c) {
    return is_letter(c) || is_digit(c) ||
           std::string_view("-._:~!$&'()*+,;=%@").find(c) != std::string_view::npos;
  });
  if (!valid) return invalid("net/url: invalid userinfo");
  const size_t colon = user_info.find(':');
  url.has_user = true;
  TRY(url.user, unescape_url_part(user_info.substr(0, colon), UrlPart::user));
  if (colon != std::string_view::npos) {
    TRY(url.password, unescape_url_part(user_info.substr(colon + 1), UrlPart::user));
  }
  return {};
}

Result<void> set_path(Url& url, std::string_view path) {
  TRY(url.path, unescape_url_part(path, UrlPart::path));
  if (path != escape_url_part(url.path, UrlPart::path)) url.raw_path = path;
  return {};
}

Result<Url> parse_without_fragment(std::string_view text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(text, is_control)) {
    return invalid("net/url: invalid control character in URL");
  }
  Url url;
  if (text == "*") {
    url.path = "*";
    return url;
  }
  TRY(auto split, split_scheme(text));
  url.scheme = std::move(split.first);
  std::string_view rest = split.second;
  if (const size_t mark = rest.find('?'); mark != std::string_view::npos) {
    url.has_query = true;
    url.query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  if (!rest.starts_with('/')) {
    if (!url.scheme.empty()) {
      url.opaque = rest;
      return url;
    }
    if (rest.substr(0, rest.find('/')).contains(':')) {
      return invalid("first path segment in URL cannot contain colon");
    }
  }
  if ((!url.scheme.empty() || !rest.starts_with("///")) && rest.starts_with("//")) {
    rest.remove_prefix(2);
    const size_t slash = rest.find('/');
    TRY(parse_authority(rest.substr(0, slash), url));
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  } else if (!url.scheme.empty() && rest.starts_with('/')) {
    url.omits_host = true;
  }
  TRY(set_path(url, rest));
  return url;
}

// RFC 3986, section 5.2.4, over the merged path of section 5.2.3.
std::string remove_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  bool ends_in_directory = false;
  size_t begin = path.starts_with('/') ? 1 : 0;
  while (begin <= path.size()) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    ends_in_directory = segment == "." || segment == "..";
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (segment != ".") {
      kept.push_back(segment);
    }
    begin = end + 1;
  }
  std::string out;
  for (const std::string_view segment : kept) {
    out += '/';
    out += segment;
  }
  if (ends_in_directory || out.empty()) out += '/';
  return out;
}

}  // namespace

std::string Url::host_name() const {
  std::string_view name = host;
  if (name.starts_with('[')) {
    const size_t bracket = name.rfind(']');
    return std::string(name.substr(1, bracket - 1));
  }
  return std::string(name.substr(0, name.rfind(':')));
}

std::string Url::port() const {
  const size_t colon = host.rfind(':');
  if (colon == std::string::npos || host.find(']', colon) != std::string::npos) return "";
  return host.substr(colon + 1);
}

std::string Url::escaped_path() const {
  if (!raw_path.empty() && is_escaped_path(raw_path)) {
    const auto decoded = unescape_url_part(raw_path, UrlPart::path);
    if (decoded && *decoded == path) return raw_path;
  }
  return path == "*" ? path : escape_url_part(path, UrlPart::path);
}

std::string Url::target() const {
  std::string out = opaque.empty() ? escaped_path() : opaque;
  if (out.empty()) out = "/";
  if (has_query) out += '?' + query;
  return out;
}

std::string Url::to_string() const {
  std::string out;
  if (!scheme.empty()) out += scheme + ':';
  if (!opaque.empty()) {
    out += opaque;
  } else {
    const bool may_have_authority = !scheme.empty() && !omits_host && !path.empty();
    if (!host.empty() || has_user || may_have_authority) {
      out += "//";
      if (has_user) {
        out += escape_url_part(user, UrlPart::user);
        if (password) out += ':' + escape_url_part(*password, UrlPart::user);
        out += '@';
      }
      out += escape_url_part(host, UrlPart::host);
    }
    const std::string escaped = escaped_path();
    if (!escaped.empty() && escaped[0] != '/' && !host.empty()) out += '/';
    if (out.empty() && escaped.substr(0, escaped.find('/')).contains(':')) out += "./";
    out += escaped;
  }
  if (has_query) out += '?' + query;
  if (!fragment.empty()) out += '#' + escape_url_part(fragment, UrlPart::fragment);
  return out;
}

std::string Url::redacted(std::string_view instead) const {
  if (!password) return to_string();
  Url copy = *this;
  copy.password.reset();
  copy.user.clear();
  std::string out = copy.to_string();
  const std::string secret = fmt::format("{}:{}", escape_url_part(user, UrlPart::user), instead);
  if (const size_t at = out.find('@'); at != std::string::npos) out.insert(at, secret);
  return out;
}

Result<Url> parse_url(std::string_view text) {
  const size_t hash = text.find('#');
  const std::string_view before = text.substr(0, hash);
  auto url = parse_without_fragment(before);
  if (!url) return std::unexpected(std::move(url).error().with_context("parse " + quote(before)));
  if (hash != std::string_view::npos) {
    auto fragment = unescape_url_part(text.substr(hash + 1), UrlPart::fragment);
    if (!fragment) {
      return std::unexpected(std::move(fragment).error().with_context("parse " + quote(text)));
    }
    url->fragment = *std::move(fragment);
  }
  return url;
}

Result<Url> resolve_url(const Url& base, std::string_view reference) {
  TRY(Url url, parse_url(reference));
  const bool has_authority = !url.host.empty() || url.has_user;
  if (!url.scheme.empty() || has_authority) {
    if (url.scheme.empty()) url.scheme = base.scheme;
    if (url.opaque.empty() && !url.path.empty()) {
      const std::string path = remove_dot_segments(url.escaped_path());
      url.raw_path.clear();
      TRY(set_path(url, path));
    }
    return url;
  }
  std::string path = url.escaped_path();
  if (path.empty()) {
    path = base.escaped_path();
    if (!url.has_query) {
      url.has_query = base.has_query;
      url.query = base.query;
      if (url.fragment.empty()) url.fragment = base.fragment;
    }
  } else if (!path.starts_with('/')) {
    const std::string base_path = base.escaped_path();
    path = base_path.substr(0, base_path.rfind('/') + 1) + path;
  }
  url.scheme = base.scheme;
  url.has_user = base.has_user;
  url.user = base.user;
  url.password = base.password;
  url.host = base.host;
  url.raw_path.clear();
  TRY(set_path(url, remove_dot_segments(path)));
  return url;
}

std::string escape_query(std::string_view text) { return escape_url_part(text, UrlPart::query); }

std::string escape_path_segment(std::string_view text) {
  return escape_url_part(text, UrlPart::path_segment);
}

Result<std::string> unescape_query(std::string_view text) {
  return unescape_url_part(text, UrlPart::query);
}

std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    const size_t ampersand = query.find('&');
    const std::string_view pair = query.substr(0, ampersand);
    query = ampersand == std::string_view::npos ? "" : query.substr(ampersand + 1);
    if (pair.empty() || pair.contains(';')) continue;
    const size_t equals = pair.find('=');
    auto key = unescape_query(pair.substr(0, equals));
    auto value = unescape_query(equals == std::string_view::npos ? std::string_view()
                                                                 : pair.substr(equals + 1));
    if (key && value) parameters.emplace_back(*std::move(key), *std::move(value));
  }
  return parameters;
}

std::string encode_query(const std::multimap<std::string, std::string>& parameters) {
  std::string out;
  for (const auto& [key, value] : parameters) {
    if (!out.empty()) out += '&';
    out += escape_query(key) + '=' + escape_query(value);
  }
  return out;
}

}  // namespace alloy::net
