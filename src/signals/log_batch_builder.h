// Builds batches of logs: for sources, and for stages that change more than they pass through.
// Reused from batch to batch, it stops allocating.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "signals/log_batch.h"

namespace alloy {

class LogBatchBuilder {
 public:
  LogBatchBuilder() = default;
  LogBatchBuilder(const LogBatchBuilder&) = delete;
  LogBatchBuilder& operator=(const LogBatchBuilder&) = delete;

  // Forgets everything, and keeps the memory for the next batch.
  void clear();

  // The entries so far, to be filled and changed freely.
  std::vector<LogEntry>& entries() { return entries_; }
  LogBatch batch(DeliveryPointer delivery = nullptr, int64_t read_at_ns = 0) const {
    return {.entries = entries_, .delivery = std::move(delivery), .read_at_ns = read_at_ns};
  }

  // Each keeps something until clear(): a reference to a label set,
  const Series* hold(SeriesRef labels);
  // a copy of a text,
  std::string_view keep(std::string_view text);
  // a copy of labels with their texts,
  std::span<const Label> keep(std::span<const Label> labels);
  // and a copy of only the array of labels, whose texts live long enough anyway.
  std::span<const Label> keep_array(std::span<const Label> labels);

 private:
  std::byte* allocate(size_t bytes, size_t alignment);

  struct Block {
    std::unique_ptr<std::byte[]> bytes;
    size_t size = 0;
  };
  std::vector<LogEntry> entries_;
  std::vector<SeriesRef> held_;
  std::vector<Block> blocks_;  // Up to `block_` in use; larger ones come later.
  size_t block_ = 0;
  size_t used_ = 0;  // Of that block.
};

}  // namespace alloy
