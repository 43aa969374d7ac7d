// discovery.kubelet makes targets of the pods on one node, as its kubelet lists them.
#include "components/discovery/shared/refresh.h"
#include "components/shared/http_client_arguments.h"
#include "components/shared/kubernetes/kubernetes_pod.h"
#include "net/http_client.h"

namespace alloy::discovery::kubelet {
namespace {

struct Arguments {
  UrlArgument url = {"https://localhost:10250"};
  Duration refresh_interval{};
  HttpClientArguments client;
  std::vector<std::string> namespaces;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(optional<&T::url>("url", "URL of the kubelet."),
                  optional<&T::refresh_interval>("refresh_interval", "How often to ask; 0s is 5s."),
                  inlined<&T::client>(),
                  optional<&T::namespaces>("namespaces",
                                           "Namespaces whose pods are wanted; by default all."));
  }
  Result<> validate() { return client.validate(); }
};

constexpr Duration usual_interval = 5s;
constexpr Duration request_timeout = 30s;

class Kubelet final : public RefreshDiscoverer {
 public:
  Kubelet(Arguments arguments, std::unique_ptr<net::HttpClient> client,
          const DiscoveryContext& context)
      : RefreshDiscoverer("kubelet",
                          arguments.refresh_interval > Duration::zero() ? arguments.refresh_interval
                                                                        : usual_interval,
                          context),
        arguments_(std::move(arguments)),
        client_(std::move(client)) {}

 private:
  Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) override;

  Arguments arguments_;
  std::unique_ptr<net::HttpClient> client_;
};

TargetGroup group_of(const kubernetes::Pod& pod) {
  TargetGroup group{.source = "pod/" + pod.meta.name_space + "/" + pod.meta.name, .targets = {}};
  // A pod that starts, or was evicted, has no address.
  if (pod.ip.empty()) return group;
  TargetBuilder common;
  put_pod(common, pod);
  common.put("__meta_kubernetes_namespace", pod.meta.name_space);
  group.targets = pod_targets(pod, common.labels());
  return group;
}

Task<Result<std::vector<TargetGroup>>> Kubelet::refresh(StopToken stop) {
  net::Request request{.url = arguments_.url.text + "/pods", .timeout = request_timeout};
  auto response = co_await client_->fetch(std::move(request), std::move(stop));
  if (!response)
    co_return std::unexpected(
        std::move(response).error().with_context("error sending kublet pods request"));
  if (response->status != 200)
    co_return fail(fmt::format("error response from kubelet: {}", response->status_line));
  CO_TRY(const auto document, JsonDocument::parse(response->body));
  std::vector<TargetGroup> groups;
  const auto& wanted = arguments_.namespaces;
  for (const JsonNode& item : document.root()["items"].elements()) {
    const kubernetes::Pod pod = kubernetes::decode_pod(item);
    if (!wanted.empty() && std::ranges::find(wanted, pod.meta.name_space) == wanted.end()) continue;
    groups.push_back(group_of(pod));
  }
  CO_TRY(document.check());
  co_return groups;
}

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  TRY(auto client, net::HttpClient::create(context.executor.any(),
                                           arguments.client.options(context.user_agent)));
  return std::make_unique<Kubelet>(std::move(arguments), std::move(client), context);
}

}  // namespace
}  // namespace alloy::discovery::kubelet

namespace alloy {

extern const ComponentType discovery_kubelet;
const ComponentType discovery_kubelet = {
    .name = "discovery.kubelet",
    .doc = "Discovers the pods that a kubelet runs.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::kubelet::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create = create<
        discovery::DiscoveryComponent<discovery::kubelet::Arguments, discovery::kubelet::make>>,
};

}  // namespace alloy
