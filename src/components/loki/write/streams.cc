#include "components/loki/write/streams.h"

#include "queue/record.h"
#include "wire/loki_push.h"

namespace alloy::loki::write {

size_t size_of(const LogEntry& entry) {
  size_t size = entry.line.size();
  // The original's Label::Size() is that of the message: two bytes more for each text.
  for (const Label& label : entry.structured_metadata)
    size += label.name.size() + label.value.size() + 4;
  return size;
}

Streams::Streams(const SeriesStore& store, const EncodingSettings& settings)
    : store_(store), external_labels_(settings.external_labels), tenant_id_(settings.tenant_id) {}

Stream& Streams::find_elsewhere(const Series& series) {
  Known& known = by_uid_[series.uid()];
  if (known.stream == nullptr) known.stream = &make(series);
  known.last_used = period_;
  known.stream->last_used = period_;
  recent_[series.uid() % recent_count] = {series.uid(), known.stream};
  return *known.stream;
}

Stream& Streams::make(const Series& series) {
  store_.labels_of(series, labels_);
  builder_.reset(labels_);
  for (const auto& [name, value] : external_labels_) {
    if (!builder_.has(name)) builder_.put(name, value);
  }
  std::string tenant(builder_.has(tenant_label) ? builder_.get(tenant_label) : tenant_id_);
  std::string labels = wire::loki_stream_labels(builder_.labels());
  std::string key = tenant;
  key += '\0';
  key += labels;
  auto& stream = by_text_[key];
  if (!stream) {
    stream = std::make_unique<Stream>();
    stream->hash = queue::checksum(key);
    stream->tenant = std::move(tenant);
    stream->labels = std::move(labels);
  }
  return *stream;
}

void Streams::sweep() {
  ++period_;
  recent_ = {};
  std::erase_if(by_uid_, [&](const auto& entry) { return entry.second.last_used + 2 <= period_; });
  std::erase_if(by_text_,
                [&](const auto& entry) { return entry.second->last_used + 2 <= period_; });
}

}  // namespace alloy::loki::write
