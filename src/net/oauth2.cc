#include "net/oauth2.h"

#include <charconv>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/text.h"
#include "net/authorization.h"
#include "net/http_client.h"
#include "net/tls_material.h"
#include "net/url.h"

namespace alloy::net {
namespace {

constexpr size_t answer_size_max = 1 << 20;
// A token is not used in its last seconds: it might expire on the way.
constexpr Duration expiry_margin = 10s;

// The fields of an answer, whichever way it is spelled.
struct Answer {
  std::string access_token;
  std::string token_type;
  int64_t expires_in = 0;
  std::string error;
  std::string error_description;
  std::string error_uri;
};

int64_t to_number(std::string_view text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Answer answer_from_form(std::string_view body) {
  Answer answer;
  for (auto& [key, value] : parse_query(body)) {
    if (key == "access_token") answer.access_token = std::move(value);
    if (key == "token_type") answer.token_type = std::move(value);
    if (key == "expires_in") answer.expires_in = to_number(value);
    if (key == "error") answer.error = std::move(value);
    if (key == "error_description") answer.error_description = std::move(value);
    if (key == "error_uri") answer.error_uri = std::move(value);
  }
  return answer;
}

Result<Answer> answer_from_json(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (const auto error = parser.parse(simdjson::padded_string(body)).get(object)) {
    return fail(fmt::format("oauth2: cannot parse json: {}", simdjson::error_message(error)));
  }
  Answer answer;
  const auto text = [&](const char* key) {
    std::string_view value;
    return object[key].get(value) ? std::string() : std::string(value);
  };
  answer.access_token = text("access_token");
  answer.token_type = text("token_type");
  answer.error = text("error");
  answer.error_description = text("error_description");
  answer.error_uri = text("error_uri");
  double seconds = 0;
  if (!object["expires_in"].get(seconds)) {
    answer.expires_in = static_cast<int64_t>(std::clamp(seconds, 0.0, 1e10));
  } else {
    answer.expires_in = to_number(text("expires_in"));  // Some send it as a text.
  }
  return answer;
}

// The scheme as servers expect it in the Authorization field.
std::string scheme_of(const std::string& token_type) {
  if (token_type.empty() || equals_ignoring_case(token_type, "bearer")) return "Bearer";
  if (equals_ignoring_case(token_type, "mac")) return "MAC";
  if (equals_ignoring_case(token_type, "basic")) return "Basic";
  return token_type;
}

bool is_form(std::string_view content_type) {
  const std::string_view type = trim(content_type.substr(0, content_type.find(';')));
  return type == "application/x-www-form-urlencoded" || type == "text/plain";
}

}  // namespace

Result<OAuth2Token> parse_token_answer(int status, std::string_view status_line,
                                       std::string_view content_type, std::string_view body,
                                       SteadyTime now) {
  const bool is_failure = status < 200 || status > 299;
  Result<Answer> parsed = is_form(content_type) ? answer_from_form(body) : answer_from_json(body);
  if (!parsed && !is_failure) return std::unexpected(std::move(parsed).error());
  const Answer answer = parsed ? *std::move(parsed) : Answer{};
  if (!answer.error.empty()) {
    std::string message = "oauth2: " + quote(answer.error);
    if (!answer.error_description.empty()) message += ' ' + quote(answer.error_description);
    if (!answer.error_uri.empty()) message += ' ' + quote(answer.error_uri);
    return fail(std::move(message));
  }
  if (is_failure) {
    return fail(fmt::format("oauth2: cannot fetch token: {}\nResponse: {}", status_line, body));
  }
  if (answer.access_token.empty()) return fail("oauth2: server response missing access_token");
  OAuth2Token token;
  token.authorization = fmt::format("{} {}", scheme_of(answer.token_type), answer.access_token);
  if (answer.expires_in > 0) {
    token.expires = now + std::chrono::seconds(std::min<int64_t>(answer.expires_in, 1 << 30));
  }
  return token;
}

OAuth2TokenSource::OAuth2TokenSource(AnyExecutor executor, OAuth2 options, std::string user_agent)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      user_agent_(std::move(user_agent)) {}

OAuth2TokenSource::~OAuth2TokenSource() = default;

Task<Result<std::string>> OAuth2TokenSource::authorization(Duration timeout, StopToken stop) {
  std::string secret = options_.client_secret;
  if (!options_.client_secret_file.empty()) {
    auto content = read_secret_file(options_.client_secret_file);
    if (!content) {
      co_return std::unexpected(
          std::move(content).error().with_context("unable to read oauth2 client secret"));
    }
    secret = *std::move(content);
  }
  const SteadyTime deadline =
      timeout > Duration::zero() ? real_clock().steady() + timeout : SteadyTime::max();
  while (is_fetching_) {
    const auto turn = std::make_shared<Event>();
    waiting_.push_back(turn);
    const Wake wake = co_await turn->wait(stop, deadline - real_clock().steady());
    if (wake == Wake::stopped) co_return fail("context canceled", ErrorKind::stopped);
    if (wake == Wake::elapsed) co_return fail("context deadline exceeded", ErrorKind::timeout);
  }
  const bool is_fresh = has_token_ && token_secret_ == secret &&
                        (token_.expires == SteadyTime::max() ||
                         real_clock().steady() + expiry_margin < token_.expires);
  if (is_fresh) co_return token_.authorization;
  is_fetching_ = true;
  const Duration left =
      deadline == SteadyTime::max() ? Duration::zero() : deadline - real_clock().steady();
  auto token = co_await fetch_token(secret, left, stop);
  is_fetching_ = false;
  for (const auto& turn : std::exchange(waiting_, {})) turn->notify();
  if (!token) co_return std::unexpected(std::move(token).error());
  token_ = *std::move(token);
  token_secret_ = std::move(secret);
  has_token_ = true;
  co_return token_.authorization;
}

Task<Result<OAuth2Token>> OAuth2TokenSource::fetch_token(std::string secret, Duration timeout,
                                                         StopToken stop) {
  if (!client_) {
    HttpClientOptions options;
    options.tls = options_.tls;
    options.proxy = options_.proxy;
    options.user_agent = user_agent_;
    CO_TRY(client_, HttpClient::create(executor_, std::move(options)));
  }
  // Endpoints differ in where they look for the client's credentials: RFC 6749, section 2.3.1,
  // prefers the header, so that is tried first.
  const bool is_known = credentials_in_header_.has_value();
  if (!is_known) credentials_in_header_ = true;
  auto token = co_await ask(secret, timeout, stop);
  if (token || is_known || token.error().kind() == ErrorKind::stopped) co_return token;
  credentials_in_header_ = false;
  auto second = co_await ask(std::move(secret), timeout, std::move(stop));
  if (!second) credentials_in_header_.reset();
  co_return second;
}

Task<Result<OAuth2Token>> OAuth2TokenSource::ask(std::string secret, Duration timeout,
                                                 StopToken stop) {
  std::multimap<std::string, std::string> form;
  form.emplace("grant_type", "client_credentials");
  if (!options_.scopes.empty())
    form.emplace("scope", fmt::format("{}", fmt::join(options_.scopes, " ")));
  for (const auto& [key, value] : options_.endpoint_params) {
    if (key == "grant_type") form.erase(key);
    form.emplace(key, value);
  }
  Request request;
  request.method = "POST";
  request.url = options_.token_url;
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  if (*credentials_in_header_) {
    request.headers.add("Authorization", basic_authorization(escape_query(options_.client_id),
                                                             escape_query(secret)));
  } else {
    form.emplace("client_id", options_.client_id);
    if (!secret.empty()) form.emplace("client_secret", secret);
  }
  const std::string body = encode_query(form);
  request.body = body;
  request.timeout = timeout;
  request.body_size_max = answer_size_max;
  CO_TRY(const Response answer, co_await client_->fetch(std::move(request), std::move(stop)));
  co_return parse_token_answer(answer.status, answer.status_line,
                               answer.headers.get("Content-Type"), answer.body,
                               real_clock().steady());
}

}  // namespace alloy::net
