// Whether all nodes run the same configuration: a few of them hear from time to time what we run.
#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "services/cluster_service.h"

namespace alloy {
namespace {

using cluster::ConfigurationNotice;
using cluster::OwnKind;

constexpr Duration notice_interval = 1min;
constexpr size_t notice_peers = 3;
constexpr Duration notice_timeout = 1s;

}  // namespace

void ClusterService::set_configuration(std::string hash) {
  if (options_.is_enabled)
    boost::asio::co_spawn(strand_, use_configuration(std::move(hash)), boost::asio::detached);
}

Task<> ClusterService::use_configuration(std::string hash) {
  comparison_.set_own(std::move(hash));
  co_return;
}

Task<> ClusterService::compare_loop(StopToken stop) {
  while (co_await clock_.sleep(notice_interval, stop) != Wake::stopped) {
    if (comparison_.own().empty()) continue;
    const std::string body = cluster::label_header(options_.cluster_name) +
                             encode(ConfigurationNotice{options_.node_name, comparison_.own()});
    std::vector<cluster::Peer> peers = others();
    std::ranges::shuffle(peers, random_);
    if (peers.size() > notice_peers) peers.resize(notice_peers);
    for (const cluster::Peer& peer : peers) {
      if (stop.stop_requested()) co_return;
      const auto said =
          co_await transport_.say(peer.address, OwnKind::configuration, body, notice_timeout);
      if (!said)
        logger_.debug("failed to tell the configuration",
                      {{"peer", peer.name}, {"err", said.error()}});
    }
  }
}

Result<void> ClusterService::on_configuration_notice(std::string_view content) {
  const auto notice = cluster::decode_configuration_notice(content);
  if (!notice) {
    rejections_->count(cluster::Rejection::malformed);
    return std::unexpected(notice.error());
  }
  if (notice->node != options_.node_name &&
      comparison_.is_lasting_difference(*notice, clock_.steady()))
    logger_.warn(
        "nodes of the cluster run different configurations, targets may be scraped twice or not at "
        "all",
        {{"peer", notice->node},
         {"peer_config_hash", notice->hash},
         {"config_hash", comparison_.own()}});
  return {};
}

Result<void> ClusterService::on_own_kind(OwnKind kind, std::string_view body) {
  const auto content = cluster::strip_label(body, options_.cluster_name);
  if (!content) {
    rejections_->count(cluster::reason_of(content.error()));
    return std::unexpected(content.error());
  }
  return kind == OwnKind::announcement ? on_announcement(*content)
                                       : on_configuration_notice(*content);
}

}  // namespace alloy
