// How work changes hands without gaps or doubles: a node that is about to take part or to leave
// tells the others ahead of time from which moment on that counts. Until then the old owners go on,
// from then on the new ones do, and since all know the same moment, each scrape has one owner.
//
// Announcements are our own addition, sent beside the protocol; other programs answer that they
// don't know them, and with these work changes hands as soon as they hear of it.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "cluster/roles.h"

namespace alloy::cluster {

// How long ahead changes are announced: time for everybody to hear of it and to prepare.
inline constexpr Duration announcement_lead = 1s;

struct Announcement {
  std::string node;
  NodeRole role = NodeRole::viewer;  // Participant or terminating.
  int64_t at_ms = 0;                 // From when it counts, in milliseconds since the epoch ...
  int64_t in_ms = 0;                 // ... and how far away that was when it was sent.
};

std::string encode(const Announcement& announcement);
Result<Announcement> decode_announcement(std::string_view body);

// What is announced and not yet in force.
class Announcements {
 public:
  // Clocks that are nearly right mean the same moment; with others, what counts is how far away it
  // is. An announcement that makes no sense is ignored: false.
  bool add(const Announcement& announcement, WallTime now);
  // Whether the node has said this, or something later, before: somebody else repeats it.
  bool is_replayed(const Announcement& announcement) const;
  // Leaves out what has been in force for a while, and what is about nodes that are gone.
  void forget_past(std::span<const Peer> peers, WallTime now);

  // When which nodes take part: the first entry counts now.
  struct Step {
    WallTime from;
    std::vector<std::string> participants;  // Sorted.
  };
  std::vector<Step> timeline(std::span<const Peer> peers, WallTime now) const;

 private:
  struct Pending {
    NodeRole role;
    WallTime at;
  };
  bool takes_part(const Peer& peer, WallTime when) const;

  std::map<std::string, Pending, std::less<>> pending_;
  std::map<std::string, int64_t, std::less<>> latest_;  // Each node's last moment, by its clock.
};

}  // namespace alloy::cluster
