// Memory for batches of logs.
#include "signals/log_batch_builder.h"

#include <algorithm>
#include <cstring>

namespace alloy {
namespace {

constexpr size_t block_bytes_min = 4096;
// A builder that once had a huge batch doesn't keep all of that for the small ones behind it.
constexpr size_t blocks_kept_max = 8;

}  // namespace

void LogBatchBuilder::clear() {
  entries_.clear();
  held_.clear();
  if (blocks_.size() > blocks_kept_max) blocks_.resize(blocks_kept_max);
  block_ = 0;
  used_ = 0;
}

const Series* LogBatchBuilder::hold(SeriesRef labels) {
  const Series* series = labels.get();
  if (held_.empty() || held_.back().get() != series) held_.push_back(std::move(labels));
  return series;
}

std::byte* LogBatchBuilder::allocate(size_t bytes, size_t alignment) {
  for (; block_ < blocks_.size(); ++block_, used_ = 0) {
    const size_t start = (used_ + alignment - 1) & ~(alignment - 1);
    if (start + bytes > blocks_[block_].size) continue;
    used_ = start + bytes;
    return blocks_[block_].bytes.get() + start;
  }
  const size_t grown = blocks_.empty() ? block_bytes_min : blocks_.back().size * 2;
  const size_t size = std::max(bytes, std::min<size_t>(grown, 1 << 20));
  blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(size), size});
  used_ = bytes;
  return blocks_.back().bytes.get();
}

std::string_view LogBatchBuilder::keep(std::string_view text) {
  if (text.empty()) return {};
  auto* copy = reinterpret_cast<char*>(allocate(text.size(), 1));
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

std::span<const Label> LogBatchBuilder::keep_array(std::span<const Label> labels) {
  if (labels.empty()) return {};
  auto* copy = reinterpret_cast<Label*>(allocate(labels.size_bytes(), alignof(Label)));
  std::uninitialized_copy(labels.begin(), labels.end(), copy);
  return {copy, labels.size()};
}

std::span<const Label> LogBatchBuilder::keep(std::span<const Label> labels) {
  if (labels.empty()) return {};
  auto* copy = reinterpret_cast<Label*>(allocate(labels.size_bytes(), alignof(Label)));
  for (size_t i = 0; i < labels.size(); ++i)
    new (copy + i) Label{keep(labels[i].name), keep(labels[i].value)};
  return {copy, labels.size()};
}

}  // namespace alloy
