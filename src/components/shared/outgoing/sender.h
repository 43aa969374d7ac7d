// Sends what lies in an endpoint's queues: in order, again and again while the failure may pass,
// with the cursor moving only once the endpoint has answered.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

#include "base/clock.h"
#include "base/log.h"
#include "base/task.h"
#include "components/shared/outgoing/queue_store.h"
#include "components/shared/outgoing/set_aside.h"
#include "net/http_client.h"
#include "queue/reader.h"

namespace alloy::outgoing {

// What an answer means beyond its status code.
struct Review {
  enum class Verdict : unsigned char {
    as_usual,
    again,    // At once, with the changed record.
    refused,  // For `error`.
  };
  Verdict verdict = Verdict::as_usual;
  std::string error;
};

// Follows the records of one endpoint: its metrics and logs, and what is particular to its
// protocol. Called from any thread, several at a time.
class SendObserver {
 public:
  virtual ~SendObserver() = default;

  // Before each attempt: the part of the payload that is the request's body; may change headers.
  virtual std::string_view prepare(const queue::Record& record, net::Headers&) const {
    return record.payload;
  }
  // Whose record it is, where an endpoint limits (429) each tenant by itself: the others' records
  // go on meanwhile. Empty: nobody's in particular.
  virtual std::string_view tenant(const queue::Record&) const { return {}; }
  // Before each attempt: takes out (and counts) what has become too old, and changes what the
  // endpoint would not take. True: nothing is left.
  virtual bool drop_outdated(queue::Record&) { return false; }

  // The endpoint has answered: may change the record, so that only what is left counts as sent or
  // refused.
  virtual Review review(queue::Record&, const net::Response&) { return {}; }

  // An attempt was answered, or failed (-1).
  virtual void on_attempt(const queue::Record& record, int status, double seconds) = 0;
  virtual void on_sent(const queue::Record& record) = 0;
  // The endpoint refused it, or all attempts failed: it is lost. To be logged.
  virtual void on_refused(const queue::Record& record, int status, const std::string& error) = 0;
  // It failed in a way that may pass.
  virtual void on_retry(const queue::Record& record) = 0;
  // The queue had to let go of these before they could be sent.
  virtual void on_dropped(queue::DropReason reason, const queue::Counts& counts) = 0;
};

// Changes requests right before they are sent: adds credentials, chooses an address. From any
// thread, several at a time.
class RequestPreparation {
 public:
  virtual ~RequestPreparation() = default;
  // A failure counts as one that may pass.
  virtual Task<Result<>> prepare(net::Request* request, StopToken stop) = 0;
};

// How to reach the endpoint; may change while requests are on their way.
struct Destination {
  std::shared_ptr<net::HttpClient> client;
  std::string url;
  std::string shown_url;  // Without a password.
  net::Headers headers;
  Duration timeout = 30s;
  Duration backoff_min = 30ms;
  Duration backoff_max = 5s;
  uint64_t attempts_max = 0;  // A record that failed so often is given up; 0: never.
  bool retry_on_429 = true;
  bool announces_retries = true;  // By a header Retry-Attempt.
  size_t lanes_max = 50;          // Requests on their way at once.
  std::shared_ptr<SendObserver> observer;
  std::vector<std::shared_ptr<RequestPreparation>> preparations;  // In this order.
};

class Sender {
 public:
  struct Options {
    Clock& clock;
    Logger logger;
    AnyExecutor executor;
  };

  Sender(Options options, std::string key);

  // What is being tried right now goes on with this at once.
  void set_destination(std::shared_ptr<const Destination> destination);
  // Gets to know when a queue that takes no more records has been sent.
  void set_store(std::shared_ptr<QueueStore> store);
  // Which queues to send, oldest first; only the last still takes records.
  void set_queues(std::vector<std::shared_ptr<queue::Log>> queues);
  // The name of its readers has become this.
  void set_key(std::string key);
  std::string key() const;

