// The cluster as a service of the program: finds the other nodes, keeps our node going, and tells
// components when their share of the work may have changed.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/log.h"
#include "base/metrics.h"
#include "cluster/configuration_notice.h"
#include "cluster/handover.h"
#include "cluster/http_transport.h"
#include "cluster/minimum_size.h"
#include "cluster/node.h"
#include "services/cluster.h"

namespace alloy {

struct ClusterServiceOptions {
  bool is_enabled = false;  // Otherwise a cluster of one that nobody can join.
  std::string node_name;
  std::string cluster_name;  // Only nodes with the same one talk to each other.
  std::vector<std::string> join_addresses;
  Duration rejoin_interval = 1min;  // Zero: never.
  size_t join_peers_max = 5;        // Zero: all.
  size_t minimum_size = 0;
  Duration minimum_size_timeout{};
  // --cluster.advertise-address (host or host:port) or, if empty, found on these interfaces.
  std::string advertise_address;
  std::vector<std::string> advertise_interfaces;
  // Finds nodes in place of the join addresses: "ip" or "ip:port" each.
  std::function<Task<Result<std::vector<std::string>>>()> discover = {};
  std::shared_ptr<const net::TlsPeerContext> tls;  // Between the nodes; null: none.
};

class ClusterService final : public Cluster {
 public:
  ClusterService(ClusterServiceOptions options, Executor& executor, Clock& clock, Logger logger);
  ~ClusterService() override;

  // Fixes our address, for which the port we serve on must be known. Before run().
  Task<Result<void>> prepare(uint16_t listen_port);
  // Joins the others and keeps up with them until asked to stop; then says goodbye.
  Task<> run(StopToken stop);
  // The configuration is in force: from now on we take our share. From any thread.
  void become_participant();
  // What the configuration in force is, to be compared with the others'. From any thread.
  void set_configuration(std::string hash);

  // Answers a request below cluster::transport_path.
  Task<net::ServerResponse> handle(net::ServerRequest request);

  std::shared_ptr<const ClusterView> view() const override;
  Subscription subscribe(std::function<void()> changed) override;
  // Those who take part or are about to leave, sorted by name. From any thread.
  std::vector<cluster::Peer> peers() const;
  // Adds the cluster's metrics, as far as clustering is enabled.
  void register_metrics(MetricRegistry& registry);

 private:
  struct Listener {
    std::function<void()> changed;
  };
  // What others threads may look at.
  struct Snapshot {
    std::shared_ptr<const ClusterView> view;
    bool is_large_enough = true;
    std::vector<cluster::Peer> peers;
    cluster::EventCounts events;
    uint64_t rebroadcasts = 0;
    int health_score = 0;
    size_t alive = 1;
    uint64_t lamport_time = 0;
    cluster::NodeRole role = cluster::NodeRole::viewer;
  };

  Task<> open();
  Task<> tick_loop(StopToken stop);
  Task<> notify_loop(StopToken stop);
  Task<> join_loop(StopToken stop);
  Task<> join_once(bool is_first);
  Task<Result<std::vector<cluster::Address>>> find_peers();
  Task<> take_part(StopToken stop);
  Task<> change_role(cluster::NodeRole to);
  Task<> say_goodbye();
  Task<> announce(cluster::NodeRole role);
  Task<> announce_to(cluster::Peer peer, std::string body);
  Result<void> on_own_kind(cluster::OwnKind kind, std::string_view body);
  Result<void> on_announcement(std::string_view content);
  Result<void> on_configuration_notice(std::string_view content);
  Task<> compare_loop(StopToken stop);
  Task<> use_configuration(std::string hash);
  std::vector<cluster::Peer> others() const;
  void wake();
  void refresh();
  void update_view();
  std::shared_ptr<const ClusterView> make_view(const std::vector<cluster::Peer>& peers);
  cluster::Ring ring_of(const std::vector<std::string>& names);
  void notify_listeners();
  void log_peers();
  void take_counts();
  void log_size_change(cluster::MinimumSize::Change change, size_t nodes);
  std::string peer_names() const;
  void collect_metrics(MetricFamilies& out) const;

  ClusterServiceOptions options_;
  Executor& executor_;
  Clock& clock_;
  Logger logger_;
  AnyExecutor strand_;
  std::shared_ptr<cluster::Rejections> rejections_ = std::make_shared<cluster::Rejections>();
  cluster::HttpTransport transport_;
  std::unique_ptr<cluster::Node> node_;  // From prepare() on; used on the strand.
  cluster::MinimumSize minimum_size_;
  std::mt19937_64 random_;
  uint16_t listen_port_ = 0;
  Event tick_;
  Event peers_changed_;
  cluster::ConfigurationComparison comparison_;  // On the strand.
  Event participate_;
  Event joined_;  // Or tried to.
  // What is to happen soon, and who doesn't take part in such agreements. On the strand.
  cluster::Announcements announcements_;
  std::set<std::string, std::less<>> unannounced_;
  bool is_everybody_told_ = false;     // By the last announcement.
  std::optional<WallTime> next_step_;  // When the work is spread anew.
  bool is_urgent_ = false;             // Listeners must know before the next step.
  bool has_work_moved_ = false;        // Listeners are to know when they were not called lately.
  bool has_begun_ = false;             // We take part, or have: before that nothing is ours.
  bool are_peers_logged_ = true;
  std::vector<cluster::Ring> recent_rings_;
  std::atomic<bool> is_updating_ = false;
  Histogram* update_duration_ = nullptr;  // With metrics only.

  mutable std::mutex mutex_;  // Guards everything below.
  Snapshot snapshot_;
  std::mutex listeners_mutex_;  // Guards the listeners, also while they are called.
  std::list<Listener> listeners_;
};

}  // namespace alloy
