// Takes what the API server sends of a container's log apart: each line begins with its time. When
// a log is read again from the second where it was left, leaves out what went on before.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace alloy::loki {

// Up to where a log has been handed on: the time of the last line, and how many lines with just
// that time there were.
struct PodLogPosition {
  int64_t last_ns = 0;
  uint64_t lines_at_last = 0;

  bool operator==(const PodLogPosition&) const = default;
};

// As it is kept beside the position in microseconds that the real program knows.
std::string format_exact_position(const PodLogPosition& position);
std::optional<PodLogPosition> parse_exact_position(std::string_view text);

struct PodLogLine {
  int64_t timestamp_ns = 0;
  std::string_view text;  // With its line break.
};

class PodLogReader {
 public:
  explicit PodLogReader(PodLogPosition from) : position_(from), replayed_until_(from) {}

  // Whether more is to come: only then may a line still be incomplete.
  enum class Part : unsigned char { more_to_come, last };
  // Adds the lines of `text`, which is borrowed; returns how many bytes of it are used up. The rest
  // comes again in front of the next part. `now_ns` is the time of lines that have none.
  size_t read(std::string_view text, Part part, int64_t now_ns, std::vector<PodLogLine>& lines);

  // After the lines that were read.
  const PodLogPosition& position() const { return position_; }
  // How many lines were left out because their time is before that of an earlier one.
  uint64_t take_dropped() { return std::exchange(dropped_, 0); }

 private:
  void add(std::string_view line, int64_t now_ns, std::vector<PodLogLine>& lines);

  PodLogPosition position_;
  // While the server repeats what went on before; its count is what is still to be skipped.
  std::optional<PodLogPosition> replayed_until_;
  bool continues_ = false;  // The line that comes is the rest of one that was too long.
  uint64_t dropped_ = 0;
};

}  // namespace alloy::loki
