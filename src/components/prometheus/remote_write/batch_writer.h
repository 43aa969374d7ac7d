// Writes a remote write 1.0 request straight in its compressed form.
//
// A request repeats itself: nearly every label pair stands in many series, and mostly together with
// the same others. Pairs are interned, so finding an earlier place is one look into a small table;
// a series becomes a few copies out of the series before it and out of one other that has its
// rarest pair. The uncompressed request never exists.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "components/prometheus/remote_write/request_writer.h"
#include "components/prometheus/remote_write/snappy_writer.h"
#include "signals/series.h"

namespace alloy::prometheus::remote_write {

class BatchWriter final : public RequestWriter {
 public:
  // Holds a reference to each pair it remembers, for as long as the batch lasts.
  explicit BatchWriter(LabelPool& pool);
  ~BatchWriter() override;
  BatchWriter(const BatchWriter&) = delete;
  BatchWriter& operator=(const BatchWriter&) = delete;

  void start(std::span<char> block) override;
  bool add(const Sample& sample, const Series& series, const Extras& extras) override;
  bool add(const HistogramSample& sample, const Series& series, const Extras& extras) override;
  bool add(const Exemplar& exemplar, const Series& series, const Extras& extras) override;
  size_t flush() override { return out_.flush(); }
  uint32_t unpacked() const override { return out_.position(); }
  size_t bytes_wanted() const override { return bytes_wanted_; }

 private:
  // A pair where it stands in the request.
  struct Part {
    LabelId id = 0;
    uint32_t size = 0;
    uint32_t position = 0;
  };
  // Where a pair was seen.
  struct Place {
    Part part;
    uint32_t series = 0;  // Below first_series_: of an earlier request, which is nowhere.
  };
  // What is known about a label of the series at hand.
  struct Plan {
    const Part* before;  // In the series before.
    const Part* other;   // In the other series to copy from.
    const char* text;    // Of those that are nowhere.
    uint32_t elsewhere;  // A position, if it is in neither series and not new.
    uint32_t size;
  };
  struct Point {
    uint64_t bits = 0;
    int64_t timestamp_ms = 0;
    uint32_t position = 0;
    uint32_t size = 0;  // 0: there is none.
  };
  // Series number -> its parts.
  std::span<const Part> parts_of(uint32_t series) const;
  static const Part* find_near(std::span<const Part> parts, size_t index, size_t& hint, LabelId id);

  static constexpr uint32_t no_series = UINT32_MAX;
  static constexpr size_t places_count = 8192;
  static constexpr size_t points_count = 256;
  static constexpr size_t head_bytes_max = 11;

  // Makes the plans; returns the size of the labels' fields.
  size_t measure(std::span<const LabelId> labels);
  void look_up(LabelId label, Plan& plan);
  void find_in_reference(std::span<const LabelId> labels);
  Place& place_of(LabelId id);
  uint32_t series_count() const { return static_cast<uint32_t>(series_ends_.size()); }
  void make_room_for_parts(size_t count);
  bool begin_series(const Series& series, size_t field_size);
  void write_head(size_t message_size);
  void write_labels(std::span<const LabelId> labels);
  uint32_t choose_source(size_t index, const Part* reference_end) const;
  void write_point(const Point& point, const char* text);
  bool add_message(const Series& series, std::string_view field);
  void forget();

  LabelPool& pool_;
  SnappyWriter out_;
  std::vector<Place> places_;  // By hash of the pair.
  std::vector<Point> points_;  // By hash of the value.
  std::vector<LabelId> held_;  // Every pair of the request, so that its number stays its own.
  std::vector<Part> parts_;    // Of all series of the request, one after another.
  size_t parts_count_ = 0;     // So many of them count.
  std::vector<uint32_t> series_ends_;
  uint32_t first_series_ = 1;       // Of this request; numbers go on from request to request.
  uint32_t reference_ = no_series;  // The other series to copy from.
  std::vector<Plan> plans_;
  char head_[head_bytes_max] = {};
  uint32_t head_size_ = 0;
  uint32_t head_position_ = 0;
  Point last_point_;
  std::string scratch_;
  size_t bytes_wanted_ = 0;
};

}  // namespace alloy::prometheus::remote_write
