#include "components/loki/source_docker/log_stream.h"

#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time_layout.h"

namespace alloy::loki::source_docker {
namespace {

// A frame's head: the kind of output, three zeros, the size of what follows (big endian).
constexpr size_t head_size = 8;
constexpr size_t frame_size_max = 16 << 20;
// The engine splits lines that are longer; each part is a frame with a time of its own.
constexpr size_t part_size = 16 << 10;
constexpr size_t line_size_max = 1 << 20;

enum class Kind : unsigned char { standard_input, standard_output, standard_error, system_error };

struct TimedText {
  int64_t timestamp_ns = 0;
  std::string_view text;
};

std::optional<TimedText> split_timestamp(std::string_view line) {
  static const TimeLayout layout("2006-01-02T15:04:05.999999999Z07:00");
  const size_t blank = line.find(' ');
  if (blank == line.npos) return std::nullopt;
  const auto time = layout.parse(line.substr(0, blank));
  if (!time) return std::nullopt;
  return TimedText{.timestamp_ns = time->unix_nanoseconds(), .text = line.substr(blank + 1)};
}

size_t size_in(std::string_view head) {
  const auto byte = [&](size_t i) { return static_cast<size_t>(static_cast<uint8_t>(head[i])); };
  return byte(4) << 24 | byte(5) << 16 | byte(6) << 8 | byte(7);
}

}  // namespace

Result<> LogStream::feed(std::string_view bytes, std::vector<LogLine>& lines) {
  if (form_ == Form::terminal) {
    take_text(Output::standard, bytes, lines);
    return {};
  }
  unframed_ += bytes;
  std::string_view rest = unframed_;
  while (rest.size() >= head_size) {
    const auto kind = static_cast<Kind>(rest[0]);
    const size_t size = size_in(rest);
    if (kind > Kind::system_error)
      return fail(fmt::format("unrecognized stream: {}", static_cast<int>(kind)));
    if (size > frame_size_max) return fail(fmt::format("a frame of {} bytes", size));
    if (rest.size() < head_size + size) break;
    const std::string_view payload = rest.substr(head_size, size);
    if (kind == Kind::system_error)
      return fail(fmt::format("error from daemon in stream: {}", payload));
    take_frame(kind == Kind::standard_error ? Output::error : Output::standard, payload, lines);
    rest.remove_prefix(head_size + size);
  }
  unframed_.erase(0, unframed_.size() - rest.size());
  return {};
}

void LogStream::take_frame(Output output, std::string_view payload, std::vector<LogLine>& lines) {
  Pending& waiting = pending(output);
  const bool is_continued = !waiting.text.empty() || waiting.is_too_long;
  std::string_view content = payload;
  if (is_continued || payload.size() >= part_size) {
    const auto timed = split_timestamp(payload);
    if (timed) content = timed->text;
    if (is_continued && timed && waiting.is_split) {
      payload = content;
    } else if (is_continued && timed) {
      end_line(output, lines);  // Its writer has ended without a line break.
    }
  }
  waiting.is_split = content.size() >= part_size && !content.ends_with('\n');
  take_text(output, payload, lines);
}

void LogStream::take_text(Output output, std::string_view text, std::vector<LogLine>& lines) {
  while (true) {
    const size_t end = text.find('\n');
    append(pending(output), text.substr(0, end));
    if (end == text.npos) return;
    end_line(output, lines);
    text.remove_prefix(end + 1);
  }
}

void LogStream::append(Pending& pending, std::string_view text) const {
  if (pending.is_too_long) return;
  pending.is_too_long = pending.text.size() + text.size() > line_size_max;
  if (pending.is_too_long) {
    pending.text.clear();
  } else {
    pending.text += text;
  }
}

void LogStream::end_line(Output output, std::vector<LogLine>& lines) {
  Pending done = std::exchange(pending(output), {});
  if (done.is_too_long) {
    ++left_out_.too_long;
    return;
  }
  std::string_view line = done.text;
  if (line.ends_with('\r')) line.remove_suffix(1);
  const auto timed = split_timestamp(line);
  if (!timed) {
    ++left_out_.without_timestamp;
    return;
  }
  if (timed->text.empty()) return;
  lines.push_back(
      {.output = output, .timestamp_ns = timed->timestamp_ns, .text = std::string(timed->text)});
}

void LogStream::finish(std::vector<LogLine>& lines) {
  for (const Output output : {Output::standard, Output::error})
    if (!pending(output).text.empty() || pending(output).is_too_long) end_line(output, lines);
}

}  // namespace alloy::loki::source_docker
