// Remembers which series each line of a target's exposition stands for.
//
// A target lists its series in the same order again and again. So the cache is the list of the last
// scrape, one entry a line: a hash and the length of the line's series, and the series itself. A
// line is compared with the entry at its place; as long as they agree, nothing is parsed, looked up
// or allocated. Where they don't, the list is rebuilt with the help of a table that exists only
// during that scrape.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "signals/id_table.h"
#include "signals/series.h"

namespace alloy::prometheus::scrape {

class SeriesCache {
 public:
  struct Entry {
    uint64_t hash;
    uint32_t size : 28;
    uint32_t is_counted : 1;    // As a series that a scrape has added.
    uint32_t is_tracked : 1;    // Gets a staleness marker when it vanishes: has no own timestamp.
    uint32_t is_live : 1;       // Was sent by the last scrape, tracked.
    uint32_t is_duplicate : 1;  // The same bytes stand further up.
    SeriesNumber series;
  };
  static_assert(sizeof(Entry) == 16);
  static constexpr size_t series_bytes_max = (size_t{1} << 28) - 1;

  explicit SeriesCache(SeriesStore& store);
  ~SeriesCache();
  SeriesCache(const SeriesCache&) = delete;
  SeriesCache& operator=(const SeriesCache&) = delete;

  // A scrape is begin(), then for each line expected(), and advance() or find() and add(), then
  // commit() or abandon().
  void begin();

  // What else decides about the meaning of the lines that follow (their TYPE), as a number.
  void set_context(uint64_t context) { context_ = context; }

  // The entry whose series the text begins with, if it is the one that is due.
  Entry* expected(std::string_view text);
  // Goes on behind the entry that expected() has returned.
  Entry& advance();
  // The entry for this series, out of its order; null if it is new. A second line of one series
  // gives an entry marked as duplicate.
  Entry* find(std::string_view series);
  // Adds a series that find() did not know; the cache takes over the caller's reference.
  Entry& add(std::string_view series, const Series& resolved);

  void track(Entry& entry, bool is_tracked) {
    if (entry.is_tracked == is_tracked) return;
    entry.is_tracked = is_tracked;
    is_settled_ = false;
  }

  // The scrape was successful. Appends the tracked series that ended; they stay valid until
  // release_ended().
  void commit(std::vector<const Series*>& ended);
  // The scrape failed: all tracked series ended as far as anybody knows, but they are remembered.
  void abandon(std::vector<const Series*>& ended);
  void release_ended();
  // Forgets everything.
  void clear();

  size_t size() const { return entries_.size(); }
  size_t bytes() const { return entries_.capacity() * sizeof(Entry); }

 private:
  uint64_t hash(std::string_view series) const;
  void start_rebuilding();
  Entry& take(size_t old_place);
  void settle(std::vector<const Series*>& ended);
  void end(const Entry& entry, std::vector<const Series*>& ended);

  SeriesStore& store_;
  std::vector<Entry> entries_;  // In the order of the last successful scrape.
  size_t position_ = 0;         // Of the entry that is due.
  uint64_t context_ = 0;
  uint64_t expected_hash_ = 0;
  bool is_settled_ = true;  // is_live == is_tracked everywhere.

  // While the list is being rebuilt: entries move from entries_, where they leave a hole with their
  // new place in `size`, to next_. The table has old places + 1, and behind them new ones.
  bool is_rebuilding_ = false;
  std::vector<Entry> next_;
  IdTable table_;

  std::vector<SeriesNumber> ended_;
};

}  // namespace alloy::prometheus::scrape
