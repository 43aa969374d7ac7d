#include "cluster/ring.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

// The state of the streaming hash lives on the stack.
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

namespace alloy::cluster {

uint64_t string_key(std::string_view text) { return XXH64(text.data(), text.size(), 0); }

// Token number t hashes the name followed by the bytes 0, 1, ... t (each modulo 256).
std::vector<uint64_t> tokens_of(std::string_view name) {
  XXH64_state_t state;
  XXH64_reset(&state, 0);
  XXH64_update(&state, name.data(), name.size());
  std::vector<uint64_t> tokens(Ring::tokens_per_node);
  for (size_t i = 0; i < tokens.size(); ++i) {
    const auto byte = static_cast<unsigned char>(i);
    XXH64_update(&state, &byte, 1);
    tokens[i] = XXH64_digest(&state);
  }
  return tokens;
}

Ring::Ring(std::vector<std::string> names) : names_(std::move(names)) {
  if (names_.empty()) return;
  std::sort(names_.begin(), names_.end());
  std::vector<std::pair<uint64_t, uint32_t>> entries;
  entries.reserve(names_.size() * tokens_per_node);
  for (uint32_t i = 0; i < names_.size(); ++i)
    for (const uint64_t token : tokens_of(names_[i])) entries.emplace_back(token, i);
  std::sort(entries.begin(), entries.end());

  tokens_.reserve(entries.size());
  holders_.reserve(entries.size());
  for (const auto& [token, holder] : entries) {
    tokens_.push_back(token);
    holders_.push_back(holder);
  }
  const auto bits = static_cast<unsigned>(std::bit_width(entries.size()));
  bucket_shift_ = 64 - bits;
  buckets_.resize((size_t{1} << bits) + 1);
  size_t at = 0;
  for (size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    while (at < tokens_.size() && (tokens_[at] >> bucket_shift_) < bucket) ++at;
    buckets_[bucket] = static_cast<uint32_t>(at);
  }
}

size_t Ring::find(uint64_t key) const {
  size_t at = buckets_[key >> bucket_shift_];
  while (at < tokens_.size() && tokens_[at] < key) ++at;
  return at == tokens_.size() ? 0 : at;
}

const std::string* Ring::owner(uint64_t key) const {
  return names_.empty() ? nullptr : &names_[holders_[find(key)]];
}

Result<std::vector<std::string>> Ring::owners(uint64_t key, size_t count) const {
  if (count > names_.size())
    return fail(fmt::format("not enough nodes: need at least {}, have {}", count, names_.size()));
  std::vector<std::string> found;
  if (count == 0) return found;
  for (size_t at = find(key); found.size() < count; at = (at + 1) % tokens_.size()) {
    const std::string& name = names_[holders_[at]];
    if (std::find(found.begin(), found.end(), name) == found.end()) found.push_back(name);
  }
  return found;
}

}  // namespace alloy::cluster
