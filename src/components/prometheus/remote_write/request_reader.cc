#include "components/prometheus/remote_write/request_reader.h"

#include <algorithm>
#include <cstring>

#include <snappy.h>

#include "components/prometheus/remote_write/histogram_message.h"
#include "components/prometheus/remote_write/protobuf.h"

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

// What is in a series.
struct Items {
  queue::Counts counts = {};
  int64_t time_min_ms = INT64_MAX;
  int64_t time_max_ms = INT64_MIN;
};

// The series' field of each kind, and the field of its timestamp.
struct Kind {
  uint64_t field;
  uint64_t timestamp_field;
  size_t kind;
};
constexpr Kind kinds_v1[] = {
    {2, 2, samples_count}, {3, 3, exemplars_count}, {4, 15, histograms_count}};
constexpr Kind kinds_v2[] = {
    {2, 2, samples_count}, {4, 3, exemplars_count}, {3, 15, histograms_count}};

uint64_t series_field(Protocol protocol) { return protocol == Protocol::v2 ? 5 : 1; }

std::optional<Items> read_items(std::string_view series, Protocol protocol) {
  Items items;
  Fields fields(series);
  while (fields.next()) {
    for (const Kind& kind : protocol == Protocol::v2 ? kinds_v2 : kinds_v1) {
      if (fields.field() != kind.field || !fields.is_message()) continue;
      int64_t timestamp_ms = 0;
      Fields inner(fields.content());
      while (inner.next()) {
        if (inner.field() == kind.timestamp_field) {
          timestamp_ms = static_cast<int64_t>(inner.number());
        }
      }
      if (inner.is_damaged()) return std::nullopt;
      ++items.counts[kind.kind];
      items.time_min_ms = std::min(items.time_min_ms, timestamp_ms);
      items.time_max_ms = std::max(items.time_max_ms, timestamp_ms);
    }
  }
  if (fields.is_damaged()) return std::nullopt;
  return items;
}

}  // namespace

std::optional<std::string> unpack(std::string_view compressed) {
  // Packed, 64 bytes take three at least: who claims more is damaged, and may claim gigabytes.
  constexpr size_t ratio_max = 22;
  size_t size = 0;
  if (!snappy::GetUncompressedLength(compressed.data(), compressed.size(), &size) ||
      size / ratio_max > compressed.size()) {
    return std::nullopt;
  }
  std::string request;
  if (!snappy::Uncompress(compressed.data(), compressed.size(), &request)) return std::nullopt;
  return request;
}

std::optional<queue::Counts> count_items(std::string_view compressed, Protocol protocol) {
  const auto request = unpack(compressed);
  if (!request) return std::nullopt;
  queue::Counts counts = {};
  Fields fields(*request);
  while (fields.next()) {
    if (!fields.is_message()) return std::nullopt;
    if (fields.field() == series_field(protocol)) {
      const auto items = read_items(fields.content(), protocol);
      if (!items) return std::nullopt;
      counts = counts + items->counts;
    } else if (protocol == Protocol::v1) {
      return std::nullopt;  // We write nothing else.
    }
  }
  if (fields.is_damaged()) return std::nullopt;
  return counts;
}

std::optional<FilteredRequest> drop_older(std::string_view compressed,
                                          const queue::RecordInfo& info, int64_t time_min_ms) {
  const auto request = unpack(compressed);
  if (!request) return std::nullopt;
  const Protocol protocol = protocol_of(info);
  FilteredRequest result{.info = info};
  result.info.counts = {};
  result.info.time_min = INT64_MAX;
  result.info.time_max = INT64_MIN;
  std::string kept;
  Fields fields(*request);
  while (fields.next()) {
    if (fields.field() != series_field(protocol)) {
      kept += fields.whole();  // A symbol.
      continue;
    }
    const auto items = read_items(fields.content(), protocol);
    if (!items) return std::nullopt;
    if (items->time_max_ms < time_min_ms) {
      result.dropped = result.dropped + items->counts;
      continue;
    }
    kept += fields.whole();
    for (size_t i = 0; i < queue::count_kinds; ++i) {
      result.info.counts[i] += static_cast<uint32_t>(items->counts[i]);
    }
    result.info.time_min = std::min(result.info.time_min, items->time_min_ms);
    result.info.time_max = std::max(result.info.time_max, items->time_max_ms);
  }
  if (fields.is_damaged()) return std::nullopt;
  result.info.unpacked_bytes = static_cast<uint32_t>(kept.size());
  snappy::Compress(kept.data(), kept.size(), &result.compressed);
  return result;
}

