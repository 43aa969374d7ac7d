// What the writer makes of each label set: the text of a stream's labels, and whose it is.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "components/loki/write/encoding_settings.h"
#include "signals/log_batch.h"

namespace alloy::loki::write {

// A label that says whose an entry is; not sent.
inline constexpr std::string_view tenant_label = "__tenant_id__";

// One stream of one tenant. Several label sets may be the same stream: internal labels are not
// sent.
struct Stream {
  std::string tenant;
  std::string labels;  // {job="x"}
  uint64_t hash = 0;   // Of both.
  // Scratch of the outbox: which open request it is in already, and its entries in the batch at
  // hand as a list.
  uint64_t in_request = 0;
  uint64_t in_batch = 0;
  uint32_t first = 0;
  uint32_t last = 0;
  uint32_t last_used = 0;
};

// What an entry counts for in the limit of a request, as in the original.
size_t size_of(const LogEntry& entry);

// Label set -> stream. Not thread-safe.
class Streams {
 public:
  Streams(const SeriesStore& store, const EncodingSettings& settings);

  // Valid until the next sweep().
  Stream& find(const Series& series) {
    const auto& [uid, stream] = recent_[series.uid() % recent_count];
    return uid == series.uid() ? *stream : find_elsewhere(series);
  }
  // Forgets what was not asked for since the call before the last.
  void sweep();
  size_t size() const { return by_text_.size(); }

 private:
  static constexpr size_t recent_count = 256;
  struct Recent {
    uint64_t uid = 0;
    Stream* stream = nullptr;
  };
  struct Known {
    Stream* stream = nullptr;
    uint32_t last_used = 0;
  };
  Stream& find_elsewhere(const Series& series);
  Stream& make(const Series& series);

  const SeriesStore& store_;
  std::map<std::string, std::string> external_labels_;
  std::string tenant_id_;
  std::array<Recent, recent_count> recent_;
  std::unordered_map<uint64_t, Known> by_uid_;
  std::unordered_map<std::string, std::unique_ptr<Stream>> by_text_;  // Tenant, NUL, labels.
  std::vector<Label> labels_;
  LabelBuilder builder_;
  uint32_t period_ = 0;
};

}  // namespace alloy::loki::write
