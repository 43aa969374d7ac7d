// Signed requests to AWS.
#include "components/discovery/shared/aws_api.h"

#include "base/text.h"
#include "components/shared/xml.h"
#include "net/url.h"

namespace alloy::discovery {
namespace {

// AWS says what was wrong in XML or JSON, depending on the service.
Error aws_error(const net::Response& response) {
  if (const auto root = parse_xml(response.body)) {
    const XmlElement& error = (*root)["Errors"]["Error"];
    if (!error["Code"].text.empty())
      return Error(fmt::format("{}: {}", error["Code"].text, error["Message"].text));
  }
  if (const auto document = JsonDocument::parse(response.body)) {
    const JsonNode root = document->root();
    if (root.is_object() && root["__type"])
      return Error(fmt::format("{}: {}", root["__type"].text(), root["message"].text()));
  }
  return Error("https response error StatusCode: " + std::to_string(response.status));
}

bool is_refusal(const Error& error) {
  for (const std::string_view code : {"AuthFailure", "UnauthorizedOperation", "ExpiredToken"})
    if (error.message().starts_with(code)) return true;
  return false;
}

}  // namespace

Result<> complete_region(std::string& region, const std::string& profile, std::string_view what) {
  if (!region.empty()) return {};
  region = aws::configured_region(profile);
  if (region.empty() && !aws::is_on_aws()) return fail(fmt::format("{} requires a region", what));
  return {};
}

Result<AwsApi> AwsApi::create(AwsPlace place, std::string service,
                              const DiscoveryContext& context) {
  AwsApi api(std::move(place), std::move(service), context);
  TRY(api.client_, make_client(api.place_.client, context));
  TRY(api.credentials_, aws::CredentialSource::create({.access_key = api.place_.access_key,
                                                       .secret_key = api.place_.secret_key.value,
                                                       .profile = api.place_.profile,
                                                       .role_arn = api.place_.role_arn,
                                                       .external_id = api.place_.external_id,
                                                       .region = api.place_.region},
                                                      context.executor, context.clock));
  return api;
}

Task<Result<std::string>> AwsApi::post(std::string body, net::Headers headers, StopToken stop) {
  if (place_.region.empty()) {
    CO_TRY(place_.region, co_await credentials_->find_region(stop));
  }
  CO_TRY(const auto credentials, co_await credentials_->get(stop));
  std::string address = place_.endpoint;
  if (address.empty())
    address = fmt::format("https://{}.{}.amazonaws.com", service_, place_.region);
  address = without_slashes(std::move(address)) + "/";
  CO_TRY(const auto url, net::parse_url(address));
  for (const net::Header& header : aws::sign({.method = "POST",
                                              .url = url,
                                              .headers = headers,
                                              .body = body,
                                              .region = place_.region,
                                              .service = service_},
                                             credentials, context_->clock.wall()))
    headers.set(header.name, header.value);
  net::Request request{
      .method = "POST", .url = address, .headers = std::move(headers), .body = body};
  CO_TRY(auto response, co_await client_->fetch(std::move(request), std::move(stop)));
  if (response.is_success()) co_return std::move(response.body);
  Error error = aws_error(response);
  if (is_refusal(error)) credentials_->forget();
  co_return std::unexpected(std::move(error));
}

}  // namespace alloy::discovery
