// discovery.kubernetes makes targets of the nodes, pods, services, endpoints and ingresses of a
// Kubernetes cluster, and follows their changes.
#include "components/discovery/shared/discovery.h"
#include "components/shared/http_client_arguments.h"
#include "components/shared/kubernetes/api_client.h"
#include "components/shared/kubernetes/target_watch.h"
#include "net/http_client.h"

namespace alloy::discovery::kubernetes {
namespace {

struct NamespacesArguments {
  bool own_namespace = false;
  std::vector<std::string> names;

  static constexpr auto schema() {
    using T = NamespacesArguments;
    return fields(
        optional<&T::own_namespace>("own_namespace", "Look in the namespace of Alloy's own pod."),
        optional<&T::names>("names", "Namespaces to look in; without any, all."));
  }
};

struct SelectorArguments {
  std::string role;
  std::string label;
  std::string field;

  static constexpr auto schema() {
    using T = SelectorArguments;
    return fields(required<&T::role>("role", "The kind of objects that is selected."),
                  optional<&T::label>("label", "Label selector."),
                  optional<&T::field>("field", "Field selector."));
  }
};

struct AttachArguments {
  bool node = false;
  bool name_space = false;

  static constexpr auto schema() {
    using T = AttachArguments;
    return fields(optional<&T::node>("node", "Attach labels of the node."),
                  optional<&T::name_space>("namespace", "Attach labels of the namespace."));
  }
};

struct Arguments {
  UrlArgument api_server;
  std::string role;
  std::string kubeconfig_file;
  HttpClientArguments client;
  NamespacesArguments namespaces;
  std::vector<SelectorArguments> selectors;
  AttachArguments attach_metadata;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        optional<&T::api_server>("api_server", "URL of the API server."),
        required<&T::role>("role",
                           "What becomes targets: node, pod, service, endpoints, endpointslice or "
                           "ingress."),
        optional<&T::kubeconfig_file>("kubeconfig_file",
                                      "A kubeconfig file with the API server and credentials."),
        inlined<&T::client>(), block<&T::namespaces>("namespaces", "Which namespaces to look in."),
        blocks<&T::selectors>("selectors", "Which objects to ask the API server for."),
        block<&T::attach_metadata>("attach_metadata", "Which other objects' labels to attach."));
  }
  Result<> validate() { return client.validate(); }
};

// The API server, the credentials, and the namespaces to look in ("": all).
struct Place {
  std::string url;
  std::unique_ptr<net::HttpClient> client;
  std::vector<std::string> namespaces;
};

Result<Place> find_place(const Arguments& arguments, const DiscoveryContext& context) {
  TRY(auto connection, find_connection(arguments.api_server, arguments.kubeconfig_file,
                                       arguments.client, context.logger));
  const bool is_in_cluster = arguments.kubeconfig_file.empty() && arguments.api_server.empty();
  connection.client.user_agent = context.user_agent;
  Place place{.url = connection.url, .client = nullptr, .namespaces = arguments.namespaces.names};
  TRY(place.client, net::HttpClient::create(context.executor.any(), std::move(connection.client)));
  if (arguments.namespaces.own_namespace) {
    if (!is_in_cluster || connection.name_space.empty())
      return fail("could not determine the pod's namespace", ErrorKind::invalid);
    place.namespaces.push_back(connection.name_space);
  }
  if (place.namespaces.empty()) place.namespaces.emplace_back();
  return place;
}

class Kubernetes final : public Discoverer {
 public:
  Kubernetes(const Role& role, Arguments arguments, Place place, const DiscoveryContext& context);
  Task<> run(TargetSink& sink, StopToken stop) override;

 private:
  Selectors selectors_of(const ObjectType& type) const;
  void count_changes(const ObjectType& type, const ChangeCounts& counts);
  void count(const ObjectType& type, const ChangeCounts& counts);

  const Role& role_;
  Arguments arguments_;
  Place place_;
  const DiscoveryContext& context_;
  Counter& failures_;
};

Kubernetes::Kubernetes(const Role& role, Arguments arguments, Place place,
                       const DiscoveryContext& context)
    : role_(role),
      arguments_(std::move(arguments)),
      place_(std::move(place)),
      context_(context),
      failures_(context.metrics.counter("prometheus_sd_kubernetes_failures_total",
                                        "The number of failed WATCH/LIST requests.")) {
  for (const ObjectType* type :
       {&endpoint_slice_type, &endpoints_type, &node_type, &pod_type, &service_type, &ingress_type})
    count(*type, {});
}

void Kubernetes::count(const ObjectType& type, const ChangeCounts& counts) {
  const auto add = [&](std::string event, size_t by) {
    context_.metrics
        .counter("prometheus_sd_kubernetes_events_total",
                 "The number of Kubernetes events handled.",
                 {{"event", std::move(event)}, {"role", std::string(type.name)}})
        .add(static_cast<double>(by));
  };
  add("add", counts.added);
  add("delete", counts.deleted);
  add("update", counts.updated);
}

// Of what is only looked at, the real program counts services, and changes of pods.
void Kubernetes::count_changes(const ObjectType& type, const ChangeCounts& counts) {
  if (&type == role_.type || &type == &service_type) {
    count(type, counts);
  } else if (&type == &pod_type) {
    count(type, {.updated = counts.updated});
  }
}

Selectors Kubernetes::selectors_of(const ObjectType& type) const {
  for (const SelectorArguments& selector : arguments_.selectors)
    if (selector.role == type.name) return {.label = selector.label, .field = selector.field};
  return {};
}

Task<> Kubernetes::run(TargetSink& sink, StopToken stop) {
  TargetWatch watch(
      {.executor = context_.executor.any(),
       .client = *place_.client,
       .url = place_.url,
       .role = role_,
       .namespaces = place_.namespaces,
       .attachments = {.node = arguments_.attach_metadata.node,
                       .name_space = arguments_.attach_metadata.name_space},
       .selectors_of = [this](const ObjectType& type) { return selectors_of(type); },
       .clock = context_.clock,
       .on_groups =
           [&sink](std::vector<TargetGroup> groups) {
             sink.update(std::move(groups));
             sink.report({});
           },
       .on_changes = [this](const ObjectType& type,
                            const ChangeCounts& counts) { count_changes(type, counts); },
       .on_failure =
           [this, &sink](const ObjectType& type, const Error& error) {
             failures_.add();
             context_.logger.warn("failed to list or watch objects",
                                  {{"resource", type.plural}, {"err", error}});
             sink.report(std::unexpected(error));
           }});
  co_await watch.run(std::move(stop));
}

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  const Role* role = find_role(arguments.role);
  if (role == nullptr)
    return fail(fmt::format("unknown Kubernetes discovery kind \"{}\"", arguments.role));
  for (const SelectorArguments& selector : arguments.selectors)
    if (find_role(selector.role) == nullptr)
      return fail(fmt::format("unknown role \"{}\" of a selector", selector.role));
  TRY(auto place, find_place(arguments, context));
  return std::make_unique<Kubernetes>(*role, std::move(arguments), std::move(place), context);
}

}  // namespace
}  // namespace alloy::discovery::kubernetes

namespace alloy {

extern const ComponentType discovery_kubernetes;
const ComponentType discovery_kubernetes = {
    .name = "discovery.kubernetes",
    .doc = "Discovers targets in a Kubernetes cluster.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::kubernetes::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create = create<discovery::DiscoveryComponent<discovery::kubernetes::Arguments,
                                                   discovery::kubernetes::make>>,
};

}  // namespace alloy
