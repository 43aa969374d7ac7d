// Who is in the cluster: SWIM membership with suspicion and gossip, as memberlist does it.
//
// A machine without a clock, threads or sockets of its own: it is told the time, what arrived and
// when to act, and answers through MembershipHost. So a test or a simulation of a thousand nodes
// drives it exactly as the program does. Not thread-safe: everything on one strand.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "cluster/broadcasts.h"
#include "cluster/messages.h"
#include "cluster/packet.h"
#include "cluster/rejections.h"
#include "cluster/timings.h"

namespace alloy::cluster {

// What the membership needs done.
class MembershipHost {
 public:
  virtual ~MembershipHost() = default;
  // Sends a packet and forgets it.
  virtual void send_packet(const Address& to, std::string packet) = 0;
  // Opens a push/pull exchange with a node; its answer goes to Membership::merge().
  virtual void start_push_pull(const Address& with) = 0;
  virtual void on_user_message(std::string_view message) = 0;
  virtual void on_join(std::string_view name, const Address& address) = 0;
  virtual void on_leave(std::string_view name) = 0;
  virtual void on_update(std::string_view name, const Address& address) = 0;
  virtual void on_conflict(std::string_view name) = 0;
};

struct MembershipOptions {
  std::string name;
  Address address;  // Where others reach us.
  std::string label;
  uint64_t seed = 0;  // Of every random choice.
  Logger logger;
  std::shared_ptr<Rejections> rejections = std::make_shared<Rejections>();
};

struct Member {
  std::string name;
  Address address;
  std::optional<std::string> meta;  // Unset and empty are told apart on the wire.
  std::string versions;
  uint32_t incarnation = 0;
  Liveness state = Liveness::dead;
  SteadyTime since;

  bool is_here() const { return state == Liveness::alive || state == Liveness::suspect; }
};

class Membership {
 public:
  Membership(MembershipOptions options, MembershipHost& host);
  ~Membership();

  // Makes ourselves a member and starts the timers.
  void start(SteadyTime now);
  // Takes a packet as it came; a malformed one is dropped with a reason.
  Result<void> handle_packet(std::string_view packet, SteadyTime now);
  // A connection to the node there broke; it may have ended.
  void on_connection_lost(const Address& address);
  // Nobody listens there. If that stays so, and nobody else gets through either, whoever was there
  // is dead: much sooner known than by waiting for answers, which may just be late.
  void on_refused(const Address& address, SteadyTime now);
  // Does everything that is due, and tells when to come again.
  SteadyTime tick(SteadyTime now);

  // Our side of a push/pull exchange.
  PushPull local_state(bool join, std::string user_state) const;
  // Takes the other side. Refuses all of it if any node's versions are incompatible.
  Result<void> merge(const PushPull& remote, SteadyTime now);

  // Says goodbye; `told` is called once enough packets carried it, or at once when nobody is there.
  void leave(SteadyTime now, std::function<void()> told);

  // Queues a message of the layer above. One with the same key replaces it.
  void broadcast(std::string key, std::string user_message, std::function<void()> finished = {});
  // Sends a message of the layer above to everybody at once, whatever gossip does.
  void tell_everybody(std::string user_message);
  // How many nodes the layer above counts when it limits its transmissions.
  void set_user_node_count(size_t nodes) { user_node_count_ = nodes; }

  const std::vector<std::unique_ptr<Member>>& members() const { return members_; }
  const Member* find(std::string_view name) const;
  size_t alive_count() const;
  int health_score() const { return health_score_; }
  uint32_t own_incarnation() const { return incarnation_; }
  const BroadcastQueue& membership_broadcasts() const { return membership_queue_; }

  // The rules, one for each message; public for the recorded scenarios.
  void on_alive(const Alive& alive, SteadyTime now);
  void on_suspect(const Suspect& suspect, SteadyTime now);
  void on_dead(const Dead& dead, SteadyTime now);
  // How far the suspicion of a member is; nothing if there is none.
  struct SuspicionInfo {
    int confirmations;
    int wanted;
  };
  std::optional<SuspicionInfo> suspicion_of(std::string_view name) const;