Protocol protocol_of(const queue::RecordInfo& info) {
  return (info.format & ~format_has_tenant) == format_v2 ? Protocol::v2 : Protocol::v1;
}

size_t envelope_size(std::string_view tenant) { return sizeof(uint32_t) + tenant.size(); }

size_t write_envelope(std::string_view tenant, std::span<char> out) {
  const auto size = static_cast<uint32_t>(tenant.size());
  std::memcpy(out.data(), &size, sizeof size);
  std::memcpy(out.data() + sizeof size, tenant.data(), tenant.size());
  return envelope_size(tenant);
}

Envelope open_envelope(std::string_view payload, const queue::RecordInfo& info) {
  if ((info.format & format_has_tenant) == 0) return {.tenant = {}, .request = payload};
  uint32_t size = 0;
  if (payload.size() < sizeof size) return {};
  std::memcpy(&size, payload.data(), sizeof size);
  payload.remove_prefix(sizeof size);
  if (size > payload.size()) return {};
  return {.tenant = payload.substr(0, size), .request = payload.substr(size)};
}

void replace_request(queue::Record& record, std::string_view request) {
  const size_t old_size = open_envelope(record.payload, record.header.info).request.size();
  record.payload.replace(record.payload.size() - old_size, old_size, request);
}

namespace {

std::string labels_v1(std::span<const Label> labels) {
  std::string out;
  for (const Label& label : labels) {
    std::string pair;
    protobuf::append_bytes_field(pair, 1, label.name);
    protobuf::append_bytes_field(pair, 2, label.value);
    protobuf::append_bytes_field(out, 1, pair);
  }
  return out;
}

std::string point_v1(double value, uint32_t timestamp_field, int64_t timestamp_ms,
                     uint32_t value_field) {
  std::string out;
  protobuf::append_double_field(out, value_field, value);
  protobuf::append_varint_field(out, timestamp_field, static_cast<uint64_t>(timestamp_ms));
  return out;
}

}  // namespace

std::optional<FilteredRequest> rewrite_as_v1(std::string_view compressed,
                                             const queue::RecordInfo& info) {
  const auto request = unpack(compressed);
  wire::WriteRequest parsed;
  if (!request || !parsed.parse(*request, Protocol::v2)) return std::nullopt;
  FilteredRequest result{.info = info};
  std::string out;
  for (const auto& series : parsed.series()) {
    std::string message = labels_v1(parsed.labels(series.labels));
    const size_t labels_size = message.size();
    for (const auto& sample : parsed.samples(series)) {
      protobuf::append_bytes_field(message, 2, point_v1(sample.value, 2, sample.timestamp_ms, 1));
    }
    for (const auto& exemplar : parsed.exemplars(series)) {
      protobuf::append_bytes_field(message, 3,
                                   labels_v1(parsed.labels(exemplar.labels)) +
                                       point_v1(exemplar.value, 3, exemplar.timestamp_ms, 2));
    }
    for (const auto& sample : parsed.histograms(series)) {
      if (sample.histogram.uses_custom_buckets()) {
        ++result.dropped[histograms_count];
        continue;
      }
      protobuf::append_bytes_field(message, 4,
                                   histogram_message(sample.histogram, sample.timestamp_ms));
    }
    if (message.size() > labels_size) protobuf::append_bytes_field(out, 1, message);
  }
  result.info.format = format_v1 | (info.format & format_has_tenant);
  result.info.counts[histograms_count] -= static_cast<uint32_t>(result.dropped[histograms_count]);
  result.info.unpacked_bytes = static_cast<uint32_t>(out.size());
  snappy::Compress(out.data(), out.size(), &result.compressed);
  return result;
}

}  // namespace alloy::prometheus::remote_write
