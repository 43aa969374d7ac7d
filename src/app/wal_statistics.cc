#include "app/wal_statistics.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "components/prometheus/remote_write/request_reader.h"
#include "queue/segment.h"
#include "wire/remote_write.h"

namespace alloy::app {
namespace {

namespace fs = std::filesystem;
using prometheus::remote_write::open_envelope;
using prometheus::remote_write::protocol_of;

// All series that were found, by their labels.
using Found = std::map<std::vector<std::pair<std::string, std::string>>, WalSeries>;

void add(WalSeries& series, int64_t time_ms) {
  series.oldest_ms = std::min(series.oldest_ms, time_ms);
  series.newest_ms = std::max(series.newest_ms, time_ms);
  ++series.samples;
}

// A damaged request is left out, as the sender does.
void add_request(Found& found, std::string_view payload, const queue::RecordInfo& info) {
  const auto text = prometheus::remote_write::unpack(open_envelope(payload, info).request);
  wire::WriteRequest request;
  if (!text || !request.parse(*text, protocol_of(info))) return;
  for (const auto& sent : request.series()) {
    WalSeries series;
    for (const Label& label : request.labels(sent.labels))
      series.labels.emplace_back(label.name, label.value);
    std::ranges::sort(series.labels);
    WalSeries& known = found.try_emplace(series.labels, series).first->second;
    for (const auto& sample : request.samples(sent)) add(known, sample.timestamp_ms);
    for (const auto& sample : request.histograms(sent)) add(known, sample.timestamp_ms);
  }
}

Result<void> read_segment(Found& found, const std::string& path) {
  TRY(auto file, queue::real_file_system().open(path, queue::OpenMode::read_only));
  TRY(const uint64_t size, file->size());
  uint64_t offset = 0;
  while (true) {
    TRY(const auto record, queue::find_record(*file, offset, size));
    if (!record) return {};
    offset = record->end();
    TRY(const auto payload, queue::read_payload(*file, *record));
    if (payload) add_request(found, *payload, record->header.info);
  }
}

}  // namespace

std::string_view WalSeries::label(std::string_view name) const {
  for (const auto& [key, value] : labels)
    if (key == name) return value;
  return {};
}

Result<WalStatistics> read_wal(const std::string& directory) {
  std::error_code problem;
  std::vector<std::pair<uint64_t, std::string>> segments;
  fs::recursive_directory_iterator entry(directory, problem);
  for (; !problem && entry != fs::recursive_directory_iterator(); entry.increment(problem)) {
    const auto number = queue::parse_segment_file_name(entry->path().filename().string());
    if (number) segments.emplace_back(*number, entry->path().string());
  }
  if (problem) return fail(fmt::format("read {}: {}", directory, problem.message()));
  if (segments.empty()) return fail(fmt::format("there is no segment in {}", directory));
  std::ranges::sort(segments);

  Found found;
  for (const auto& [number, path] : segments) TRY(read_segment(found, path));
  WalStatistics statistics{
      .series = {}, .first_segment = segments.front().first, .last_segment = segments.back().first};
  for (auto& [labels, series] : found) statistics.series.push_back(std::move(series));
  return statistics;
}

}  // namespace alloy::app
