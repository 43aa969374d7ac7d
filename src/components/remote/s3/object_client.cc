// GetObject (docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html).
#include "components/remote/s3/object_client.h"

#include "base/sha256.h"
#include "base/text.h"
#include "components/shared/xml.h"

namespace alloy::remote::s3 {
namespace {

constexpr int attempts_max = 3;
constexpr Duration first_pause = 200ms;
// An object is configuration or credentials: nothing that is this large.
constexpr size_t content_bytes_max = size_t{64} << 20;
constexpr std::string_view region_of_signatures = "us-east-1";

bool may_pass(const Result<net::Response>& response) {
  return !response || response->status >= 500 || response->status == 429;
}

Error error_of(const net::Response& response) {
  std::string what = response.status_line;
  if (const auto xml = parse_xml(response.body); xml && xml->has("Code")) {
    what = fmt::format("{}: {}", (*xml)["Code"].text, (*xml)["Message"].text);
  }
  return Error(fmt::format(
      "operation error S3: GetObject, https response error StatusCode: {}, RequestID: {}, {}",
      response.status, response.headers.get("x-amz-request-id"), what));
}

}  // namespace

Result<ObjectPath> parse_object_path(std::string_view path) {
  constexpr std::string_view scheme = "s3://";
  if (!path.starts_with(scheme))
    return fail(fmt::format("path {} is not s3://bucket/key", quote(path)));
  const std::string_view rest = path.substr(scheme.size());
  const size_t slash = rest.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == rest.size())
    return fail(fmt::format("path {} is not s3://bucket/key", quote(path)));
  return ObjectPath{std::string(rest.substr(0, slash)), std::string(rest.substr(slash + 1))};
}

Result<std::unique_ptr<ObjectClient>> ObjectClient::create(ObjectPath path,
                                                           ClientArguments arguments,
                                                           Executor& executor, Clock& clock) {
  if (!arguments.key.empty() && arguments.secret.empty()) {
    return fail("if accesskey or secret are specified then the other must also be specified");
  }
  if (!arguments.endpoint.empty()) TRY(net::parse_url(arguments.endpoint));
  if (arguments.region.empty()) arguments.region = aws::configured_region("");
  std::unique_ptr<ObjectClient> client(
      new ObjectClient(std::move(path), std::move(arguments), clock));
  const ClientArguments& a = client->arguments_;
  TRY(client->client_,
      net::HttpClient::create(executor.any(), {.tls = {.insecure_skip_verify = a.disable_ssl},
                                               .proxy = {.from_environment = true}}));
  TRY(client->credentials_,
      aws::CredentialSource::create(
          {.access_key = a.key, .secret_key = a.secret.value, .region = a.region}, executor,
          clock));
  return client;
}

std::string ObjectClient::url() const {
  std::string base = arguments_.endpoint;
  if (base.empty()) base = fmt::format("https://s3.{}.amazonaws.com", arguments_.region);
  while (base.ends_with('/')) base.pop_back();
  const std::string key = "/" + aws::escape(path_.key, "/");
  std::string bucket_path;
  if (arguments_.use_path_style) {
    bucket_path = "/" + path_.bucket;
  } else {
    base.insert(base.find("://") + 3, path_.bucket + ".");
  }
  return base + bucket_path + key + "?x-id=GetObject";
}

std::string_view ObjectClient::signing_region() const {
  if (!arguments_.endpoint.empty() && !arguments_.signing_region.empty())
    return arguments_.signing_region;
  return arguments_.region.empty() ? region_of_signatures : std::string_view(arguments_.region);
}

Task<Result<net::Response>> ObjectClient::ask(StopToken stop) {
  if (arguments_.region.empty() && arguments_.endpoint.empty()) {
    if (!aws::is_on_aws()) co_return fail("operation error S3: GetObject, Missing Region");
    CO_TRY(arguments_.region, co_await credentials_->find_region(stop));
  }
  CO_TRY(const aws::Credentials credentials, co_await credentials_->get(stop));
  net::Request request{
      .url = url(), .body_size_max = content_bytes_max, .decoding = net::Decoding::none};
  CO_TRY(const net::Url parsed, net::parse_url(request.url));
  // S3 wants to know the hash of the body, which is empty.
  request.headers.add("X-Amz-Content-Sha256", sha256_hex(""));
  for (const net::Header& header : aws::sign({.method = "GET",
                                              .url = parsed,
                                              .headers = request.headers,
                                              .body = "",
                                              .region = signing_region(),
                                              .service = "s3"},
                                             credentials, clock_.wall()))
    request.headers.set(header.name, header.value);
  co_return co_await client_->fetch(std::move(request), std::move(stop));
}

Task<Result<std::string>> ObjectClient::get(StopToken stop) {
  Duration pause = first_pause;
  for (int attempt = 1;; ++attempt) {
    auto response = co_await ask(stop);
    if (response && response->status == 200) co_return std::move(response->body);
    if (response && response->status == 403) credentials_->forget();
    if (may_pass(response) && attempt < attempts_max && !stop.stop_requested()) {
      co_await clock_.sleep(std::exchange(pause, pause * 2), stop);
      continue;
    }
    if (!response) co_return std::unexpected(std::move(response).error());
    co_return std::unexpected(error_of(*response));
  }
}

}  // namespace alloy::remote::s3
