#include "components/prometheus/shared/operator/scrape_pools.h"

#include <doctest/doctest.h>

namespace alloy::prometheus::operators {

TEST_CASE("a cluster shares the operators' targets by their address, in the real one's spelling") {
  const Target target(
      {{"__address__", "10.0.0.1:80"}, {"__meta_kubernetes_pod_name", "p"}, {"group", "g"}});
  CHECK(operator_cluster_key(target) == cluster::string_key("{__address__=\"10.0.0.1:80\"}"));
}

}  // namespace alloy::prometheus::operators
