#include "components/loki/shared/pod_tail/pod_target.h"

#include <doctest/doctest.h>

#include "services/cluster.h"

namespace alloy::loki {

TEST_CASE("a container is named by its own labels, or else by those of discovery") {
  const Target discovered({{"__meta_kubernetes_namespace", "n"},
                           {"__meta_kubernetes_pod_name", "p"},
                           {"__meta_kubernetes_pod_container_name", "c"},
                           {"__meta_kubernetes_pod_uid", "u"},
                           {"__pod_container_name__", "d"},
                           {"app", "web"}});
  const auto target = make_pod_target(discovered, discovered, "job");
  REQUIRE(target);
  CHECK(target->id() == "n/p:d");
  CHECK(target->labels.describe() == "{app=\"web\", instance=\"n/p:d\", job=\"job\"}");
  CHECK(target->position_key() ==
        PositionKey{"cursor-n/p:d:u", "{app=\"web\", instance=\"n/p:d\", job=\"job\"}"});
  const auto kept = make_pod_target(discovered, discovered, "job", DiscoveredLabels::kept);
  REQUIRE(kept);
  CHECK(kept->labels.get("__meta_kubernetes_pod_name") == "p");
  CHECK_FALSE(kept->labels.has("__pod_container_name__"));
}

TEST_CASE("labels that name no container are refused") {
  const Target pod({{"__pod_namespace__", "n"}, {"__pod_name__", "p"}});
  CHECK(make_pod_target(pod, pod, "job").error().message() == "missing pod container name label");
  CHECK(make_pod_target(pod, {}, "job").error().message() == "missing pod namespace label");
}

TEST_CASE("nodes share containers by the keys that the real program's nodes compute") {
  const Target target({{"__address__", "h:1"},
                       {"__meta_kubernetes_namespace", "default"},
                       {"__meta_kubernetes_pod_name", "a-0"}});
  CHECK(pod_cluster_labels(target).hash() == 0x2d2c1d45dbe573c1);
  CHECK(cluster::string_key(pod_cluster_labels(target).describe()) == 0x1fff62fd4527c7bb);
}

}  // namespace alloy::loki
