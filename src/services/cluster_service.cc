#include "services/cluster_service.h"

#include <boost/asio/co_spawn.hpp>

#include "cluster/addresses.h"

namespace alloy {
namespace {

using cluster::Address;
using cluster::NodeRole;

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

}  // namespace

ClusterService::ClusterService(ClusterServiceOptions options, Executor& executor, Clock& clock,
                               Logger logger)
    : options_(std::move(options)),
      executor_(executor),
      clock_(clock),
      logger_(std::move(logger)),
      strand_(executor.strand()),
      transport_(strand_, logger_, options_.tls, rejections_),
      minimum_size_(options_.is_enabled ? options_.minimum_size : 0, options_.minimum_size_timeout,
                    clock.steady()),
      random_(random_seed()) {
  snapshot_.is_large_enough = minimum_size_.is_ready();
  // Without a cluster everything is ours; with one nothing, until we take part.
  snapshot_.view = std::make_shared<const ClusterView>(
      ClusterView{.ring = {}, .self = options_.node_name, .is_ready = !options_.is_enabled});
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
                                                               .logger = logger_,
                                                               .rejections = rejections_},
                                          clock_, transport_, [this] { refresh(); });
  co_return Result<void>{};
}

void ClusterService::wake() { tick_.notify(); }

void ClusterService::become_participant() { participate_.notify(); }

// On the strand: from here on the node lives.
Task<> ClusterService::open() {
  node_->start();
  transport_.set_inbound({
      .on_packet =
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
          },
      .on_own_kind = [this](cluster::OwnKind kind,
                            std::string_view body) { return on_own_kind(kind, body); },
      .on_connection_lost =
          [this](const Address& address) {
            node_->on_connection_lost(address);
            wake();
          },
      .on_refused =
          [this](const Address& address) {
            node_->on_refused(address);
            wake();
          },
  });
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
    loops.spawn(compare_loop(stop));
  }
  if (co_await participate_.wait(stop) == Wake::notified) {
    co_await boost::asio::co_spawn(strand_, take_part(stop), boost::asio::use_awaitable);
    Event forever;
    co_await forever.wait(stop);
  }
  if (options_.is_enabled)
    co_await boost::asio::co_spawn(strand_, say_goodbye(), boost::asio::use_awaitable);
  loops_stop.request_stop();
  co_await loops.join();
  co_await boost::asio::co_spawn(strand_, transport_.close(), boost::asio::use_awaitable);
}

Task<> ClusterService::tick_loop(StopToken stop) {
  while (!stop.stop_requested()) {
    const SteadyTime next = node_->tick();
    take_counts();
    co_await tick_.wait(stop, std::max(next - clock_.steady(), Duration::zero()));
  }
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
