#include "cluster/simulation.h"

#include <fmt/format.h>

namespace alloy::cluster {

class Simulation::SimulatedClock final : public Clock {
 public:
  SteadyTime now{};

  WallTime wall() const override { return WallTime(now.time_since_epoch()); }
  SteadyTime steady() const override { return now; }
  Task<Wake> sleep_until(SteadyTime, StopToken) override {
    ASSERT(false);  // Nodes don't sleep: they are ticked.
    co_return Wake::stopped;
  }
};

struct Simulation::Host final : Transport {
  Simulation& simulation;
  size_t index;
  bool alive = true;
  bool leaving = false;
  bool refuses = false;     // Its machine says that nobody listens.
  bool has_changed = true;  // Since its view was last looked at.
  size_t view = 0;          // What it names as participants, as a sum of hashes.
  std::unique_ptr<Node> node;
  SteadyTime tick_at = SteadyTime::max();

  Host(Simulation& s, size_t i) : simulation(s), index(i) {}

  // What arrives at the other end, if it does, after the network's delay.
  void deliver(const Address& to, size_t bytes, std::function<void(Host&)> arrive,
               std::function<void()> lose = {}) {
    simulation.bytes_sent_ += bytes;
    const auto target = simulation.by_address_.find(to);
    const SteadyTime when = simulation.clock_->now + simulation.latency();
    if (target == simulation.by_address_.end() || !simulation.reaches(index, target->second)) {
      if (lose) simulation.at(simulation.clock_->now + stream_timeout, std::move(lose));
      return;
    }
    simulation.at(when,
                  [this, at = target->second, arrive = std::move(arrive), lose = std::move(lose)] {
                    Host& host = *simulation.hosts_[at];
                    if (host.alive) return arrive(host);
                    if (host.refuses) simulation.refuse(index, at);
                    if (lose) lose();
                  });
  }

  void send_packet(const Address& to, std::string packet) override {
    const size_t bytes = packet.size();
    deliver(to, bytes, [packet = std::move(packet)](Host& host) {
      ASSERT(host.node->on_packet(packet).has_value());
    });
  }

