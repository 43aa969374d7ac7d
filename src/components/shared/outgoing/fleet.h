// What the writers of every kind of signal have in common: their endpoints at work, each with a
// sender, and the outboxes that endpoints of equal settings share.
//
// A writer says what an endpoint of its kind is (`Member`, derived from FleetMember) and answers
// what differs (FleetOwner). The fleet knows who goes on as whom after an update, who reads from
// which queue, and runs all of it.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "components/shared/outgoing/outbox_list.h"
#include "components/shared/outgoing/queue_store.h"
#include "components/shared/outgoing/sender.h"

namespace alloy::outgoing {

// An endpoint. Its plan is what the arguments say: it has an `identity`, a `destination` without an
// observer, and `settings` that decide with whom it can share an outbox.
template <class PlanType, class OutboxType>
struct FleetMember {
  using Plan = PlanType;
  using Outbox = OutboxType;

  Plan plan;
  std::shared_ptr<Sender> sender;
  std::shared_ptr<Outbox> outbox;
  StopSource stop;
  bool is_running = false;
};

// All of it is called in update() or run() of the fleet.
template <class Member>
class FleetOwner {
 public:
  using Plan = typename Member::Plan;
  using Outbox = typename Member::Outbox;

  virtual ~FleetOwner() = default;
  // The member, new or with another plan until now, goes on with this one.
  virtual void adopt(Member& member, Plan plan) = 0;
  virtual Logger logger_of(const Plan& plan) const = 0;
  virtual std::shared_ptr<Outbox> make_outbox(const Plan& plan,
                                              std::shared_ptr<queue::Log> log) = 0;
  // These members send what goes into the outbox. No batch is under way.
  virtual void share(Outbox&, const std::vector<Member*>&) {}
  // The member is about to send: who watches it?
  virtual std::shared_ptr<SendObserver> observe(Member& member) = 0;
  // Every few seconds.
  virtual void housekeep() {}
};

template <class Member>
class Fleet {
 public:
  using Plan = typename Member::Plan;
  using Outbox = typename Member::Outbox;
  using Members = std::vector<std::unique_ptr<Member>>;

  // `outboxes` are those that batches are handed to. The owner outlives the fleet.
  Fleet(FleetOwner<Member>& owner, OutboxList<Outbox>& outboxes, Clock& clock, AnyExecutor executor)
      : owner_(owner), outboxes_(outboxes), clock_(clock), executor_(std::move(executor)) {}

  // Opens the queues the first time; later, only their age changes.
  Result<> open_store(QueueStore::Options options) {
    if (store_) {
      store_->set_age_max(options.age_max);
      return {};
    }
    TRY(store_, QueueStore::open(std::move(options)));
    return {};
  }
  const std::shared_ptr<QueueStore>& store() const { return store_; }

  // These are the endpoints from now on. The store must be open.
  Result<> update(std::vector<Plan> plans) {
    Members members = adopt(std::move(plans));
    const auto assigned = assign_queues(members);
    for (const auto& gone : members_) {
      if (gone) gone->stop.request_stop();
    }
    members_ = std::move(members);
    // Without a queue (the disk failed) an endpoint rests until the next update.
    std::erase_if(members_, [](const auto& member) { return member->outbox == nullptr; });
    for (const auto& member : members_) configure(*member);
    changed_.notify();
    return assigned;
  }
  const Members& members() const { return members_; }

  // Runs senders and outboxes until asked to stop; sends then for at most drain_time what can be
  // sent, and leaves the rest for the next run.
  Task<> run(StopToken stop) {
    TaskGroup tasks(executor_);
    start_new(tasks);
    while (!stop.stop_requested()) {
      if (co_await changed_.wait(stop, tidy_interval) == Wake::elapsed) {
        if (store_) store_->tidy();
        owner_.housekeep();
      }
      start_new(tasks);
    }
    co_await drain();
    for (const auto& member : members_) member->stop.request_stop();
    for (RunningOutbox& running : running_) running.stop.request_stop();
    co_await tasks.join();
    // What came meanwhile stays for the next run.
    seal_all();
  }
  void set_drain_time(Duration duration) { drain_time_ = duration; }

  static constexpr Duration drain_time_default = 5s;

 private:
  struct RunningOutbox {
    std::shared_ptr<Outbox> outbox;
    StopSource stop;
  };

