// discovery.linode makes targets of Linode's instances.
#include "base/text.h"
#include "components/discovery/linode/instances.h"
#include "components/discovery/shared/http_refresh.h"

namespace alloy::discovery::linode {
namespace {

struct Arguments {
  Duration refresh_interval = 1min;
  int port = 80;
  std::string tag_separator = ",";
  std::string region;
  HttpClientArguments client;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        optional<&T::refresh_interval>("refresh_interval", "How often to ask."),
        optional<&T::port>("port", "Port of the targets."),
        optional<&T::tag_separator>("tag_separator", "Text to join tags and addresses with."),
        optional<&T::region>("region", "Region to ask for; by default all."),
        inlined<&T::client>());
  }
  Result<> validate() {
    TRY(validate_refresh_interval(refresh_interval));
    return client.validate();
  }
};

class Linode final : public HttpRefreshDiscoverer {
 public:
  Linode(Arguments arguments, ClientPointer client, const DiscoveryContext& context)
      : HttpRefreshDiscoverer("linode", arguments.refresh_interval, std::move(client), context),
        arguments_(std::move(arguments)),
        failures_(context.metrics.counter("prometheus_sd_linode_failures_total",
                                          "Number of Linode service discovery refresh failures.")) {
  }

 private:
  Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) override {
    auto targets = co_await find_targets(stop);
    if (!targets) {
      if (!stop.stop_requested()) failures_.add();
      co_return std::unexpected(std::move(targets).error());
    }
    co_return single_group("Linode", *std::move(targets));
  }
  Task<Result<std::vector<Target>>> find_targets(StopToken stop);
  Task<Result<std::vector<JsonDocument>>> all_pages(std::string path, StopToken stop) const;

  Arguments arguments_;
  Counter& failures_;
};

Task<Result<std::vector<JsonDocument>>> Linode::all_pages(std::string path, StopToken stop) const {
  std::vector<JsonDocument> pages;
  net::Headers headers;
  if (!arguments_.region.empty()) {
    std::string filter = "{\"region\":";
    append_json_string(filter, arguments_.region);
    headers.add("X-Filter", filter + "}");
  }
  for (int64_t number = 1, count = 1; number <= count; ++number) {
    const std::string url =
        fmt::format("https://api.linode.com/v4/{}?page={}&page_size=500", path, number);
    CO_TRY(auto page, co_await fetch_json(url, headers, stop));
    count = page.root()["pages"].integer();
    CO_TRY(page.check());
    pages.push_back(std::move(page));
  }
  co_return pages;
}

Task<Result<std::vector<Target>>> Linode::find_targets(StopToken stop) {
  CO_TRY(const auto instances, co_await all_pages("linode/instances", stop));
  CO_TRY(const auto addresses, co_await all_pages("networking/ips", stop));
  CO_TRY(const auto ranges, co_await all_pages("networking/ipv6/ranges", stop));
  const auto entries = [](const std::vector<JsonDocument>& pages) {
    std::vector<JsonNode> all;
    for (const JsonDocument& page : pages)
      for (const JsonNode& entry : page.root()["data"].elements()) all.push_back(entry);
    return all;
  };
  const Lists lists{entries(instances), entries(addresses), entries(ranges)};
  auto targets =
      instance_targets(lists, {.port = arguments_.port, .tag_separator = arguments_.tag_separator});
  for (const auto* pages : {&instances, &addresses, &ranges})
    for (const JsonDocument& page : *pages) CO_TRY(page.check());
  co_return targets;
}

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  TRY(auto client, make_client(arguments.client, context));
  return std::make_unique<Linode>(std::move(arguments), std::move(client), context);
}

}  // namespace
}  // namespace alloy::discovery::linode

namespace alloy {

extern const ComponentType discovery_linode;
const ComponentType discovery_linode = {
    .name = "discovery.linode",
    .doc = "Discovers Linode's instances.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::linode::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create = create<
        discovery::DiscoveryComponent<discovery::linode::Arguments, discovery::linode::make>>,
};

}  // namespace alloy
