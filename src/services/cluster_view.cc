// From when until when a key is ours, as far as a view of the cluster knows.
#include "services/cluster.h"

namespace alloy {

std::optional<ClusterTerm> ClusterView::term(uint64_t key) const {
  if (!is_ready) return std::nullopt;
  const std::string* owner = ring.owner(key);
  bool is_own = is_self(owner);
  ClusterTerm term;
  for (const Step& step : steps) {
    const std::string* next = step.ring.owner(key);
    if (is_self(next) == is_own) {
      owner = next;
      continue;
    }
    const std::string* other = is_own ? next : owner;
    const bool is_announced = other == nullptr || !unannounced.contains(*other);
    if (is_own) {
      // Handed over to a stranger, who has begun already.
      if (!is_announced) return std::nullopt;
      term.until = step.from;
      return term;
    }
    is_own = true;
    owner = next;
    if (is_announced) term.from = step.from;
  }
  if (!is_own) return std::nullopt;
  return term;
}

}  // namespace alloy
