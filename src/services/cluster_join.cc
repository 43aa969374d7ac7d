// How the service finds the other nodes: at the start, and again from time to time.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cluster/addresses.h"
#include "services/cluster_service.h"
#include "services/told.h"

namespace alloy {

using cluster::Address;

Task<> ClusterService::join_loop(StopToken stop) {
  if (options_.discover)
    logger_.info("using go-discovery to discover peers");
  else if (!options_.join_addresses.empty())
    logger_.info("using provided peers for discovery",
                 {{"join_peers", fmt::format("{}", fmt::join(options_.join_addresses, ", "))}});
  else
    logger_.info("no peer discovery configured: both join and discover peers are empty");
  co_await join_once(true);
  joined_.notify();
  while (options_.rejoin_interval > Duration::zero()) {
    if (co_await clock_.sleep(options_.rejoin_interval, stop) == Wake::stopped) co_return;
    co_await join_once(false);
  }
}

Task<Result<std::vector<Address>>> ClusterService::find_peers() {
  std::vector<std::string> entries = options_.join_addresses;
  if (options_.discover) {
    CO_TRY(entries, co_await options_.discover());
    // Who finds nobody is the first one, or everybody is gone.
    if (entries.empty()) co_return std::vector<Address>();
  }
  if (entries.empty()) co_return std::vector<Address>();
  co_return co_await cluster::resolve_join_addresses(executor_.blocking(), std::move(entries),
                                                     listen_port_, logger_);
}

Task<> ClusterService::join_once(bool is_first) {
  std::vector<Address> addresses;
  if (auto found = co_await find_peers())
    addresses = std::move(*found);
  else
    logger_.warn(is_first ? "failed to get peers to join at startup; will create a new cluster"
                          : "failed to refresh list of peers",
                 {{"err", found.error()}});
  if (options_.join_peers_max > 0 && addresses.size() > options_.join_peers_max) {
    std::shuffle(addresses.begin(), addresses.end(), random_);
    addresses.resize(options_.join_peers_max);
  }
  std::vector<std::string> texts;
  for (const Address& address : addresses) texts.push_back(cluster::format_address(address));
  const std::string peers = fmt::format("{}", fmt::join(texts, ","));
  if (is_first) {
    logger_.info("starting cluster node",
                 {{"peers_count", addresses.size()},
                  {"peers", peers},
                  {"advertise_addr",
                   cluster::format_address(node_->membership().find(options_.node_name)->address)},
                  {"minimum_cluster_size", options_.minimum_size},
                  {"minimum_size_wait_timeout", options_.minimum_size_timeout}});
  } else {
    logger_.info("rejoining peers", {{"peers_count", addresses.size()},
                                     {"min_cluster_size", options_.minimum_size},
                                     {"peers", peers}});
  }
  if (addresses.empty()) co_return;
  Told told;
  const auto result = std::make_shared<Result<size_t>>();
  node_->join(std::move(addresses), [result, callback = told.callback()](Result<size_t> joined) {
    *result = std::move(joined);
    callback();
  });
  co_await told.event->wait(StopToken{});
  wake();
  if (*result) co_return;
  const std::string problem = "failed to join memberlist: " + result->error().message();
  if (is_first)
    logger_.warn("failed to connect to peers; bootstrapping a new cluster", {{"err", problem}});
  else
    logger_.error("failed to rejoin list of peers", {{"err", problem}});
}

}  // namespace alloy