  // Sends until asked to stop.
  static Task<> run(std::shared_ptr<Sender> self, StopToken stop);
  // From now on a failure is not followed by another attempt: the program is about to end.
  void set_hurry();
  // Whether there is nothing to send, or no hope in a hurry.
  bool is_done() const;
  // Whether the last attempt failed in a way that may pass.
  bool is_failing() const;

  // Waiting or on their way.
  queue::Counts pending() const;
  uint64_t records_pending() const;
  // Of these, those of tenants that the endpoint limits just now.
  uint64_t records_set_aside() const;

 private:
  enum class Verdict : unsigned char { delivered, refused, try_again, again_at_once, stopped };
  struct Attempt {
    Verdict verdict = Verdict::try_again;
    int status = -1;
    Duration wait = 0s;  // What the endpoint asks for.
    std::string error;
  };
  struct Batch {
    std::shared_ptr<queue::Reader> reader;
    queue::Record record;
  };
  // What the sender has to do next.
  struct Work {
    std::shared_ptr<queue::Log> log;
    std::string key;
    bool is_last = true;
    StopToken interrupt;  // Asked when any of it may have changed.
  };

  Work work() const;
  void interrupt();
  std::shared_ptr<const Destination> destination() const;
  bool is_hopeless() const;
  void finish_queue(const std::shared_ptr<queue::Log>& log);
  Task<> send_all(StopToken stop);
  Task<> send_queue(Work work, StopToken stop);
  Task<bool> send_next(std::shared_ptr<queue::Reader> reader, Work work, StopToken stop);
  Task<> wait_for_lanes(uint64_t formation, uint16_t lane, StopToken stop);
  bool enter_lane(uint64_t formation, uint16_t lane);
  Task<> deliver_in_lane(Batch batch, StopToken stop);
  Task<> deliver(Batch batch, StopToken stop);
  // In sender_set_aside.cc.
  bool is_limited(const Attempt& attempt, const queue::Record& record,
                  const Destination& destination) const;
  bool set_aside(const Batch& batch, Duration wait, const StopToken& stop);
  Task<bool> follow_set_aside(Batch* batch, StopToken stop);
  Task<> send_set_aside(std::shared_ptr<queue::Reader> reader, std::string tenant, Duration wait,
                        StopToken stop);
  Task<Attempt> try_set_aside(std::shared_ptr<queue::Reader> reader, SetAside::Place place,
                              uint64_t number, StopToken stop);
  bool finish_set_aside(queue::Reader& reader, const std::string& tenant, uint64_t sequence);
  Task<> give_up_set_aside();
  Task<Attempt> attempt(queue::Record* record, std::shared_ptr<const Destination> destination,
                        uint64_t number, StopToken stop);
  Attempt judge(const net::Response& response, const Destination& destination) const;
  void note(const Attempt& attempt, const queue::Record& record, const Destination& destination);
  Task<> pause(Duration duration, StopToken interrupt, StopToken stop);
  void count_queue_drops(const queue::Reader& reader);

  Options options_;
  TaskGroup lanes_;
  TaskGroup limited_;  // Each tries what was set aside of a tenant.
  Event lane_freed_;
  std::atomic<int> requests_under_way_ = 0;
  mutable std::mutex mutex_;  // Guards everything below.
  std::string key_;
  std::shared_ptr<const Destination> destination_;
  std::shared_ptr<QueueStore> store_;
  std::vector<std::shared_ptr<queue::Log>> queues_;
  StopSource interrupt_;
  std::vector<uint16_t> busy_lanes_;
  uint64_t formation_ = 0;  // Which set of lanes is on its way.
  queue::Log* drops_of_ = nullptr;
  std::array<queue::Counts, queue::drop_reasons> counted_drops_ = {};
  SetAside aside_;
  bool gives_up_aside_ = false;
  bool hurry_ = false;
  bool failing_ = false;  // The last attempt failed.
};

// What Retry-After says: seconds or a date (RFC 9110, section 10.2.3); 0 if nothing usable.
Duration parse_retry_after(std::string_view text, WallTime now);

}  // namespace alloy::outgoing