 private:
  struct Suspicion {
    SuspicionTimes times;
    SteadyTime start;
    uint32_t incarnation;
    std::set<std::string, std::less<>> accusers;  // The first one does not count.
    int confirmations() const { return static_cast<int>(accusers.size()) - 1; }
    SteadyTime deadline() const { return start + times.after(confirmations()); }
  };
  // One member being probed.
  struct Probe {
    std::string name;
    Address address;
    uint32_t sequence;
    SteadyTime direct_deadline;
    SteadyTime deadline;
    bool indirect = false;
    int nacks_expected = 0;
    int nacks = 0;
    bool acked = false;
  };
  // A member at whose address nobody listened; it is asked again until it answers or is given up.
  struct Refusal {
    uint32_t sequence;
    SteadyTime first;
    SteadyTime latest;
    SteadyTime next_ping;
    int count = 1;
    bool is_suspected = false;
  };
  // A ping that we send on behalf of somebody else.
  struct Relay {
    Address requester;
    uint32_t requester_sequence;
    bool nack;
    SteadyTime deadline;
  };

  Member* find_mutable(std::string_view name);
  Member& add_member(const Alive& alive, SteadyTime now);
  bool is_self(std::string_view name) const { return name == options_.name; }
  void set_state(Member& member, Liveness state, SteadyTime now);
  void refute(uint32_t accused_incarnation);
  void change_health(int by);
  Alive own_alive() const;
  // Whether an honest node may say such a thing of the node; counts it otherwise.
  bool is_plausible(const std::string& node, uint32_t incarnation);
  bool is_plausible(const Alive& alive);
  bool is_plausible_accuser(const std::string& from);
  void reject(Rejection reason, SteadyTime now, std::string_view text,
              std::initializer_list<LogField> fields = {});
  Result<void> check_versions(const PushPull& remote) const;

  void dispatch(std::string_view message, SteadyTime now, Result<void>& problem);
  void on_ping(const Ping& ping, SteadyTime now);
  void on_indirect_ping(const IndirectPing& ping, SteadyTime now);
  void on_ack(const Ack& ack);
  void on_nack(const Nack& nack);

  void begin_probe(SteadyTime now);
  Member* next_to_probe(SteadyTime now);
  void continue_probe(SteadyTime now);
  void finish_probe(SteadyTime now);
  void reap_and_shuffle(SteadyTime now);

  Member* member_at(const Address& address);
  void ping_aside(const Member& member, uint32_t sequence);
  void pursue_refusals(SteadyTime now);
  // When something is due.
  SteadyTime next_deadline() const;

  void gossip(SteadyTime now);
  std::vector<Member*> random_members(size_t count, const std::function<bool(const Member&)>& want);
  std::vector<std::string> queued_broadcasts(size_t bytes_used);
  void send(const Address& to, std::string message, std::string_view versions = {});
  void send_all(const Address& to, std::vector<std::string> messages, std::string_view versions);
  size_t random(size_t below);

  MembershipOptions options_;
  MembershipHost& host_;
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<Member>> members_;  // In the order of probing.
  std::unordered_map<std::string, Member*> by_name_;
  std::unordered_map<std::string, Suspicion> suspicions_;
  BroadcastQueue membership_queue_;
  BroadcastQueue user_queue_;
  size_t user_node_count_ = 1;
  uint32_t incarnation_ = 0;
  uint32_t sequence_ = 0;
  int health_score_ = 0;
  bool leaving_ = false;

  std::optional<Probe> probe_;
  std::map<uint32_t, Relay> relays_;
  std::unordered_map<std::string, Refusal> refusals_;  // By the member's name.
  size_t probe_index_ = 0;
  SteadyTime next_probe_;
  SteadyTime next_gossip_;
  SteadyTime next_push_pull_;
};

}  // namespace alloy::cluster
