#include "components/loki/shared/pod_tail/pod_log_reader.h"

#include <charconv>

#include <fmt/format.h>

#include "components/shared/kubernetes/times.h"

namespace alloy::loki {
namespace {

// Longer lines are handed on in pieces of this length.
constexpr size_t line_bytes_max = size_t{1} << 20;

}  // namespace

std::string format_exact_position(const PodLogPosition& position) {
  return fmt::format("{}+{}", position.last_ns, position.lines_at_last);
}

std::optional<PodLogPosition> parse_exact_position(std::string_view text) {
  PodLogPosition position;
  const char* end = text.data() + text.size();
  const auto time = std::from_chars(text.data(), end, position.last_ns);
  if (time.ec != std::errc() || time.ptr == end || *time.ptr != '+') return std::nullopt;
  const auto count = std::from_chars(time.ptr + 1, end, position.lines_at_last);
  if (count.ec != std::errc() || count.ptr != end) return std::nullopt;
  return position;
}

size_t PodLogReader::read(std::string_view text, Part part, int64_t now_ns,
                          std::vector<PodLogLine>& lines) {
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = text.find('\n', begin);
    if (end != std::string_view::npos) {
      add(text.substr(begin, end + 1 - begin), now_ns, lines);
      continues_ = false;
      begin = end + 1;
      continue;
    }
    const bool is_too_long = text.size() - begin > line_bytes_max;
    if (part == Part::more_to_come && !is_too_long) break;
    add(text.substr(begin), now_ns, lines);
    continues_ = part == Part::more_to_come;
    begin = text.size();
  }
  return begin;
}

void PodLogReader::add(std::string_view line, int64_t now_ns, std::vector<PodLogLine>& lines) {
  if (continues_) {
    lines.push_back({position_.last_ns, line});
    return;
  }
  const size_t blank = line.find(' ');
  std::optional<int64_t> time;
  if (blank != std::string_view::npos) time = kubernetes::parse_time(line.substr(0, blank));
  const int64_t time_ns = time.value_or(now_ns);
  if (replayed_until_) {
    if (time_ns < replayed_until_->last_ns) return;
    if (time_ns == replayed_until_->last_ns && replayed_until_->lines_at_last > 0) {
      --replayed_until_->lines_at_last;
      return;
    }
    replayed_until_.reset();
  }
  if (time_ns < position_.last_ns) {
    ++dropped_;
    return;
  }
  if (time_ns == position_.last_ns) {
    ++position_.lines_at_last;
  } else {
    position_ = {.last_ns = time_ns, .lines_at_last = 1};
  }
  lines.push_back({time_ns, time ? line.substr(blank + 1) : line});
}

}  // namespace alloy::loki
