#include "components/shared/kubernetes/roles.h"

#include <doctest/doctest.h>

#include "components/shared/kubernetes/object_stores.h"

namespace alloy::discovery::kubernetes {
namespace {

// Stores for a role, filled from lists as the API server sends them.
class Cluster {
 public:
  explicit Cluster(std::string_view role, Attachments attachments = {})
      : stores_(*find_role(role), attachments) {}

  void list(const ObjectType& type, std::string_view items) {
    auto list = parse_object_list(fmt::format(R"({{"items":[{}]}})", items), type);
    REQUIRE(list);
    ObjectChanges changes{.is_complete = true, .changes = {}};
    for (ClusterObjectPointer& object : list->objects) {
      std::string key = object->key();
      changes.changes.push_back({std::move(key), std::move(object)});
    }
    stores_.apply(type, "", std::move(changes));
  }
  std::string groups() {
    std::string text;
    for (const TargetGroup& group : stores_.make_groups()) {
      text += group.source + "\n";
      for (const Target& target : group.targets) text += "  " + target.describe() + "\n";
    }
    return text;
  }

 private:
  ObjectStores stores_;
};

}  // namespace

TEST_CASE("a load balancer's ports become targets of role service") {
  Cluster cluster("service");
  cluster.list(service_type, R"({"metadata":{"name":"web","namespace":"d"},"spec":{
    "type":"LoadBalancer","clusterIP":"10.0.0.1","loadBalancerIP":"1.1.1.1",
    "ports":[{"name":"h","port":80,"protocol":"TCP"}]}})");
  CHECK(cluster.groups() ==
        R"(svc/d/web
  {__address__="web.d.svc:80", __meta_kubernetes_namespace="d", )"
        R"(__meta_kubernetes_service_cluster_ip="10.0.0.1", )"
        R"(__meta_kubernetes_service_loadbalancer_ip="1.1.1.1", )"
        R"(__meta_kubernetes_service_name="web", __meta_kubernetes_service_port_name="h", )"
        R"(__meta_kubernetes_service_port_number="80", )"
        R"(__meta_kubernetes_service_port_protocol="TCP", )"
        R"(__meta_kubernetes_service_type="LoadBalancer"}
)");
  cluster.list(service_type, R"({"metadata":{"name":"web","namespace":"d"},"spec":{
    "type":"ExternalName","externalName":"e.test","ports":[{"port":80}]}})");
  CHECK(cluster.groups().contains(R"(service_external_name="e.test")"));
  cluster.list(service_type, "");
  CHECK(cluster.groups() == "svc/d/web\n");
}

TEST_CASE("a change of the node makes the targets of its pods anew, and only those") {
  Cluster cluster("pod", {.node = true});
  cluster.list(pod_type, R"(
    {"metadata":{"name":"a","namespace":"d"},"spec":{"nodeName":"n1","containers":[{"name":"c"}]},
     "status":{"podIP":"10.0.0.1"}},
    {"metadata":{"name":"b","namespace":"d"},"spec":{"nodeName":"n2","containers":[{"name":"c"}]},
     "status":{"podIP":"10.0.0.2"}},
    {"metadata":{"name":"starting","namespace":"d"},"spec":{"nodeName":"n1"},"status":{}})");
  cluster.list(node_type, R"({"metadata":{"name":"n1","labels":{"z":"1"}}})");
  const std::string first = cluster.groups();
  CHECK(first.contains(R"(__meta_kubernetes_node_label_z="1")"));
  CHECK(first.contains("pod/d/b\npod/d/starting\n"));
  cluster.list(node_type, R"({"metadata":{"name":"n1","labels":{"z":"1"},"resourceVersion":"9"}})");
  CHECK(cluster.groups().empty());
  cluster.list(node_type, R"({"metadata":{"name":"n1","labels":{"z":"2"}}},
                             {"metadata":{"name":"n2"}})");
  const std::string second = cluster.groups();
  CHECK(second.contains(R"(__meta_kubernetes_node_label_z="2")"));
  CHECK(second.contains(R"(__address__="10.0.0.2")"));
  CHECK_FALSE(second.contains("starting"));
}

TEST_CASE("endpoints follow the pods and services that they lead to") {
  Cluster cluster("endpoints");
  cluster.list(endpoints_type, R"({"metadata":{"name":"web","namespace":"d"},"subsets":[{
    "addresses":[{"ip":"10.0.0.1","targetRef":{"kind":"Pod","name":"p","namespace":"d"}}],
    "ports":[{"port":80,"protocol":"TCP"}]}]})");
  CHECK_FALSE(cluster.groups().contains("pod_name"));
  cluster.list(pod_type, R"({"metadata":{"name":"p","namespace":"d"},"spec":{"containers":[
    {"name":"c","ports":[{"containerPort":80},{"containerPort":81}]}]},
    "status":{"podIP":"10.0.0.1"}})");
  const std::string with_pod = cluster.groups();
  CHECK(with_pod.contains(R"(__meta_kubernetes_pod_name="p")"));
  CHECK(with_pod.contains(R"(__address__="10.0.0.1:81")"));
  cluster.list(service_type, R"({"metadata":{"name":"web","namespace":"d","labels":{"a":"b"}}})");
  CHECK(cluster.groups().contains(R"(__meta_kubernetes_service_label_a="b")"));
}

TEST_CASE("the second slice of a service with both address families has no targets") {
  Cluster cluster("endpointslice");
  cluster.list(service_type, R"({"metadata":{"name":"web","namespace":"d"},
    "spec":{"ipFamilyPolicy":"PreferDualStack","ipFamilies":["IPv6","IPv4"]}})");
  const auto slice = [](std::string_view family) {
    return fmt::format(R"({{"metadata":{{"name":"{0}","namespace":"d",
      "labels":{{"kubernetes.io/service-name":"web"}}}},"addressType":"{0}",
      "endpoints":[{{"addresses":["::1"]}}],"ports":[{{"port":1}}]}})",
                       family);
  };
  cluster.list(endpoint_slice_type, slice("IPv4") + "," + slice("IPv6"));
  const std::string groups = cluster.groups();
  CHECK(
      groups.starts_with("endpointslice/d/IPv4\nendpointslice/d/IPv6\n  {__address__=\"[::1]:1\""));
}

TEST_CASE("host patterns match one label") {
  CHECK(matches_host_pattern("*.a.test", "x.a.test"));
  CHECK_FALSE(matches_host_pattern("*.a.test", "x.y.a.test"));
  CHECK_FALSE(matches_host_pattern("*.a.test", "a.test"));
  CHECK(matches_host_pattern("a.test", "a.test"));
}

}  // namespace alloy::discovery::kubernetes
