#include "cluster/rejections.h"

#include <numeric>

namespace alloy::cluster {
namespace {

constexpr Duration line_interval = 1s;

}  // namespace

std::string_view name_of(Rejection reason) {
  switch (reason) {
    case Rejection::malformed:
      return "malformed";
    case Rejection::truncated:
      return "truncated";
    case Rejection::too_large:
      return "too_large";
    case Rejection::checksum:
      return "checksum";
    case Rejection::label:
      return "label";
    case Rejection::unexpected:
      return "unexpected";
    case Rejection::implausible:
      return "implausible";
    case Rejection::replayed:
      return "replayed";
    case Rejection::full:
      return "full";
  }
  return "unknown";
}

Rejection reason_of(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::not_found:
      return Rejection::label;
    case ErrorKind::full:
      return Rejection::too_large;
    // Sent again it may arrive as it was.
    case ErrorKind::failed:
      return Rejection::checksum;
    case ErrorKind::timeout:
      return Rejection::truncated;
    // Not because of what it is, but because we take no more of it.
    case ErrorKind::stopped:
      return Rejection::full;
    case ErrorKind::invalid:
      return Rejection::malformed;
  }
  return Rejection::malformed;
}

uint64_t Rejections::total() const {
  return std::accumulate(counts_.begin(), counts_.end(), uint64_t{0},
                         [](uint64_t sum, const auto& count) { return sum + count; });
}

bool Rejections::is_worth_a_line(Rejection reason, SteadyTime now) {
  std::atomic<int64_t>& next = next_line_[index(reason)];
  int64_t allowed = next;
  const int64_t at = now.time_since_epoch().count();
  return at >= allowed && next.compare_exchange_strong(allowed, at + line_interval.count());
}

}  // namespace alloy::cluster
