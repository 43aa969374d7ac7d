#include "components/prometheus/remote_write/aws_authorizer.h"

#include <fmt/format.h>

#include "net/url.h"

namespace alloy::prometheus::remote_write {

namespace {

// What the real one covers by its signature; the rest may change on the way.
constexpr std::string_view signed_fields[] = {"Content-Encoding", "Content-Type",
                                              "X-Prometheus-Remote-Write-Version", "Retry-Attempt"};

}  // namespace

Result<std::shared_ptr<AwsAuthorizer>> AwsAuthorizer::create(const SigV4Arguments& a,
                                                             Executor& executor, Clock& clock) {
  if (a.access_key.empty() != a.secret_key.value.empty()) {
    return fail(
        "must provide a AWS SigV4 Access key and Secret Key if credentials are specified "
        "in the SigV4 config");
  }
  std::string region = a.region.empty() ? aws::configured_region(a.profile) : a.region;
  if (region.empty() && !aws::is_on_aws()) {
    return fail("region not configured in sigv4 or in default credentials chain");
  }
  TRY(auto credentials,
      aws::CredentialSource::create({.access_key = a.access_key,
                                     .secret_key = a.secret_key.value,
                                     .profile = a.profile,
                                     .role_arn = a.role_arn,
                                     .external_id = a.external_id,
                                     .region = region,
                                     .use_fips_endpoint = a.use_fips_sts_endpoint},
                                    executor, clock));
  std::shared_ptr<AwsAuthorizer> authorizer(
      new AwsAuthorizer(std::move(credentials), executor.strand(), clock));
  authorizer->region_ = std::move(region);
  authorizer->service_ = a.service_name.empty() ? "aps" : a.service_name;
  return authorizer;
}

Task<Result<aws::Credentials>> AwsAuthorizer::find(AwsAuthorizer* self, StopToken stop) {
  if (self->region_.empty()) {
    CO_TRY(self->region_, co_await self->credentials_->find_region(stop));
  }
  co_return co_await self->credentials_->get(std::move(stop));
}

Task<Result<>> AwsAuthorizer::prepare(net::Request* request, StopToken stop) {
  CO_TRY(const net::Url url, net::parse_url(request->url));
  CO_TRY(const aws::Credentials credentials,
         co_await boost::asio::co_spawn(strand_, find(this, std::move(stop)),
                                        boost::asio::use_awaitable));
  net::Headers covered = {{"Content-Length", fmt::format("{}", request->body.size())}};
  for (const std::string_view name : signed_fields) {
    const std::string_view value = request->headers.get(name);
    if (!value.empty()) covered.add(std::string(name), std::string(value));
  }
  const net::Headers proof = aws::sign({.method = request->method,
                                        .url = url,
                                        .headers = covered,
                                        .body = request->body,
                                        .region = region_,
                                        .service = service_},
                                       credentials, clock_.wall());
  for (const net::Header& field : proof) request->headers.set(field.name, field.value);
  co_return Result<>();
}

}  // namespace alloy::prometheus::remote_write
