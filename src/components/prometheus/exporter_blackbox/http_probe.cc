// The http prober: one request with its redirects, timed by phase, and what its answer must be.
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time_layout.h"
#include "components/prometheus/exporter_blackbox/cookie_jar.h"
#include "components/prometheus/exporter_blackbox/probe.h"
#include "net/content_decoder.h"
#include "net/exchange_trace.h"
#include "net/tls_material.h"
#include "net/url.h"

namespace alloy::prometheus::exporter_blackbox {
namespace {

constexpr std::string_view durations = "probe_http_duration_seconds";
constexpr int redirects_max = 10;
// A body that expressions are to look at is kept; this is how much of it can be.
constexpr size_t kept_bytes_max = 512 << 20;

// The body as it comes: decoded, counted, and kept if somebody wants to look at it.
class Body {
 public:
  explicit Body(const HttpModule& http)
      : is_kept_(!http.fail_if_body_matches.empty() || !http.fail_if_body_not_matches.empty()),
        size_max_(http.body_size_limit > 0 ? http.body_size_limit : UINT64_MAX),
        sink_([this](std::string_view piece) { return keep(piece); }, http.body_size_limit > 0
                                                                          ? http.body_size_limit
                                                                      : is_kept_ ? kept_bytes_max
                                                                                 : 0) {
    if (http.compression == "gzip") decoder_ = net::make_gzip_decoder();
    if (http.compression == "deflate") decoder_ = net::make_deflate_decoder();
  }
  Result<> take(std::string_view piece) {
    return decoder_ ? decoder_->decode(piece, sink_) : sink_.write(piece);
  }
  Result<> finish() { return decoder_ ? decoder_->finish() : Result<>(); }
  const std::string& text() const { return text_; }
  // As far as the limit.
  uint64_t size() const { return std::min(sink_.size(), size_max_); }

 private:
  Result<> keep(std::string_view piece) {
    if (is_kept_) text_ += piece;
    return {};
  }

  bool is_kept_;
  uint64_t size_max_;
  std::string text_;
  net::BodySink sink_;
  std::unique_ptr<net::ContentDecoder> decoder_;
};

// One request of the chain, and what came of it.
struct Hop {
  net::Url url;
  std::string method;
  std::string_view body;
  std::string address;  // To connect to; empty: whatever the name says.
  bool is_first_host = true;
  net::ExchangeTrace trace;
  std::optional<net::Response> head;
  std::optional<Error> problem;
};

class HttpProbe {
 public:
  explicit HttpProbe(Probe& probe) : probe_(probe), http_(probe.module->http) {}
  Task<bool> run();

 private:
  Task<bool> prepare();
  Result<std::shared_ptr<net::HttpClient>> client(const Hop& hop) const;
  net::Headers headers(const Hop& hop) const;
  Task<> ask();
  // Whether there is another hop to make; it is hop_ then.
  bool follow();
  bool is_success();
  bool is_status_valid() const;
  bool are_headers_valid() const;
  bool is_body_valid() const;
  void tell_phases(bool is_last);
  void tell_answer();

