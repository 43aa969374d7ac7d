#include "services/http_router.h"

#include <algorithm>

#include "base/text.h"
#include "net/url.h"

namespace alloy {
namespace {

Task<net::ServerResponse> ready(net::ServerResponse response) { co_return response; }

net::ServerResponse redirect_to(std::string path, std::string_view query) {
  if (!query.empty()) path += "?" + std::string(query);
  net::ServerResponse response{.status = 301};
  response.headers.set("Location", std::move(path));
  return response;
}

}  // namespace

bool HttpRouter::Route::matches(std::string_view wanted) const {
  return is_prefix ? wanted.starts_with(path) : wanted == path;
}

bool HttpRouter::Route::allows(std::string_view method) const {
  return methods.empty() || std::ranges::find(methods, method) != methods.end();
}

void HttpRouter::add(std::string path, net::Handler handler, std::vector<std::string> methods) {
  routes_.push_back({std::move(path), false, std::move(methods), std::move(handler)});
}

void HttpRouter::add_prefix(std::string prefix, net::Handler handler) {
  routes_.push_back({std::move(prefix), true, {}, std::move(handler)});
}

Task<net::ServerResponse> HttpRouter::handle(net::ServerRequest request) const {
  if (auto clean = clean_path(request.path); clean != request.path)
    return ready(redirect_to(std::move(clean), request.query));
  for (const Route& route : routes_) {
    if (!route.matches(request.path)) continue;
    if (route.allows(request.method)) return route.handler(std::move(request));
    if (wrong_method_ == WrongMethod::refused) return ready({.status = 405});
  }
  return ready(page_not_found());
}

std::string clean_path(std::string_view path) {
  std::vector<std::string_view> parts;
  for (auto part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  std::string clean;
  for (auto part : parts) (clean += '/') += part;
  if (clean.empty() || path.ends_with('/')) clean += '/';
  return clean;
}

net::ServerResponse page_not_found() { return net::text_response(404, "404 page not found"); }

net::ServerResponse plain_text(int status, std::string text) {
  return {.status = status,
          .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
          .body = std::move(text)};
}

std::optional<std::string> query_parameter(std::string_view query, std::string_view name) {
  for (auto& [key, value] : net::parse_query(query))
    if (key == name) return std::move(value);
  return std::nullopt;
}

}  // namespace alloy
