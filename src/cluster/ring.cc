#include "cluster/ring.h"

#include <algorithm>
#include <bit>
#include <mutex>

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

// Dear to make, and many a ring is outdated before anybody asks it: made at the first question.
struct Ring::Tokens {
  explicit Tokens(std::vector<std::string> sorted_names) : names(std::move(sorted_names)) {}

  size_t find(uint64_t key) const;
  void make() const;

  std::vector<std::string> names;
  mutable std::once_flag is_made;         // Guards everything below.
  mutable std::vector<uint64_t> tokens;   // Sorted.
  mutable std::vector<uint32_t> holders;  // Index into names, for each token.
  // Where the tokens with the same upper bits begin: tokens are spread evenly, so that the search
  // ends after a step or two.
  mutable std::vector<uint32_t> buckets;
  mutable unsigned bucket_shift = 0;
};

void Ring::Tokens::make() const {
  std::vector<std::pair<uint64_t, uint32_t>> entries;
  entries.reserve(names.size() * tokens_per_node);
  for (uint32_t i = 0; i < names.size(); ++i)
    for (const uint64_t token : tokens_of(names[i])) entries.emplace_back(token, i);
  std::sort(entries.begin(), entries.end());

  tokens.reserve(entries.size());
  holders.reserve(entries.size());
  for (const auto& [token, holder] : entries) {
    tokens.push_back(token);
    holders.push_back(holder);
  }
  const auto bits = static_cast<unsigned>(std::bit_width(entries.size()));
  bucket_shift = 64 - bits;
  buckets.resize((size_t{1} << bits) + 1);
  size_t at = 0;
  for (size_t bucket = 0; bucket < buckets.size(); ++bucket) {
    while (at < tokens.size() && (tokens[at] >> bucket_shift) < bucket) ++at;
    buckets[bucket] = static_cast<uint32_t>(at);
  }
}

size_t Ring::Tokens::find(uint64_t key) const {
  std::call_once(is_made, [this] { make(); });
  size_t at = buckets[key >> bucket_shift];
  while (at < tokens.size() && tokens[at] < key) ++at;
  return at == tokens.size() ? 0 : at;
}

Ring::Ring(std::vector<std::string> names) {
  if (names.empty()) return;
  std::sort(names.begin(), names.end());
  tokens_ = std::make_shared<const Tokens>(std::move(names));
}

const std::vector<std::string>& Ring::names() const {
  static const std::vector<std::string> none;
  return tokens_ ? tokens_->names : none;
}

const std::string* Ring::owner(uint64_t key) const {
  return tokens_ ? &tokens_->names[tokens_->holders[tokens_->find(key)]] : nullptr;
}

Result<std::vector<std::string>> Ring::owners(uint64_t key, size_t count) const {
  if (count > names().size())
    return fail(fmt::format("not enough nodes: need at least {}, have {}", count, names().size()));
  std::vector<std::string> found;
  if (count == 0) return found;
  for (size_t at = tokens_->find(key); found.size() < count;
       at = (at + 1) % tokens_->tokens.size()) {
    const std::string& name = tokens_->names[tokens_->holders[at]];
    if (std::find(found.begin(), found.end(), name) == found.end()) found.push_back(name);
  }
  return found;
}

}  // namespace alloy::cluster
