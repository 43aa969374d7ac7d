// How much a node takes from others. Whoever reaches its port can say anything, so that every table
// and every message has a limit, far above what clusters that work come to.
#pragma once

#include <cstddef>
#include <cstdint>

namespace alloy::cluster {

// Nodes that are known at a time, and the length of their names.
inline constexpr size_t members_max = 4096;
inline constexpr size_t name_bytes_max = 512;
inline constexpr size_t label_bytes_max = 255;  // Of the cluster's name; the protocol's limit.
// Nodes whose role was heard of before themselves; more push out the oldest.
inline constexpr size_t strangers_max = 1024;
// Pings on behalf of others that are not answered yet.
inline constexpr size_t relays_max = 1024;
// Messages that wait to be gossiped; more push out those told most often.
inline constexpr size_t broadcasts_max = 2 * members_max;

// A packet or a stream, on the wire as well as decompressed; and what one may list.
inline constexpr size_t message_bytes_max = 10 << 20;
inline constexpr size_t packet_messages_max = 4096;
inline constexpr size_t listed_nodes_max = 1 << 16;

// How far a message may be ahead of what we know. Counters go up by one at a time, so that a larger
// step is no honest one, and it would leave nothing to object with.
inline constexpr uint32_t incarnation_step_max = 1U << 20;
inline constexpr uint64_t lamport_step_max = uint64_t{1} << 32;

}  // namespace alloy::cluster
