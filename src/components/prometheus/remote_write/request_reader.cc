#include "components/prometheus/remote_write/request_reader.h"

#include <algorithm>
#include <cstring>

#include <snappy.h>

#include "components/prometheus/remote_write/outbox.h"

namespace alloy::prometheus::remote_write {
namespace {

// Walks the fields of a protobuf message.
class Fields {
 public:
  explicit Fields(std::string_view message) : rest_(message) {}

  // False at the end and at damage.
  bool next() {
    begin_ = rest_.data();
    if (rest_.empty() || !read_varint(tag_)) return false;
    switch (tag_ & 7) {
      case 0:
        return read_varint(number_);
      case 1:
        return skip(8);
      case 2:
        return read_varint(number_) && skip(number_);
      case 5:
        return skip(4);
      default:
        return is_damaged_ = true, false;
    }
  }
  bool is_damaged() const { return is_damaged_; }
  uint64_t field() const { return tag_ >> 3; }
  bool is_message() const { return (tag_ & 7) == 2; }
  uint64_t number() const { return number_; }
  std::string_view content() const { return content_; }
  // Tag and length included.
  std::string_view whole() const { return {begin_, static_cast<size_t>(rest_.data() - begin_)}; }

 private:
  bool read_varint(uint64_t& value) {
    value = 0;
    for (size_t i = 0; i < 10 && i < rest_.size(); ++i) {
      const auto byte = static_cast<unsigned char>(rest_[i]);
      value |= uint64_t{byte & 0x7fu} << (7 * i);
      if (byte < 0x80) {
        rest_.remove_prefix(i + 1);
        return true;
      }
    }
    is_damaged_ = true;
    return false;
  }
  bool skip(uint64_t size) {
    if (size > rest_.size()) return is_damaged_ = true, false;
    content_ = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  std::string_view rest_;
  std::string_view content_;
  const char* begin_ = nullptr;
  uint64_t tag_ = 0;
  uint64_t number_ = 0;
  bool is_damaged_ = false;
};

// What our own requests have in each series: one item.
struct Item {
  size_t kind = samples_count;
  int64_t timestamp_ms = 0;
};

std::optional<Item> read_item(std::string_view series) {
  // The series' field of each kind, and the field of its timestamp.
  constexpr struct {
    uint64_t field, timestamp_field;
    size_t kind;
  } kinds[] = {{2, 2, samples_count}, {3, 3, exemplars_count}, {4, 15, histograms_count}};
  Item item;
  Fields fields(series);
  while (fields.next()) {
    for (const auto& kind : kinds) {
      if (fields.field() != kind.field || !fields.is_message()) continue;
      item.kind = kind.kind;
      Fields inner(fields.content());
      while (inner.next()) {
        if (inner.field() == kind.timestamp_field) {
          item.timestamp_ms = static_cast<int64_t>(inner.number());
        }
      }
      if (inner.is_damaged()) return std::nullopt;
    }
  }
  if (fields.is_damaged()) return std::nullopt;
  return item;
}

std::optional<std::string> unpack(std::string_view compressed) {
  std::string request;
  if (!snappy::Uncompress(compressed.data(), compressed.size(), &request)) return std::nullopt;
  return request;
}

}  // namespace

std::optional<size_t> count_series(std::string_view compressed) {
  const auto request = unpack(compressed);
  if (!request) return std::nullopt;
  size_t count = 0;
  Fields fields(*request);
  while (fields.next()) {
    if (fields.field() != 1 || !fields.is_message() || !read_item(fields.content())) {
      return std::nullopt;
    }
    ++count;
  }
  if (fields.is_damaged()) return std::nullopt;
  return count;
}

std::optional<FilteredRequest> drop_older(std::string_view compressed,
                                          const queue::RecordInfo& info, int64_t time_min_ms) {
  const auto request = unpack(compressed);
  if (!request) return std::nullopt;
  FilteredRequest result{.info = info};
  result.info.counts = {};
  result.info.time_min = INT64_MAX;
  result.info.time_max = INT64_MIN;
  std::string kept;
  Fields fields(*request);
  while (fields.next()) {
    const auto item = read_item(fields.content());
    if (!item) return std::nullopt;
    if (item->timestamp_ms < time_min_ms) {
      ++result.dropped[item->kind];
      continue;
    }
    kept += fields.whole();
    ++result.info.counts[item->kind];
    result.info.time_min = std::min(result.info.time_min, item->timestamp_ms);
    result.info.time_max = std::max(result.info.time_max, item->timestamp_ms);
  }
  if (fields.is_damaged()) return std::nullopt;
  result.info.unpacked_bytes = static_cast<uint32_t>(kept.size());
  snappy::Compress(kept.data(), kept.size(), &result.compressed);
  return result;
}

}  // namespace alloy::prometheus::remote_write
