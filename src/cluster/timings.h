// How often and how long: the protocol's timings as functions of the cluster's size.
#pragma once

#include <cstddef>

#include "base/duration.h"

namespace alloy::cluster {

inline constexpr Duration probe_interval = 5s;
inline constexpr Duration probe_timeout = 2s;  // For a direct ack, and for a relayed one.
inline constexpr size_t indirect_checks = 3;
inline constexpr Duration gossip_interval = 200ms;
inline constexpr size_t gossip_nodes = 3;
inline constexpr Duration gossip_to_the_dead = 30s;
inline constexpr Duration stream_timeout = 2s;
inline constexpr Duration leave_timeout = 5s;
inline constexpr int health_score_max = 7;

// A member at whose address nobody listens is asked this often, and dead after that long. A
// program that is restarted under the same name has that time to come back unnoticed.
inline constexpr Duration refusal_interval = 500ms;
inline constexpr Duration refusal_timeout = 3s;

// How many packets carry a broadcast. `nodes`: the table's size, ourselves and the dead included.
int retransmit_limit(size_t nodes);
// The time between two push/pull exchanges, which grows with the cluster.
Duration push_pull_interval(size_t nodes);

// How long a suspect has to defend itself: from max down to min as others confirm the suspicion.
struct SuspicionTimes {
  Duration min;
  Duration max;
  int confirmations_wanted;

  Duration after(int confirmations) const;
};
SuspicionTimes suspicion_times(size_t nodes);

}  // namespace alloy::cluster
