#include "components/prometheus/shared/operator/scrape_pools.h"

#include <doctest/doctest.h>

namespace alloy::prometheus::operators {

TEST_CASE("a cluster shares the operators' targets by the keys that the real nodes compute") {
  const Target target(
      {{"__address__", "h:1"}, {"__meta_kubernetes_pod_name", "a-0"}, {"group", "g"}});
  CHECK(operator_cluster_key(target) == 0x9cf78603b09504c0);
}

}  // namespace alloy::prometheus::operators
