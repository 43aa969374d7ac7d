// Writes a remote write 1.0 request straight in its compressed form.
//
// A request repeats itself: nearly every label pair stands in many series. Pairs are interned, so
// finding the earlier place is one look into a small table, and the series becomes a few copies of
// it. The uncompressed request never exists.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "components/prometheus/remote_write/snappy_writer.h"
#include "signals/metric_batch.h"
#include "signals/series.h"

namespace alloy::prometheus::remote_write {

class BatchWriter {
 public:
  // Holds a reference to each pair it remembers, for as long as the batch lasts.
  explicit BatchWriter(LabelPool& pool);
  ~BatchWriter();
  BatchWriter(const BatchWriter&) = delete;
  BatchWriter& operator=(const BatchWriter&) = delete;

  // Begins a request in this block.
  void start(std::span<char> block);

  // Each adds one TimeSeries; false (and nothing written): the block has no room for it.
  bool add(const Series& series, int64_t timestamp_ms, double value);
  bool add(const HistogramSample& sample, const Series& series);
  bool add(const Exemplar& exemplar, const Series& series);

  // What is in the block now makes a whole request; returns how much of it is in use. Between this
  // and the next add(), series may come and go.
  size_t flush();
  uint32_t unpacked() const { return out_.position(); }
  // How large a block has to be to hold what was last refused.
  size_t bytes_wanted() const { return bytes_wanted_; }

 private:
  // Where a pair stands in the request.
  struct PairPlace {
    LabelId id = 0;
    uint32_t position = 0;
    uint32_t size = 0;  // 0: the place is free.
  };
  // A label of the series at hand, or of the one before.
  struct Part {
    LabelId id = 0;
    uint32_t size = 0;
    uint32_t position = 0;       // Where it stands in the request.
    uint32_t source = 0;         // Where the same text stands already; written_out: nowhere.
    const char* text = nullptr;  // Of one that has to be written out.
    PairPlace* place = nullptr;  // Where the source was found, if not in the series before.
  };
  struct Point {
    uint64_t bits = 0;
    int64_t timestamp_ms = 0;
    uint32_t position = 0;
    uint32_t size = 0;  // 0: there is none.
  };
  static constexpr uint32_t written_out = UINT32_MAX;
  static constexpr size_t pair_places = 4096;
  static constexpr size_t point_places = 256;
  static constexpr size_t head_bytes_max = 11;

  PairPlace& place_of(LabelId id);
  // The size of the labels' fields; fills `parts_`.
  size_t measure(const Series& series);
  bool begin_series(const Series& series, size_t field_size);
  void write_head(size_t message_size);
  void write_labels();
  void write_out(Part& part);
  void write_point(const Point& point, const char* text);
  bool add_message(const Series& series, std::string_view field);
  void forget();

  LabelPool& pool_;
  SnappyWriter out_;
  std::vector<PairPlace> pairs_;
  std::vector<Point> points_;
  std::vector<Part> parts_;     // Of the series at hand.
  std::vector<Part> previous_;  // Of the one before; only its first `previous_count_` count.
  size_t previous_count_ = 0;
  char head_[head_bytes_max] = {};
  uint32_t head_size_ = 0;
  uint32_t head_position_ = 0;
  Point last_point_;
  std::string scratch_;
  size_t bytes_wanted_ = 0;
};

}  // namespace alloy::prometheus::remote_write
