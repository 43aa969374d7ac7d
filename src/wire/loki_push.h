// The push request of Loki (logproto.PushRequest), as far as it can be written piece by piece.
//
// A request is a list of streams, a stream its labels as text and a list of entries. An entry is
// written in one go; a stream is begun before its size is known, and ended once it is.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "signals/log_batch.h"

namespace alloy::wire {

// {cluster="c", job="x"}, as the original spells the labels of a stream: without internal ones,
// which begin with two underscores. The labels are sorted by name.
std::string loki_stream_labels(std::span<const Label> labels);

// How many bytes an entry takes inside its stream, without and with its own head.
struct LokiEntrySize {
  size_t timestamp = 0;
  size_t message = 0;
  size_t field = 0;
};
LokiEntrySize measure_loki_entry(const LogEntry& entry);
// Writes `size.field` bytes; returns the place behind them.
char* write_loki_entry(char* out, const LogEntry& entry, const LokiEntrySize& size);

// What stands in front of a stream's labels and entries: a tag, and a length of fixed size that
// end_loki_stream() fills in; until then it is zero.
inline constexpr size_t loki_stream_head_bytes = 5;
inline constexpr size_t loki_stream_bytes_max = (size_t{1} << 28) - 1;
// How many bytes the head and the labels of a stream take.
size_t loki_stream_bytes(std::string_view labels);
char* begin_loki_stream(char* out, std::string_view labels);
// `begin` is where the stream was begun, `end` where its last entry ends.
void end_loki_stream(char* begin, const char* end);

// Ends the last stream of a request that was cut off, where it was not, or ended behind the cut.
void mend_loki_request(std::span<char> request);

// Where a stream of a request stands: its labels, and its entries as fields.
struct LokiStreamFields {
  std::string_view labels;
  std::string_view entries;
};
// Takes the front stream off a request that begin_loki_stream() and so on wrote. Fails for anything
// else.
Result<LokiStreamFields> take_loki_stream(std::string_view& request);

}  // namespace alloy::wire
