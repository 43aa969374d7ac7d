// What a clustered program says about its cluster on /metrics.
#include "services/cluster_service.h"

namespace alloy {
namespace {

// The gossip protocol that the node speaks.
constexpr double protocol_version = 2;

class Adder {
 public:
  Adder(MetricFamilies& out, std::string cluster_name)
      : out_(out), cluster_({{"cluster_name", std::move(cluster_name)}}) {}

  void add(std::string name, std::string help, MetricType type, double value,
           MetricLabels labels = {}) {
    MetricFamily& family = out_[name];
    if (family.name.empty()) family = {name, std::move(help), type, {}};
    family.samples.push_back({std::move(name), std::move(labels), value});
  }
  // With the cluster's name.
  void add_named(std::string name, std::string help, MetricType type, double value,
                 MetricLabels labels = {}) {
    labels.insert(labels.end(), cluster_.begin(), cluster_.end());
    add(std::move(name), std::move(help), type, value, std::move(labels));
  }

 private:
  MetricFamilies& out_;
  MetricLabels cluster_;
};

void add_transport(Adder& out, const cluster::TransportStats& stats) {
  const auto counter = [&](std::string name, std::string help, uint64_t value) {
    out.add("cluster_transport_" + name, std::move(help), MetricType::counter,
            static_cast<double>(value));
  };
  const auto gauge = [&](std::string name, std::string help, auto value) {
    out.add("cluster_transport_" + name, std::move(help), MetricType::gauge,
            static_cast<double>(value));
  };
  counter("rx_packets_total", "Total number of HTTP/2 gossip transport packets read",
          stats.rx_packets);
  counter("rx_bytes_total", "Total number of HTTP/2 gossip transport bytes read", stats.rx_bytes);
  counter("tx_packets_total",
          "Total number of HTTP/2 gossip transport packets written (failed or otherwise)",
          stats.tx_packets);
  counter("tx_bytes_total",
          "Total number of HTTP/2 gossip transport bytes written (failed or otherwise)",
          stats.tx_bytes);
  gauge("tx_packets_failed_total", "Total number of failed HTTP/2 gossip transport packets",
        stats.tx_packets_failed.load());
  gauge("tx_packet_queue_length", "Current number of unprocessed outgoing packets",
        stats.tx_queue_length.load());
  // Packets are taken as they come; nothing waits.
  gauge("rx_packet_queue_length", "Current number of unprocessed incoming packets", 0);
  gauge("streams", "Current number of HTTP/2 transport data streams", stats.streams.load());
  gauge("stream_rx_packets_total", "Total number of HTTP/2 gossip transport stream packets read",
        stats.stream_rx_packets.load());
  gauge("stream_rx_bytes_total", "Total number of HTTP/2 gossip transport stream bytes read",
        stats.stream_rx_bytes.load());
  gauge("stream_tx_packets_total", "Total number of HTTP/2 gossip transport stream packets written",
        stats.stream_tx_packets.load());
  gauge("stream_tx_bytes_total", "Total number of HTTP/2 gossip transport stream bytes written",
        stats.stream_tx_bytes.load());
  gauge("stream_tx_packets_failed_total",
        "Total number of failed HTTP/2 gossip transport stream packets",
        stats.stream_tx_packets_failed.load());
}

// Not among the cluster_* names, which are the original's.
void add_rejections(Adder& out, const cluster::Rejections& rejections) {
  for (size_t i = 0; i < cluster::rejection_count; ++i) {
    const auto reason = static_cast<cluster::Rejection>(i);
    out.add("alloy_cluster_rejections_total",
            "Total number of things other nodes sent that were not taken.", MetricType::counter,
            static_cast<double>(rejections.of(reason)), {{"reason", std::string(name_of(reason))}});
  }
}

}  // namespace

void ClusterService::register_metrics(MetricRegistry& registry) {
  if (!options_.is_enabled) return;
  update_duration_ = &registry.histogram(
      "cluster_node_update_duration_seconds",
      "Histogram of the latency it took to process a change to the cluster state.",
      default_buckets(), {{"cluster_name", options_.cluster_name}});
  registry.collector([this](MetricFamilies& out) { collect_metrics(out); });
}

void ClusterService::collect_metrics(MetricFamilies& out) const {
  Snapshot now;
  {
    std::lock_guard lock(mutex_);
    now = snapshot_;
  }
  Adder add(out, options_.cluster_name);
  using enum MetricType;
  add.add("cluster_node_info",
          "Info about the local node. Label values will change as the node changes state.", gauge,
          1, {{"state", std::string(name_of(now.role))}});
  add.add("cluster_node_lamport_time", "The current lamport time of the node.", gauge,
          static_cast<double>(now.lamport_time));
  for (const auto role : {cluster::NodeRole::viewer, cluster::NodeRole::participant,
                          cluster::NodeRole::terminating}) {
    const auto count = std::count_if(now.peers.begin(), now.peers.end(),
                                     [&](const auto& peer) { return peer.role == role; });
    add.add_named("cluster_node_peers", "Current number of healthy peers by state", gauge,
                  static_cast<double>(count), {{"state", std::string(name_of(role))}});
  }
  for (const auto& [event, count] : now.events)
    add.add_named("cluster_node_gossip_received_events_total",
                  "Total number of gossip messages handled by the node.", counter,
                  static_cast<double>(count), {{"event", event}});
  if (now.rebroadcasts > 0)
    add.add_named("cluster_node_gossip_broadcasts_total",
                  "Total number of gossip messages broadcasted by the node.", counter,
                  static_cast<double>(now.rebroadcasts), {{"event", "state_change_message"}});
  add.add_named("cluster_node_gossip_alive_peers",
                "How many alive gossip peers a node has, including the local node.", gauge,
                static_cast<double>(now.alive));
  add.add_named("cluster_node_gossip_health_score",
                "Health value of a node; lower values means healthier. 0 is the minimum.", gauge,
                now.health_score);
  add.add_named("cluster_node_gossip_proto_version",
                "Gossip protocol version used by nodes to maintain the cluster", gauge,
                protocol_version);
  // The service is the node's one observer; components observe the service.
  add.add_named("cluster_node_update_observers",
                "Number of internal observers waiting for changes to cluster state.", gauge, 1);
  add.add_named("cluster_node_updating",
                "1 if the node is currently processing a change to the cluster state.", gauge,
                is_updating_ ? 1 : 0);
  add.add_named("cluster_ready_for_traffic",
                "Reports 1 when the cluster is ready to admit traffic, 0 otherwise.", gauge,
                now.is_large_enough ? 1 : 0);
  add.add_named("cluster_minimum_size",
                "The configured minimum cluster size required before admitting traffic to "
                "components that use clustering.",
                gauge, static_cast<double>(options_.minimum_size));
  add_transport(add, transport_.stats());
  add_rejections(add, *rejections_);
}

}  // namespace alloy
