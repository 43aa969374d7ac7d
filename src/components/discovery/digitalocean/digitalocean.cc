// discovery.digitalocean makes targets of DigitalOcean's droplets.
#include "components/discovery/digitalocean/droplets.h"
#include "components/discovery/shared/http_refresh.h"

namespace alloy::discovery::digitalocean {
namespace {

struct Arguments {
  Duration refresh_interval = 1min;
  int port = 80;
  Secret bearer_token;
  std::string bearer_token_file;
  ProxyArguments proxy;
  bool follow_redirects = true;
  bool enable_http2 = true;
  HeaderArguments http_headers;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        optional<&T::refresh_interval>("refresh_interval", "How often to ask."),
        optional<&T::port>("port", "Port of the targets."),
        optional<&T::bearer_token>("bearer_token", "Token for the API."),
        optional<&T::bearer_token_file>("bearer_token_file", "File with the token."),
        inlined<&T::proxy>(),
        optional<&T::follow_redirects>("follow_redirects", "Whether redirects are followed."),
        optional<&T::enable_http2>("enable_http2", "Whether HTTP/2 may be used over TLS."),
        optional<&T::http_headers>("http_headers", "Headers to send with every request."));
  }
  Result<> validate() const {
    if (bearer_token.empty() == bearer_token_file.empty())
      return fail("exactly one of bearer_token or bearer_token_file must be specified");
    TRY(validate_refresh_interval(refresh_interval));
    return proxy.validate();
  }
};

class DigitalOcean final : public HttpRefreshDiscoverer {
 public:
  DigitalOcean(const Arguments& arguments, ClientPointer client, const DiscoveryContext& context)
      : HttpRefreshDiscoverer("digitalocean", arguments.refresh_interval, std::move(client),
                              context),
        port_(arguments.port) {}

 private:
  Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) override {
    std::vector<Target> targets;
    std::string url = "https://api.digitalocean.com/v2/droplets?per_page=200";
    while (!url.empty()) {
      auto page = co_await fetch_json(url, {}, stop);
      if (!page)
        co_return std::unexpected(
            std::move(page).error().with_context("error while listing droplets"));
      for (Target& target : droplet_targets(page->root(), port_))
        targets.push_back(std::move(target));
      url = page->root()["links"]["pages"]["next"].text();
      CO_TRY(page->check());
    }
    co_return single_group("DigitalOcean", std::move(targets));
  }

  int port_;
};

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  HttpClientArguments options{.bearer_token = arguments.bearer_token,
                              .bearer_token_file = arguments.bearer_token_file,
                              .proxy = arguments.proxy,
                              .follow_redirects = arguments.follow_redirects,
                              .enable_http2 = arguments.enable_http2,
                              .http_headers = arguments.http_headers};
  TRY(options.validate());
  TRY(auto client, make_client(options, context));
  return std::make_unique<DigitalOcean>(arguments, std::move(client), context);
}

}  // namespace
}  // namespace alloy::discovery::digitalocean

namespace alloy {

extern const ComponentType discovery_digitalocean;
const ComponentType discovery_digitalocean = {
    .name = "discovery.digitalocean",
    .doc = "Discovers DigitalOcean's droplets.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::digitalocean::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create = create<discovery::DiscoveryComponent<discovery::digitalocean::Arguments,
                                                   discovery::digitalocean::make>>,
};

}  // namespace alloy
