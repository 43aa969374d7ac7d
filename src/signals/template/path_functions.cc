// Functions over paths, URLs and the environment.
#include <cstdlib>

#include "signals/go_strings.h"
#include "signals/template/functions.h"

namespace alloy::go_template {
namespace {

bool give(std::string text, Value& out) {
  out = Value::text(std::move(text));
  return true;
}

// As path.Clean.
std::string cleaned(std::string_view path) {
  const bool is_absolute = path.starts_with('/');
  std::vector<std::string_view> parts;
  for (const std::string_view part : split_text(path, "/", -1)) {
    if (part.empty() || part == ".") continue;
    if (part == ".." && !parts.empty() && parts.back() != "..")
      parts.pop_back();
    else if (part != ".." || !is_absolute)
      parts.push_back(part);
  }
  std::string text = is_absolute ? "/" : "";
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += '/';
    text += parts[i];
  }
  return text.empty() ? "." : text;
}

bool base(Arguments in, Value& out, Failure&) {
  std::string_view path = in[0].as_text();
  if (path.empty()) return give(".", out);
  while (path.ends_with('/')) path.remove_suffix(1);
  path.remove_prefix(path.rfind('/') + 1);
  return give(path.empty() ? "/" : std::string(path), out);
}
bool dir(Arguments in, Value& out, Failure&) {
  const std::string_view path = in[0].as_text();
  return give(cleaned(path.substr(0, path.rfind('/') + 1)), out);
}
bool clean(Arguments in, Value& out, Failure&) { return give(cleaned(in[0].as_text()), out); }
bool ext(Arguments in, Value& out, Failure&) {
  const std::string& path = in[0].as_text();
  const size_t dot = path.find_last_of("./");
  return give(dot == std::string::npos || path[dot] == '/' ? "" : path.substr(dot), out);
}
bool is_absolute(Arguments in, Value& out, Failure&) {
  out = Value::boolean(in[0].as_text().starts_with('/'));
  return true;
}

bool environment(Arguments in, Value& out, Failure&) {
  const char* value = std::getenv(in[0].as_text().c_str());
  return give(value == nullptr ? "" : value, out);
}

bool expand_environment(Arguments in, Value& out, Failure&) {
  std::string text;
  std::string_view rest = in[0].as_text();
  const auto is_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  while (!rest.empty()) {
    if (rest[0] != '$' || rest.size() == 1) {
      text += rest[0];
      rest.remove_prefix(1);
      continue;
    }
    rest.remove_prefix(1);
    size_t size = 0;
    std::string name;
    if (rest[0] == '{') {
      size = rest.find('}');
      if (size == std::string_view::npos) break;
      name = rest.substr(1, size - 1);
      ++size;
    } else {
      while (size < rest.size() && is_name(rest[size])) ++size;
      name = rest.substr(0, size);
    }
    rest.remove_prefix(size);
    if (const char* value = std::getenv(name.c_str())) text += value;
  }
  return give(std::move(text), out);
}

std::string unescaped(std::string_view text) {
  std::string out;
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = static_cast<char>(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_escape =
        text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
    out += is_escape ? static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])) : text[i];
    if (is_escape) i += 2;
  }
  return out;
}

bool url_parse(Arguments in, Value& out, Failure&) {
  Map parts;
  std::string_view rest = in[0].as_text();
  const auto put = [&](const char* name, std::string value) {
    parts[name] = Value::text(std::move(value));
  };
  for (const char* name :
       {"scheme", "host", "hostname", "path", "query", "opaque", "fragment", "userinfo"}) {
    put(name, "");
  }
  if (const size_t place = rest.find('#'); place != std::string_view::npos) {
    put("fragment", unescaped(rest.substr(place + 1)));
    rest = rest.substr(0, place);
  }
  const size_t colon = rest.find_first_of(":/?");
  const bool has_scheme = colon != std::string_view::npos && colon > 0 && rest[colon] == ':';
  if (has_scheme) {
    put("scheme", to_lower(rest.substr(0, colon)));
    rest.remove_prefix(colon + 1);
  }
  if (const size_t place = rest.find('?'); place != std::string_view::npos) {
    put("query", std::string(rest.substr(place + 1)));
    rest = rest.substr(0, place);
  }
  if (has_scheme && !rest.starts_with('/')) {
    put("opaque", std::string(rest));
    rest = {};
  }
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    const size_t end = std::min(rest.find('/'), rest.size());
    std::string_view host = rest.substr(0, end);
    rest.remove_prefix(end);
    if (const size_t at = host.rfind('@'); at != std::string_view::npos) {
      put("userinfo", std::string(host.substr(0, at)));
      host.remove_prefix(at + 1);
    }
    put("host", std::string(host));
    if (host.starts_with('['))
      host = host.substr(1, host.find(']') - 1);
    else
      host = host.substr(0, host.rfind(':'));
    put("hostname", std::string(host));
  }
  put("path", unescaped(rest));
  out = Value::map(std::move(parts));
  return true;
}

bool url_join(Arguments in, Value& out, Failure& failure) {
  const Value map = in[0].whole();
  std::string wrong;
  const auto part = [&](const char* name) -> std::string {
    const auto found = map.as_map().find(name);
    if (found == map.as_map().end()) return {};
    if (found->second.is_text()) return found->second.as_text();
    wrong = "unable to parse " + std::string(name) + " key, must be of type string, but " +
            found->second.kind_name() + " found";
    return {};
  };
  std::string url;
  if (const std::string scheme = part("scheme"); !scheme.empty()) url += scheme + ":";
  const std::string host = part("host");
  const std::string user = part("userinfo");
  const std::string path = part("path");
  if (const std::string opaque = part("opaque"); !opaque.empty()) {
    url += opaque;
  } else {
    if (!host.empty() || !user.empty()) url += "//" + (user.empty() ? "" : user + "@") + host;
    if (!path.empty() && path[0] != '/' && !host.empty()) url += '/';
    url += replace_text(path, " ", "%20", -1);
  }
  if (const std::string query = part("query"); !query.empty()) url += "?" + query;
  if (const std::string fragment = part("fragment"); !fragment.empty()) url += "#" + fragment;
  if (!wrong.empty()) return failure(wrong);
  return give(std::move(url), out);
}

}  // namespace

const Function path_functions[] = {
    {"base", "s", base},
    {"clean", "s", clean},
    {"dir", "s", dir},
    {"env", "s", environment},
    {"expandenv", "s", expand_environment},
    {"ext", "s", ext},
    {"isAbs", "s", is_absolute},
    {"osBase", "s", base},
    {"osClean", "s", clean},
    {"osDir", "s", dir},
    {"osExt", "s", ext},
    {"osIsAbs", "s", is_absolute},
    {"urlJoin", "m", url_join},
    {"urlParse", "s", url_parse},
    {},
};

}  // namespace alloy::go_template
