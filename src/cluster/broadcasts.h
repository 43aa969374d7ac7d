// What still has to be told to the others: messages that ride on outgoing packets until they have
// done so often enough.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace alloy::cluster {

class BroadcastQueue {
 public:
  // `finished` is called once the message has been sent often enough or was replaced.
  using Finished = std::function<void()>;

  // A message replaces the one with the same key.
  void add(std::string key, std::string message, Finished finished = {});
  // The messages for one packet of at most `bytes_max`, each counted with `overhead` bytes on top:
  // the least transmitted first, of these the longest, of these the newest. What has been
  // transmitted `limit` times is done.
  void take(size_t bytes_max, size_t overhead, int limit, std::vector<std::string>& out);
  bool empty() const { return entries_.empty(); }
  size_t size() const { return entries_.size(); }
  // The messages that were added after `count` others and are still waiting, in that order.
  std::vector<std::string> added_after(uint64_t count) const;
  // How many have ever been added.
  uint64_t count() const { return next_id_; }

 private:
  struct Entry {
    int transmits;
    uint64_t id;
    std::string key;
    std::string message;
    Finished finished;

    bool operator<(const Entry& other) const;
  };
  using Entries = std::set<Entry>;

  uint64_t next_id_ = 0;
  Entries entries_;
  std::unordered_map<std::string, Entries::iterator> by_key_;
};

}  // namespace alloy::cluster