  void exchange(const Address& to, std::string request,
                std::function<void(Result<std::string>)> done) override {
    const size_t bytes = request.size();
    const auto call_back = [this, done](Result<std::string> result) {
      if (alive) done(std::move(result));
    };
    deliver(
        to, bytes,
        [this, request = std::move(request), call_back](Host& host) {
          Result<std::string> answer = host.node->on_exchange(request);
          if (answer) simulation.bytes_sent_ += answer->size();
          simulation.at(simulation.clock_->now + simulation.latency(),
                        [call_back, answer = std::move(answer)] { call_back(answer); });
        },
        [call_back] { call_back(fail("timeout", ErrorKind::timeout)); });
  }
};

Simulation::Simulation(uint64_t seed, NetworkConditions conditions)
    : clock_(std::make_unique<SimulatedClock>()), random_(seed), conditions_(conditions) {}

Simulation::~Simulation() = default;

void Simulation::at(SteadyTime when, std::function<void()> action) {
  events_.push({when, next_order_++, std::move(action)});
}

Duration Simulation::latency() {
  return Duration(std::uniform_int_distribution<int64_t>(conditions_.latency_min.count(),
                                                         conditions_.latency_max.count())(random_));
}

bool Simulation::reaches(size_t from, size_t to) {
  if (parted_.contains(from) != parted_.contains(to)) return false;
  return std::uniform_real_distribution<double>()(random_) >= conditions_.loss;
}

void Simulation::schedule_tick(size_t index, SteadyTime when) {
  Host& host = *hosts_[index];
  if (when >= host.tick_at) return;
  host.tick_at = when;
  at(when, [this, index, when] {
    Host& ticked = *hosts_[index];
    if (!ticked.alive || ticked.tick_at != when) return;
    ticked.tick_at = SteadyTime::max();
    schedule_tick(index, ticked.node->tick());
  });
}

size_t Simulation::start_node(std::optional<size_t> through) {
  const size_t index = hosts_.size();
  hosts_.push_back(std::make_unique<Host>(*this, index));
  Host& host = *hosts_.back();
  std::string ip(4, '\x0a');
  ip[1] = static_cast<char>(index >> 16);
  ip[2] = static_cast<char>(index >> 8);
  ip[3] = static_cast<char>(index);
  const Address address{ip, 12345};
  by_address_[address] = index;
  host.node = std::make_unique<Node>(
      NodeOptions{.name = fmt::format("node-{}", index), .address = address, .seed = random_()},
      *clock_, host, [this, &host] {
        host.has_changed = true;
        ++changes_;
      });
  host.node->start();
  schedule_tick(index, clock_->now + gossip_interval);
  if (through) rejoin(index, *through);
  ASSERT(host.node->change_role(NodeRole::participant, {}).has_value());
  return index;
}

void Simulation::rejoin(size_t index, size_t through) {
  if (!hosts_[index]->alive || hosts_[index]->leaving) return;
  for (const auto& [address, at] : by_address_)
    if (at == through) hosts_[index]->node->join({address}, [](const Result<size_t>&) {});
}

void Simulation::crash(size_t index) { hosts_[index]->alive = false; }

void Simulation::kill(size_t index) {
  crash(index);
  hosts_[index]->refuses = true;
  const Address& address =
      hosts_[index]->node->membership().find(hosts_[index]->node->name())->address;
  for (const auto& host : hosts_)
    if (host->alive && reaches(index, host->index))
      at(clock_->now + latency(), [this, to = host->index, address] {
        if (!hosts_[to]->alive) return;
        hosts_[to]->node->on_connection_lost(address);
      });
}

void Simulation::refuse(size_t sender, size_t receiver) {
  const Address& address =
      hosts_[receiver]->node->membership().find(hosts_[receiver]->node->name())->address;
  at(clock_->now + latency(), [this, sender, address] {
    Host& host = *hosts_[sender];
    if (!host.alive) return;
    host.node->on_refused(address);
    schedule_tick(sender, clock_->now);
  });
}

void Simulation::leave(size_t index) {
  Host& host = *hosts_[index];
  host.leaving = true;
  const auto gone = [this, index] { crash(index); };
  const auto goodbye = [this, index, gone] {
    // Not from within the broadcast that just finished.
    at(clock_->now, [this, index, gone] { hosts_[index]->node->leave(gone); });
  };
  ASSERT(host.node->change_role(NodeRole::terminating, goodbye).has_value());
}

void Simulation::part(std::set<size_t> group) { parted_ = std::move(group); }

bool Simulation::step() {
  if (events_.empty()) return false;
  Event event = std::move(const_cast<Event&>(events_.top()));
  events_.pop();
  clock_->now = event.when;
  event.action();
  return true;
}

void Simulation::run_for(Duration duration) {
  const SteadyTime end = clock_->now + duration;
  while (!events_.empty() && events_.top().when <= end) step();
  clock_->now = end;
}

std::optional<Duration> Simulation::run_until(const std::function<bool()>& condition,
                                              Duration limit) {
  const SteadyTime start = clock_->now;
  constexpr Duration check_every = 50ms;
  while (!condition()) {
    if (clock_->now - start >= limit) return std::nullopt;
    run_for(check_every);
  }
  return clock_->now - start;
}

// Views are compared as sums of hashes: a thousand nodes have a million entries.
bool Simulation::all_agree() const {
  size_t expected[2] = {};
  for (const auto& host : hosts_)
    if (host->alive && !host->leaving)
      expected[parted_.contains(host->index)] += string_key(host->node->name());
  for (const auto& host : hosts_) {
    if (!host->alive || host->leaving) continue;
    if (std::exchange(host->has_changed, false)) {
      host->view = 0;
      for (const Peer& peer : host->node->peers())
        if (peer.role == NodeRole::participant) host->view += string_key(peer.name);
    }
    if (host->view != expected[parted_.contains(host->index)]) return false;
  }
  return true;
}

const Node& Simulation::node(size_t index) const { return *hosts_[index]->node; }

size_t Simulation::living() const {
  return static_cast<size_t>(
      std::count_if(hosts_.begin(), hosts_.end(), [](const auto& host) { return host->alive; }));
}

Duration Simulation::elapsed() const { return clock_->now.time_since_epoch(); }

}  // namespace alloy::cluster
