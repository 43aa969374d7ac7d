// Reads push requests as others send them: protobuf (logproto.PushRequest) and JSON.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "signals/log_batch_builder.h"

namespace alloy::wire {

// A request in memory; used again for the next one, it stops allocating.
class LokiPushRequest {
 public:
  struct Stream {
    std::span<const Label> labels;  // Sorted by name.
    std::string error;              // Why the labels could not be read; empty: they could.
    // Which of the entries are its own.
    size_t begin = 0;
    size_t end = 0;
  };

  // Each replaces what was read before. Lines of a protobuf request lie in the body, which is kept.
  Result<void> read_protobuf(std::string body);
  Result<void> read_json(std::string body);

  const std::vector<Stream>& streams() const { return streams_; }
  // All entries, one stream after another, still without their labels.
  LogBatchBuilder& entries() { return entries_; }

 private:
  Result<void> read_stream(std::string_view message);
  Result<void> read_entry(std::string_view message);
  Result<std::span<const Label>> read_pairs(std::string_view message, uint32_t field);
  void take_labels(Stream& stream, std::string_view text);

  std::string body_;
  LogBatchBuilder entries_;
  std::vector<Stream> streams_;
  std::vector<Label> labels_;
};

// Reads {job="x", pod='y'} as Prometheus does, perhaps with the name of a metric in front, and
// sorts by name. Texts with escapes go into `texts`.
Result<void> parse_stream_labels(std::string_view text, LogBatchBuilder& texts,
                                 std::vector<Label>& labels);

}  // namespace alloy::wire