  Probe& probe_;
  const HttpModule& http_;
  std::string body_text_;
  Hop hop_;
  std::unique_ptr<Body> body_;
  CookieJar cookies_;
  std::string first_host_;
  std::string referer_;
  int redirects_ = 0;
  size_t round_ = 0;
  bool stays_ = false;  // A redirect that was not followed: its body is not read.
};

bool is_redirect(const net::Response& response) {
  const int status = response.status;
  return (status == 301 || status == 302 || status == 303 || status == 307 || status == 308) &&
         response.headers.contains("Location");
}

std::string given_host(const HttpModule& http, const Probe& probe) {
  for (const auto& [name, value] : http.headers)
    if (net::equals_ignoring_case(name, "Host")) return value;
  return probe.hostname;
}

Result<std::shared_ptr<net::HttpClient>> HttpProbe::client(const Hop& hop) const {
  net::HttpClientOptions options = http_.client;
  // Whom to ask for where the URL's host is an address; for no other host than the first.
  if (!hop.is_first_host) {
    options.tls.server_name.clear();
  } else if (options.tls.server_name.empty()) {
    options.tls.server_name = given_host(http_, probe_);
  }
  const std::string key =
      fmt::format("{}\n{}\n{}", probe_.module_name, options.tls.server_name, hop.is_first_host);
  return probe_.clients->get(key, options);
}

net::Headers HttpProbe::headers(const Hop& hop) const {
  net::Headers headers;
  for (const auto& [name, value] : http_.headers)
    if (!net::equals_ignoring_case(name, "Host")) headers.set(name, value);
  if (!headers.contains("User-Agent")) headers.set("User-Agent", probe_.user_agent);
  const std::string host = given_host(http_, probe_);
  if (!host.empty() && hop.is_first_host) headers.set("Host", host);
  for (const auto& [name, path] : http_.header_files)
    if (const auto value = net::read_secret_file(path)) headers.add(name, *value);
  if (!hop.is_first_host) {
    for (const char* name : {"Authorization", "Cookie", "Www-Authenticate"}) headers.remove(name);
  }
  if (const std::string cookies = cookies_.give(hop.url); !cookies.empty())
    headers.set("Cookie", cookies);
  if (!referer_.empty() && !headers.contains("Referer")) headers.set("Referer", referer_);
  return headers;
}

Task<bool> HttpProbe::prepare() {
  for (const char* phase : {"resolve", "connect", "tls", "processing", "transfer"})
    probe_.add_phase(durations, phase, {});
  for (const char* name : {"probe_http_content_length", "probe_http_uncompressed_body_length",
                           "probe_http_redirects", "probe_http_ssl", "probe_http_status_code",
                           "probe_http_version", "probe_failed_due_to_regex"})
    probe_.set(name, 0);
  std::string target = probe_.target;
  if (!target.starts_with("http://") && !target.starts_with("https://"))
    target = "http://" + target;
  auto url = net::parse_url(target);
  if (!url) {
    probe_.error("Could not parse target URL", {{"err", url.error()}});
    co_return false;
  }
  hop_.url = *std::move(url);
  first_host_ = hop_.url.host;
  hop_.method = http_.method.empty() ? "GET" : http_.method;
  const net::ProxyOptions& proxy = http_.client.proxy;
  const bool has_proxy = !proxy.url.empty() || proxy.from_environment;
  if (!http_.skip_resolve_phase_with_proxy || !has_proxy) {
    Duration lookup_time{};
    auto address =
        co_await choose_address(&probe_, http_.address, hop_.url.host_name(), &lookup_time);
    probe_.add_phase(durations, "resolve", lookup_time);
    if (!address) {
      probe_.error("Error resolving address", {{"err", address.error()}});
      co_return false;
    }
    hop_.address = *std::move(address);
  }
  body_text_ = http_.body;
  if (!http_.body_file.empty()) {
    auto content = net::read_file(http_.body_file);
    if (!content) {
      probe_.error("Error creating request", {{"err", content.error()}});
      co_return false;
    }
    body_text_ = *std::move(content);
  }
  hop_.body = body_text_;
  co_return true;
}

Task<> HttpProbe::ask() {
  const std::string url = hop_.url.to_string();
  probe_.info("Making HTTP request", {{"url", url}, {"host", hop_.url.host}});
  body_ = std::make_unique<Body>(http_);
  const auto http_client = client(hop_);
  if (!http_client) {
    hop_.problem = http_client.error();
    co_return;
  }
  net::Request request;
  request.method = hop_.method;
  request.url = url;
  request.address = hop_.address;
  request.headers = headers(hop_);
  request.body = hop_.body;
  request.timeout = probe_.time_left();
  request.body_size_max = 0;
  request.decoding = net::Decoding::none;
  request.trace = &hop_.trace;
  request.on_head = [this](const net::Response& head) -> Result<> {
    hop_.head = head;
    return {};
  };
  request.on_body = [this](std::string_view piece) -> Result<> {
    return is_redirect(*hop_.head) ? Result<>() : body_->take(piece);
  };
  auto response = co_await (*http_client)->fetch(std::move(request), probe_.stop);
  if (!response) {
    hop_.problem = std::move(response).error();
    if (!hop_.head) probe_.error("Error for HTTP request", {{"err", *hop_.problem}});
  } else if (!is_redirect(*response)) {
    if (auto finished = body_->finish(); !finished) hop_.problem = std::move(finished).error();
  }
}

bool HttpProbe::follow() {
  if (!hop_.head || !is_redirect(*hop_.head)) return false;
  const std::string location(hop_.head->headers.get("Location"));
  cookies_.take(hop_.url, hop_.head->headers);
  const bool keeps_method = hop_.head->status >= 307;
  // A file that has been sent can't be sent again.
  if (keeps_method && !http_.body_file.empty()) return false;
  probe_.info("Received redirect", {{"location", location}});
  ++redirects_;
  if (redirects_ > redirects_max || !http_.follow_redirects) {
    probe_.info("Not following redirect");
    stays_ = true;
    return false;
  }
  auto next = net::resolve_url(hop_.url, location);
  if (!next) {
    probe_.error("Error for HTTP request", {{"err", next.error()}});
    hop_.head.reset();
    return false;
  }
  tell_phases(/*is_last=*/false);
  const bool is_same_host = next->host == first_host_;
  const bool is_relative = !location.contains("://") && !location.starts_with("//");
  referer_ = hop_.url.scheme == "https" && next->scheme == "http" ? "" : hop_.url.to_string();
  Hop hop{.url = *std::move(next),
          .method = hop_.method,
          .body = hop_.body,
          .address = is_relative ? hop_.address : "",
          .is_first_host = is_same_host,
          .trace = {},
          .head = std::nullopt,
          .problem = std::nullopt};
  if (!keeps_method) {
    if (hop.method != "GET" && hop.method != "HEAD") hop.method = "GET";
    hop.body = {};
  }
  hop_ = std::move(hop);
  return true;
}

bool HttpProbe::is_status_valid() const {
  const int status = hop_.head->status;
  probe_.info("Received HTTP response", {{"status_code", status}});
  const auto& valid = http_.valid_status_codes;
  if (valid.empty() && status >= 200 && status < 300) return true;
  if (std::ranges::find(valid, status) != valid.end()) return true;
  if (valid.empty()) {
    probe_.info("Invalid HTTP response status code, wanted 2xx", {{"status_code", status}});
  } else {
    probe_.info(
        "Invalid HTTP response status code",
        {{"status_code", status}, {"valid_status_codes", fmt::to_string(fmt::join(valid, " "))}});
  }
  return false;
}

bool HttpProbe::are_headers_valid() const {
  const auto check = [&](const HeaderMatch& rule, bool must_match) {
    bool is_there = false;
    bool matches = false;
    for (const net::Header& field : hop_.head->headers) {
      if (!net::equals_ignoring_case(field.name, rule.header)) continue;
      is_there = true;
      matches = matches || rule.pattern.matches(field.value);
    }
    if (!is_there && rule.allow_missing) return true;
    if (!is_there) {
      probe_.error("Missing required header", {{"header", rule.header}});
      return false;
    }
    if (matches == must_match) return true;
    probe_.error(must_match ? "Header did not match regular expression"
                            : "Header matched regular expression",
                 {{"header", rule.header}, {"regexp", rule.pattern.source}});
    return false;
  };
  for (const HeaderMatch& rule : http_.fail_if_header_matches)
    if (!check(rule, false)) return false;
  for (const HeaderMatch& rule : http_.fail_if_header_not_matches)
    if (!check(rule, true)) return false;
  return true;
}

bool HttpProbe::is_body_valid() const {
  if (hop_.problem) {
    probe_.error("Error reading HTTP body", {{"err", *hop_.problem}});
    return false;
  }
  const auto check = [&](const Pattern& pattern, bool must_match) {
    if (pattern.matches(body_->text()) == must_match) return true;
    probe_.error(
        must_match ? "Body did not match regular expression" : "Body matched regular expression",
        {{"regexp", pattern.source}});
    return false;
  };
  for (const Pattern& pattern : http_.fail_if_body_matches)
    if (!check(pattern, false)) return false;
  for (const Pattern& pattern : http_.fail_if_body_not_matches)
    if (!check(pattern, true)) return false;
  return true;
}

bool HttpProbe::is_success() {
  bool success = is_status_valid();
  const auto apply = [&](bool has_rules, auto check) {
    if (!success || !has_rules) return;
    success = check();
    probe_.set("probe_failed_due_to_regex", success ? 0 : 1);
  };
  apply(!http_.fail_if_header_matches.empty() || !http_.fail_if_header_not_matches.empty(),
        [this] { return are_headers_valid(); });
  apply(!http_.fail_if_body_matches.empty() || !http_.fail_if_body_not_matches.empty(),
        [this] { return is_body_valid(); });
  if (hop_.problem && !stays_) {
    probe_.error("Failed to read HTTP response body", {{"err", *hop_.problem}});
    success = false;
  }
  const int version = hop_.trace.http_version;
  const std::string protocol = fmt::format("HTTP/{}.{}", version / 10, version % 10);
  const auto& versions = http_.valid_http_versions;
  if (!versions.empty() && std::ranges::find(versions, protocol) == versions.end()) {
    probe_.error("Invalid HTTP version number", {{"version", protocol}});
    success = false;
  }
  return success;
}

void HttpProbe::tell_phases(bool is_last) {
  const net::ExchangeTrace& trace = hop_.trace;
  // The first lookup was ours.
  if (round_++ > 0) probe_.add_phase(durations, "resolve", trace.name_resolved);
  if (trace.connected == Duration::zero()) return;
  const bool is_tls = hop_.url.scheme == "https";
  if (is_tls && trace.tls_done == Duration::zero()) return;
  probe_.add_phase(durations, "connect", trace.connected - trace.name_resolved);
  if (is_tls) probe_.add_phase(durations, "tls", trace.tls_done - trace.connected);
  if (!hop_.head) return;
  probe_.add_phase(durations, "processing", trace.answered - trace.sending);
  if (is_last) probe_.add_phase(durations, "transfer", trace.ended - trace.answered);
}

void HttpProbe::tell_answer() {
  const net::Response& head = *hop_.head;
  probe_.set("probe_http_status_code", head.status);
  int64_t length = head.status == 204 || head.status == 304 ? 0 : -1;
  const std::string_view text = head.headers.get("Content-Length");
  std::from_chars(text.data(), text.data() + text.size(), length);
  probe_.set("probe_http_content_length", static_cast<double>(length));
  probe_.set("probe_http_uncompressed_body_length",
             stays_ ? 0 : static_cast<double>(body_->size()));
  probe_.set("probe_http_version", hop_.trace.http_version / 10.0);
  static const TimeLayout layouts[] = {TimeLayout("Mon, 02 Jan 2006 15:04:05 GMT"),
                                       TimeLayout("Monday, 02-Jan-06 15:04:05 MST"),
                                       TimeLayout("Mon Jan _2 15:04:05 2006")};
  for (const TimeLayout& layout : layouts) {
    const auto modified = layout.parse(head.headers.get("Last-Modified"));
    if (!modified) continue;
    probe_.set("probe_http_last_modified_timestamp_seconds",
               static_cast<double>(modified->seconds));
    break;
  }
}

Task<bool> HttpProbe::run() {
  if (!co_await prepare()) co_return false;
  do {
    co_await ask();
  } while (follow());
  tell_phases(/*is_last=*/true);
  probe_.set("probe_http_redirects", redirects_);
  if (!hop_.head) co_return false;
  bool success = is_success();
  tell_answer();
  if (hop_.trace.tls) {
    probe_.set("probe_http_ssl", 1);
    probe_.set_tls(*hop_.trace.tls);
    if (http_.fail_if_ssl) {
      probe_.error("Final request was over SSL");
      success = false;
    }
  } else if (http_.fail_if_not_ssl && success) {
    probe_.error("Final request was not over SSL");
    success = false;
  }
  co_return success;
}

}  // namespace

Task<bool> probe_http(Probe* probe) {
  HttpProbe run(*probe);
  co_return co_await run.run();
}

}  // namespace alloy::prometheus::exporter_blackbox
