// How far the sources of logs have read, in the file that Grafana Alloy keeps of it:
//
//   positions:
//     ? path: /var/log/a.log
//       labels: '{job="a"}'
//     : "1234"
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace alloy::loki {

struct PositionKey {
  std::string path;    // Or a name of something else with a cursor: "cursor-x".
  std::string labels;  // {a="b", c="d"}, as LabelSet::describe() spells them.

  friend auto operator<=>(const PositionKey&, const PositionKey&) = default;
};

using Positions = std::map<PositionKey, std::string>;

Result<Positions> parse_positions(std::string_view yaml);
std::string write_positions(const Positions& positions);

// The older format, without labels: "{}" stands for them.
Result<Positions> parse_legacy_positions(std::string_view yaml);

// Positions in memory and on disk. Everything may be called from any thread.
class PositionsFile {
 public:
  // Reads the file; a missing one is empty. Blocks.
  static Result<std::unique_ptr<PositionsFile>> open(std::string path);
  // The same, but takes a file of the older format over first, if this one has nothing yet. One
  // that can't be understood is left out; one that can't be read is an error. Blocks.
  static Result<std::unique_ptr<PositionsFile>> open(std::string path, const std::string& legacy);

  std::optional<std::string> get(const PositionKey& key) const;
  void put(const PositionKey& key, std::string position);
  void remove(const PositionKey& key);
  Positions all() const;
  // Those of one path.
  Positions all_of(const std::string& path) const;

  // Forgets positions of files that are gone, except cursors. Blocks.
  void forget_missing_files();
  // Writes the file anew if anything has changed; `announce` gets the hash of its text before that.
  // Blocks.
  Result<> save(const std::function<void(uint64_t)>& announce = {});
  // Of what the file contains; 0 if there is none.
  uint64_t text_hash() const;

 private:
  PositionsFile(std::string path, Positions positions)
      : path_(std::move(path)), positions_(std::move(positions)) {}

  const std::string path_;
  std::mutex saving_;         // Held by whoever writes the file.
  mutable std::mutex mutex_;  // Guards everything below.
  Positions positions_;
  bool is_changed_ = false;
  uint64_t text_hash_ = 0;
};

}  // namespace alloy::loki
