// A cluster in one loop: virtual time, a network that delays, loses and parts, and everything
// drawn from one seed, so that a run can be repeated to the last packet.
#pragma once

#include <map>
#include <memory>
#include <queue>
#include <random>
#include <set>
#include <vector>

#include "cluster/node.h"

namespace alloy::cluster {

struct NetworkConditions {
  Duration latency_min = 1ms;
  Duration latency_max = 5ms;
  double loss = 0;  // Of packets and of exchanges, 0 to 1.
};

class Simulation {
 public:
  explicit Simulation(uint64_t seed, NetworkConditions conditions = {});
  ~Simulation();

  // Starts a node that joins through `through` (an earlier node; none: alone) and becomes a
  // participant. Gives its index.
  size_t start_node(std::optional<size_t> through = std::nullopt);
  // Dead at once, without a word: the machine is gone, so packets vanish ...
  void crash(size_t index);
  // ... or only the program, so that connections break and new ones are refused.
  void kill(size_t index);
  // Terminating, goodbye, gone.
  void leave(size_t index);
  // Tells a node that nobody listens where another one is.
  void refuse(size_t sender, size_t receiver);
  // Nodes in different groups don't hear each other; an empty set heals.
  void part(std::set<size_t> group);
  // Lets a node join again through another, as the rejoin timer does.
  void rejoin(size_t index, size_t through);

  void run_for(Duration duration);
  // Runs until the condition holds; gives the virtual time that took, or nothing after `limit`.
  std::optional<Duration> run_until(const std::function<bool()>& condition, Duration limit);

  // Whether every living node names the living participants that it can hear, all of them and
  // no others.
  bool all_agree() const;
  const Node& node(size_t index) const;
  size_t living() const;
  uint64_t bytes_sent() const { return bytes_sent_; }
  // How often any node's view of the others has changed.
  uint64_t changes() const { return changes_; }
  Duration elapsed() const;

 private:
  class SimulatedClock;
  struct Host;
  struct Event {
    SteadyTime when;
    uint64_t order;
    std::function<void()> action;
    bool operator>(const Event& other) const {
      return std::tie(when, order) > std::tie(other.when, other.order);
    }
  };

  void at(SteadyTime when, std::function<void()> action);
  void schedule_tick(size_t index, SteadyTime when);
  bool reaches(size_t from, size_t to);
  bool step();
  Duration latency();

  std::unique_ptr<SimulatedClock> clock_;
  std::mt19937_64 random_;
  NetworkConditions conditions_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::map<Address, size_t> by_address_;
  std::set<size_t> parted_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  uint64_t next_order_ = 0;
  uint64_t bytes_sent_ = 0;
  uint64_t changes_ = 0;
};

}  // namespace alloy::cluster
