// The queues of one component on disk, and which of them belongs to which endpoints.
//
// <folder>/<number>-<settings>/ holds what was written with one set of encoding settings. When an
// endpoint's settings change, it gets a newer queue, and sends the older ones first.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "queue/log.h"
#include "queue/open_batch.h"

namespace alloy::outgoing {

// What makes an endpoint the same one although its configuration changed.
struct EndpointIdentity {
  std::string name;  // May be empty.
  std::string url;
  size_t copy = 0;  // Tells endpoints apart that have both in common.

  // The name of its readers.
  std::string key() const;
  static EndpointIdentity parse(std::string_view key);
};

// For each new identity the old key that goes on as this one, or "" for a new endpoint: the equal
// one, else one of the same name, else one of the same URL, else the only one left over.
std::vector<std::string> match_identities(const std::vector<EndpointIdentity>& identities,
                                          std::vector<std::string> old_keys);

class QueueStore {
 public:
  struct Options {
    std::string folder;
    Duration age_max = 8h;
    Clock& clock;
    Logger logger;
    // Makes a record of what a process that died left open.
    queue::FinishBatch finish;
    queue::FileSystem* files = &queue::real_file_system();
  };

  // Opens every queue that is there, and seals what was left open in them.
  static Result<std::unique_ptr<QueueStore>> open(Options options);

  // Who has a cursor in any queue.
  std::vector<std::string> reader_keys() const;
  // Keys change everywhere; who is not among `to` is forgotten.
  void rename_readers(const std::vector<std::string>& from, const std::vector<std::string>& to);

  // The queue for endpoints of these settings: the present one if it is theirs alone and the newest
  // for each of them; otherwise a new one. Every endpoint gets its reader there.
  Result<std::shared_ptr<queue::Log>> assign(uint64_t settings,
                                             const std::vector<std::string>& keys);
  // The queues that an endpoint reads from, oldest first.
  std::vector<std::shared_ptr<queue::Log>> queues_of(const std::string& key) const;
  // The queues that take records from now on; others go as soon as nobody reads from them.
  void set_current(std::vector<std::shared_ptr<queue::Log>> logs);
  // The endpoint is through with a queue that takes no more records.
  void finish(const std::shared_ptr<queue::Log>& log, const std::string& key);

  void set_age_max(Duration age_max);
  // Housekeeping, now and then.
  void tidy();
  std::vector<std::shared_ptr<queue::Log>> logs() const;

 private:
  struct Entry {
    uint64_t number = 0;
    uint64_t settings = 0;
    std::shared_ptr<queue::Log> log;
  };

  explicit QueueStore(Options options) : options_(std::move(options)) {}
  queue::LogLimits limits() const;
  Result<Entry*> add(uint64_t number, uint64_t settings);
  void remove_orphans();
  bool suits(const Entry& entry, const std::vector<std::string>& keys) const;

  Options options_;
  mutable std::mutex mutex_;    // Guards everything below, and the age in the options.
  std::vector<Entry> entries_;  // By number.
  std::vector<std::shared_ptr<queue::Log>> current_;
};

}  // namespace alloy::outgoing
