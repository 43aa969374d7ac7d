// What others sent and was not taken, counted by reason.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace alloy::cluster {

enum class Rejection : uint8_t {
  malformed,    // Not what the protocol says.
  truncated,    // Ends too early.
  too_large,    // More than a message may have.
  checksum,     // Damaged on its way.
  label,        // Of another cluster.
  unexpected,   // Of a kind, or for a node, that has no business here.
  implausible,  // Well-formed, but no honest node says so.
  replayed,     // Said before.
  full,         // A table of ours has no room, or too much comes at once.
};
inline constexpr size_t rejection_count = 9;

std::string_view name_of(Rejection reason);
// Why a decoder, or the layers around messages, refused something.
Rejection reason_of(const Error& error);

// Of any thread.
class Rejections {
 public:
  void count(Rejection reason, uint64_t times = 1) { counts_[index(reason)] += times; }
  uint64_t of(Rejection reason) const { return counts_[index(reason)]; }
  uint64_t total() const;
  // Whether to log a rejection too: of each reason once a second, since whoever sends nonsense can
  // send a lot of it.
  bool is_worth_a_line(Rejection reason, SteadyTime now);

 private:
  static size_t index(Rejection reason) { return static_cast<size_t>(reason); }

  std::array<std::atomic<uint64_t>, rejection_count> counts_{};
  std::array<std::atomic<int64_t>, rejection_count> next_line_{};  // On the steady clock.
};

}  // namespace alloy::cluster