  // Finds for each plan the member it was before, so that it goes on where it is.
  Members adopt(std::vector<Plan> plans) {
    std::vector<EndpointIdentity> identities;
    std::vector<std::string> keys;
    for (const Plan& plan : plans) {
      identities.push_back(plan.identity);
      keys.push_back(plan.identity.key());
    }
    const std::vector<std::string> old_keys = match_identities(identities, store_->reader_keys());
    store_->rename_readers(old_keys, keys);
    Members members;
    for (size_t i = 0; i < plans.size(); ++i) {
      const auto found = std::ranges::find_if(members_, [&](const auto& member) {
        return member && member->plan.identity.key() == old_keys[i];
      });
      auto member = found != members_.end() ? std::move(*found) : std::make_unique<Member>();
      owner_.adopt(*member, std::move(plans[i]));
      if (!member->sender) {
        member->sender = std::make_shared<Sender>(
            Sender::Options{
                .clock = clock_, .logger = owner_.logger_of(member->plan), .executor = executor_},
            keys[i]);
      }
      member->sender->set_key(keys[i]);
      members.push_back(std::move(member));
    }
    return members;
  }

  // Members of equal settings share an outbox; the batches stop for the time it takes.
  Result<> assign_queues(const Members& members) {
    Result<> result;
    outboxes_.change([&](const auto& present) {
      for (const auto& outbox : present) outbox->seal();
      typename OutboxList<Outbox>::Outboxes chosen;
      std::vector<std::shared_ptr<queue::Log>> logs;
      std::map<uint64_t, std::vector<Member*>> groups;
      for (const auto& member : members) {
        groups[member->plan.settings.hash()].push_back(member.get());
      }
      for (const auto& [settings, group] : groups) {
        std::vector<std::string> keys;
        for (const Member* member : group) keys.push_back(member->plan.identity.key());
        auto log = store_->assign(settings, keys);
        if (!log) {
          result = std::unexpected(std::move(log).error());
          return present;
        }
        const auto same = std::ranges::find(present, *log, [](const auto& o) { return o->log(); });
        auto outbox = same != present.end() ? *same : owner_.make_outbox(group.front()->plan, *log);
        owner_.share(*outbox, group);
        for (Member* member : group) member->outbox = outbox;
        logs.push_back(*std::move(log));
        chosen.push_back(std::move(outbox));
      }
      store_->set_current(std::move(logs));
      return chosen;
    });
    return result;
  }

  void configure(Member& member) {
    member.plan.destination->observer = owner_.observe(member);
    member.sender->set_destination(member.plan.destination);
    member.sender->set_store(store_);
    member.sender->set_queues(store_->queues_of(member.plan.identity.key()));
  }

  void start_new(TaskGroup& tasks) {
    const auto present = outboxes_.all();
    std::erase_if(running_, [&](RunningOutbox& running) {
      if (std::ranges::find(present, running.outbox) != present.end()) return false;
      running.stop.request_stop();
      return true;
    });
    for (const auto& outbox : present) {
      if (std::ranges::find(running_, outbox, &RunningOutbox::outbox) != running_.end()) continue;
      RunningOutbox running{.outbox = outbox};
      tasks.spawn(Outbox::run(outbox, running.stop.get_token()));
      running_.push_back(std::move(running));
    }
    for (const auto& member : members_) {
      if (std::exchange(member->is_running, true)) continue;
      tasks.spawn(Sender::run(member->sender, member->stop.get_token()));
    }
  }

  void seal_all() {
    for (const auto& outbox : outboxes_.all()) outbox->seal();
  }

  Task<> drain() {
    seal_all();
    for (const auto& member : members_) member->sender->set_hurry();
    for (Duration waited = 0s; waited < drain_time_; waited += drain_poll) {
      const bool done = std::ranges::all_of(
          members_, [](const auto& member) { return member->sender->is_done(); });
      if (done) break;
      co_await sleep_for(drain_poll, {});
    }
  }

  static constexpr Duration tidy_interval = 5s;
  static constexpr Duration drain_poll = 20ms;

  FleetOwner<Member>& owner_;
  OutboxList<Outbox>& outboxes_;
  Clock& clock_;
  AnyExecutor executor_;
  std::shared_ptr<QueueStore> store_;
  Members members_;
  std::vector<RunningOutbox> running_;
  Duration drain_time_ = drain_time_default;
  Event changed_;
};

}  // namespace alloy::outgoing
