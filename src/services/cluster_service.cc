#include "services/cluster_service.h"

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cluster/addresses.h"
#include "net/dns.h"

namespace alloy {
namespace {

using cluster::Address;
using cluster::NodeRole;

// How often components hear of changes at most.
constexpr Duration notify_interval = 1s;
// More names than this are cut short in the log.
constexpr size_t logged_names_max = 10;

uint64_t random_seed() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

// "host" or "host:port" to an address; names are looked up once.
Task<Result<Address>> resolve_advertise_address(AnyExecutor blocking, std::string text,
                                                uint16_t listen_port) {
  CO_TRY(const auto found, co_await cluster::resolve_join_addresses(
                               blocking, std::vector<std::string>(1, text), listen_port, Logger()));
  co_return found.front();
}

// Waits for a call that the node answers through a callback.
struct Told {
  std::shared_ptr<Event> event = std::make_shared<Event>();
  std::function<void()> callback() const {
    return [event = event] { event->notify(); };
  }
};

}  // namespace

ClusterService::ClusterService(ClusterServiceOptions options, Executor& executor, Clock& clock,
                               Logger logger)
    : options_(std::move(options)),
      executor_(executor),
      clock_(clock),
      logger_(std::move(logger)),
      strand_(executor.strand()),
      transport_(strand_, logger_),
      minimum_size_(options_.is_enabled ? options_.minimum_size : 0, options_.minimum_size_timeout,
                    clock.steady()),
      random_(random_seed()) {
  // Until the node is there everything is ours.
  snapshot_.view = std::make_shared<const ClusterView>(
      ClusterView{.ring = {}, .self = options_.node_name, .is_ready = minimum_size_.is_ready()});
}

ClusterService::~ClusterService() = default;

Task<Result<void>> ClusterService::prepare(uint16_t listen_port) {
  listen_port_ = listen_port;
  Address address{std::string("\x7f\0\0\1", 4), listen_port};
  if (!options_.advertise_address.empty()) {
    CO_TRY(address, co_await resolve_advertise_address(executor_.blocking(),
                                                       options_.advertise_address, listen_port));
  } else if (options_.is_enabled) {
    CO_TRY(const auto all, cluster::interface_addresses());
    const auto ip = cluster::choose_advertise_ip(all, options_.advertise_interfaces);
    if (ip) {
      address.ip = *ip;
    } else {
      logger_.warn(
          "could not find advertise address using network interfaces falling back to localhost",
          {{"err", ip.error()}});
    }
  }
  node_ = std::make_unique<cluster::Node>(cluster::NodeOptions{.name = options_.node_name,
                                                               .address = address,
                                                               .label = options_.cluster_name,
                                                               .seed = random_(),
                                                               .logger = logger_},
                                          clock_, transport_, [this] { refresh(); });
  co_return Result<void>{};
}

void ClusterService::wake() { tick_.notify(); }

void ClusterService::become_participant() { participate_.notify(); }

// On the strand: from here on the node lives.
Task<> ClusterService::open() {
  node_->start();
  transport_.set_inbound({.on_packet =
                              [this](std::string_view packet) {
                                auto result = node_->on_packet(packet);
                                wake();
                                return result;
                              },
                          .on_exchange =
                              [this](std::string_view request) {
                                auto answer = node_->on_exchange(request);
                                wake();
                                return answer;
                              }});
  co_return;
}

Task<> ClusterService::run(StopToken stop) {
  ASSERT(node_ != nullptr);
  StopSource loops_stop;
  TaskGroup loops(strand_, TaskGroup::Strands::shared);
  loops.spawn(open());
  loops.spawn(notify_loop(loops_stop.get_token()));
  if (options_.is_enabled) {
    loops.spawn(tick_loop(loops_stop.get_token()));
    loops.spawn(join_loop(stop));
  }
  if (co_await participate_.wait(stop) == Wake::notified) {
    co_await boost::asio::co_spawn(strand_, change_role(NodeRole::participant),
                                   boost::asio::use_awaitable);
    Event forever;
    co_await forever.wait(stop);
  }
  if (options_.is_enabled)
    co_await boost::asio::co_spawn(strand_, say_goodbye(), boost::asio::use_awaitable);
  loops_stop.request_stop();
  co_await loops.join();
  co_await transport_.close();
}

Task<> ClusterService::change_role(NodeRole to) {
  logger_.debug("changing node state", {{"from", name_of(node_->role())}, {"to", name_of(to)}});
  Told told;
  if (const auto changed = node_->change_role(to, told.callback()); !changed) {
    logger_.error(to == NodeRole::terminating ? "failed to change state to Terminating"
                                              : "failed to change state to Participant",
                  {{"err", changed.error()}});
    co_return;
  }
  wake();
  co_await told.event->wait(StopToken{}, cluster::leave_timeout);
}

Task<> ClusterService::say_goodbye() {
  co_await change_role(NodeRole::terminating);
  Told told;
  node_->leave(told.callback());
  wake();
  co_await told.event->wait(StopToken{}, cluster::leave_timeout);
}

Task<> ClusterService::tick_loop(StopToken stop) {
  while (!stop.stop_requested()) {
    const SteadyTime next = node_->tick();
    take_counts();
    co_await tick_.wait(stop, std::max(next - clock_.steady(), Duration::zero()));
  }
}

// Runs on the strand, on each change of peers or roles.
void ClusterService::refresh() {
  const SteadyTime start = clock_.steady();
  is_updating_ = true;
  Snapshot next;
  size_t taking_part = 0;
  for (const cluster::Peer& peer : node_->peers()) {
    if (peer.role == NodeRole::viewer) continue;
    ++taking_part;
  }
  const auto change = minimum_size_.update(taking_part, clock_.steady());
  log_size_change(change, taking_part);
  next.view = std::make_shared<const ClusterView>(ClusterView{
      .ring = *node_->ring(), .self = options_.node_name, .is_ready = minimum_size_.is_ready()});
  next.peers = node_->peers();
  next.role = node_->role();
  {
    std::lock_guard lock(mutex_);
    snapshot_ = std::move(next);
  }
  take_counts();
  is_updating_ = false;
  if (update_duration_ != nullptr)
    update_duration_->observe(std::chrono::duration<double>(clock_.steady() - start).count());
  peers_changed_.notify();
}

void ClusterService::take_counts() {
  std::lock_guard lock(mutex_);
  snapshot_.events = node_->received_events();
  snapshot_.rebroadcasts = node_->rebroadcasts();
  snapshot_.health_score = node_->membership().health_score();
  snapshot_.alive = node_->membership().alive_count();
  snapshot_.lamport_time = node_->roles().lamport_time();
}

void ClusterService::log_size_change(cluster::MinimumSize::Change change, size_t nodes) {
  using Change = cluster::MinimumSize::Change;
  const std::initializer_list<LogField> fields = {{"minimum_cluster_size", options_.minimum_size},
                                                  {"peers_count", nodes}};
  switch (change) {
    case Change::none:
      return;
    case Change::reached:
      return logger_.info("minimum cluster size reached, marking cluster as ready to admit traffic",
                          fields);
    case Change::lost:
      return logger_.warn(
          "minimum cluster size requirements are not met - marking cluster as not ready for "
          "traffic",
          {{"minimum_cluster_size", options_.minimum_size},
           {"peers_count", nodes},
           {"minimum_size_wait_timeout", options_.minimum_size_timeout}});
    case Change::deadline_passed:
      return logger_.warn("deadline passed, marking cluster as ready to admit traffic",
                          {{"minimum_cluster_size", options_.minimum_size},
                           {"peers_count", nodes},
                           {"minimum_size_wait_timeout", options_.minimum_size_timeout}});
  }
}

std::string ClusterService::peer_names() const {
  std::vector<std::string> names;
  for (const cluster::Peer& peer : node_->peers()) names.push_back(peer.name);
  if (names.size() > logged_names_max) {
    const std::string last = names.back();
    names[logged_names_max - 1] = "...";
    names[logged_names_max] = last;
    names.resize(logged_names_max + 1);
  }
  return fmt::format("{}", fmt::join(names, ","));
}

Task<> ClusterService::notify_loop(StopToken stop) {
  while (!stop.stop_requested()) {
    const auto deadline = minimum_size_.deadline();
    const Duration timeout =
        deadline ? std::max(*deadline - clock_.steady(), Duration::zero()) : Duration::max();
    const Wake wake = co_await peers_changed_.wait(stop, timeout);
    if (wake == Wake::stopped) co_return;
    if (wake == Wake::elapsed) refresh();  // The time to wait for enough nodes is over.
    if (options_.is_enabled)
      logger_.info("peers changed", {{"peers_count", node_->peers().size()},
                                     {"min_cluster_size", options_.minimum_size},
                                     {"peers", peer_names()}});
    {
      std::lock_guard lock(listeners_mutex_);
      for (const Listener& listener : listeners_) listener.changed();
    }
    if (co_await clock_.sleep(notify_interval, stop) == Wake::stopped) co_return;
  }
}

Task<> ClusterService::join_loop(StopToken stop) {
  co_await join_once(true);
  while (options_.rejoin_interval > Duration::zero()) {
    if (co_await clock_.sleep(options_.rejoin_interval, stop) == Wake::stopped) co_return;
    co_await join_once(false);
  }
}

Task<> ClusterService::join_once(bool is_first) {
  std::vector<Address> addresses;
  if (!options_.join_addresses.empty()) {
    auto found = co_await cluster::resolve_join_addresses(
        executor_.blocking(), options_.join_addresses, listen_port_, logger_);
    if (found)
      addresses = std::move(*found);
    else
      logger_.warn(is_first ? "failed to get peers to join at startup; will create a new cluster"
                            : "failed to refresh list of peers",
                   {{"err", found.error()}});
  }
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

Task<net::ServerResponse> ClusterService::handle(net::ServerRequest request) {
  if (!options_.is_enabled) co_return net::text_response(404, "clustering is disabled");
  co_return co_await transport_.handle(std::move(request));
}

std::shared_ptr<const ClusterView> ClusterService::view() const {
  std::lock_guard lock(mutex_);
  return snapshot_.view;
}

std::vector<cluster::Peer> ClusterService::peers() const {
  std::lock_guard lock(mutex_);
  std::vector<cluster::Peer> out;
  for (const cluster::Peer& peer : snapshot_.peers)
    if (peer.role != NodeRole::viewer) out.push_back(peer);
  return out;
}

Cluster::Subscription ClusterService::subscribe(std::function<void()> changed) {
  std::lock_guard lock(listeners_mutex_);
  const auto at = listeners_.insert(listeners_.end(), Listener{std::move(changed)});
  return Subscription([this, at] {
    std::lock_guard relock(listeners_mutex_);
    listeners_.erase(at);
  });
}

}  // namespace alloy
