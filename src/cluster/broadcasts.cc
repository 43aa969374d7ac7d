#include "cluster/broadcasts.h"

#include <map>
#include <tuple>

#include "cluster/limits.h"

namespace alloy::cluster {

bool BroadcastQueue::Entry::operator<(const Entry& other) const {
  return std::tuple(transmits, other.message.size(), other.id) <
         std::tuple(other.transmits, message.size(), id);
}

std::vector<std::string> BroadcastQueue::added_after(uint64_t count) const {
  std::map<uint64_t, std::string> found;
  for (const Entry& entry : entries_)
    if (entry.id >= count) found.emplace(entry.id, entry.message);
  std::vector<std::string> out;
  for (auto& [id, message] : found) out.push_back(std::move(message));
  return out;
}

void BroadcastQueue::add(std::string key, std::string message, Finished finished) {
  Finished replaced;
  if (const auto at = by_key_.find(key); at != by_key_.end()) {
    replaced = std::move(entries_.extract(at->second).value().finished);
    by_key_.erase(at);
  }
  if (entries_.size() >= broadcasts_max) {
    auto told_most = entries_.extract(std::prev(entries_.end()));
    by_key_.erase(told_most.value().key);
    if (told_most.value().finished) told_most.value().finished();
  }
  const auto entry =
      entries_.insert({0, next_id_++, key, std::move(message), std::move(finished)}).first;
  by_key_.emplace(std::move(key), entry);
  if (replaced) replaced();
}

void BroadcastQueue::take(size_t bytes_max, size_t overhead, int limit,
                          std::vector<std::string>& out) {
  std::vector<Entries::iterator> taken;
  for (auto at = entries_.begin(); at != entries_.end(); ++at) {
    const size_t bytes = at->message.size() + overhead;
    if (bytes > bytes_max) continue;
    bytes_max -= bytes;
    out.push_back(at->message);
    taken.push_back(at);
  }
  std::vector<Finished> done;
  for (const auto at : taken) {
    auto node = entries_.extract(at);
    Entry& entry = node.value();
    if (++entry.transmits < limit) {
      by_key_[entry.key] = entries_.insert(std::move(node)).position;
      continue;
    }
    by_key_.erase(entry.key);
    if (entry.finished) done.push_back(std::move(entry.finished));
  }
  for (const Finished& finished : done) finished();
}

}  // namespace alloy::cluster
