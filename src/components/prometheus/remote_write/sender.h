// Sends what lies in an endpoint's queues: in order, again and again while the failure may pass,
// with the cursor moving only once the endpoint has answered.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "base/clock.h"
#include "base/log.h"
#include "base/task.h"
#include "components/prometheus/remote_write/endpoint_metrics.h"
#include "components/prometheus/remote_write/log_store.h"
#include "net/http_client.h"
#include "queue/reader.h"

namespace alloy::prometheus::remote_write {

// How to reach the endpoint; may change while requests are on their way.
struct Delivery {
  std::shared_ptr<net::HttpClient> client;
  std::string url;
  std::string shown_url;  // Without a password.
  net::Headers headers;
  Duration timeout = 30s;
  Duration backoff_min = 30ms;
  Duration backoff_max = 5s;
  bool retry_on_429 = true;
  Duration sample_age_max = 0s;  // 0: no limit.
  size_t lanes_max = 50;         // Requests on their way at once.
  std::shared_ptr<EndpointMetrics> metrics;
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
  void set_delivery(std::shared_ptr<const Delivery> delivery);
  // Gets to know when a queue that takes no more records has been sent.
  void set_store(std::shared_ptr<LogStore> store);
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

 private:
  enum class Verdict : unsigned char { delivered, refused, try_again, stopped };
  struct Attempt {
    Verdict verdict = Verdict::try_again;
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
  std::shared_ptr<const Delivery> delivery() const;
  bool is_hopeless() const;
  void finish_queue(const std::shared_ptr<queue::Log>& log);
  Task<> send_all(StopToken stop);
  Task<> send_queue(Work work, StopToken stop);
  Task<bool> send_next(std::shared_ptr<queue::Reader> reader, Work work, StopToken stop);
  Task<> wait_for_lanes(uint64_t formation, uint16_t lane, StopToken stop);
  bool enter_lane(uint64_t formation, uint16_t lane);
  Task<> deliver_in_lane(Batch batch, StopToken stop);
  Task<> deliver(Batch batch, StopToken stop);
  bool drop_what_is_too_old(queue::Record& record, const Delivery& delivery);
  Task<Attempt> attempt(std::string_view payload, std::shared_ptr<const Delivery> delivery,
                        int number, StopToken stop);
  Attempt judge(const net::Response& response, const Delivery& delivery) const;
  void note(const Attempt& attempt, const queue::Record& record, const Delivery& delivery);
  Task<> pause(Duration duration, StopToken interrupt, StopToken stop);
  void count_queue_drops(const queue::Reader& reader);

  Options options_;
  TaskGroup lanes_;
  Event lane_freed_;
  mutable std::mutex mutex_;  // Guards everything below.
  std::string key_;
  std::shared_ptr<const Delivery> delivery_;
  std::shared_ptr<LogStore> store_;
  std::vector<std::shared_ptr<queue::Log>> queues_;
  StopSource interrupt_;
  std::vector<uint16_t> busy_lanes_;
  uint64_t formation_ = 0;  // Which set of lanes is on its way.
  queue::Log* drops_of_ = nullptr;
  std::array<queue::Counts, queue::drop_reasons> counted_drops_ = {};
  bool hurry_ = false;
  bool failing_ = false;  // The last attempt failed.
};

// What Retry-After says: seconds or a date (RFC 9110, section 10.2.3); 0 if nothing usable.
Duration parse_retry_after(std::string_view text, WallTime now);

}  // namespace alloy::prometheus::remote_write
