// Reads the requests of Prometheus remote write, protocols 1.0 (prometheus.WriteRequest) and 2.0
// (io.prometheus.write.v2.Request), unpacked.
//
// A message is read as a whole before anybody sees a part of it: a broken one has no content. Texts
// point into it, so it must live as long as what was read.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "signals/metric_batch.h"
#include "signals/native_histogram.h"

namespace alloy::wire {

enum class RemoteWriteProtocol : uint8_t { v1, v2 };

// The names of the messages, as Content-Type and configurations spell them.
inline constexpr std::string_view write_request_v1 = "prometheus.WriteRequest";
inline constexpr std::string_view write_request_v2 = "io.prometheus.write.v2.Request";

class WriteRequest {
 public:
  struct Sample {
    double value = 0;
    int64_t timestamp_ms = 0;
    int64_t created_ms = 0;  // 0: not known.
  };
  struct Histogram {
    NativeHistogram histogram;
    int64_t timestamp_ms = 0;
    int64_t created_ms = 0;
  };
  // A part of one of the lists below.
  struct Range {
    uint32_t begin = 0;
    uint32_t size = 0;
  };
  struct Exemplar {
    Range labels;
    double value = 0;
    int64_t timestamp_ms = 0;
    std::string problem;  // What is wrong with its references; empty: nothing.
  };
  struct Series {
    Range labels;  // As sent: perhaps neither sorted nor unique.
    Range samples;
    Range histograms;
    Range exemplars;
    FamilyMetadata metadata;  // Of protocol 2.0.
    std::string problem;      // What is wrong with its references; empty: nothing.
  };

  // Replaces the content. Errors: what is wrong with the message.
  Result<void> parse(std::string_view message, RemoteWriteProtocol protocol);

  std::span<const Series> series() const { return series_; }
  std::span<const Label> labels(Range range) const { return part(labels_, range); }
  std::span<const Sample> samples(const Series& s) const { return part(samples_, s.samples); }
  std::span<const Histogram> histograms(const Series& s) const {
    return part(histograms_, s.histograms);
  }
  std::span<const Exemplar> exemplars(const Series& s) const {
    return part(exemplars_, s.exemplars);
  }

 private:
  template <class T>
  static std::span<const T> part(const std::vector<T>& list, Range range) {
    return std::span(list).subspan(range.begin, range.size);
  }
  void clear();
  bool read_v1_series(std::string_view message);
  bool read_v1_label(std::string_view message);
  bool read_v1_exemplar(std::string_view message);
  static bool is_metadata(std::string_view message);
  bool read_v2_series(std::string_view message);
  bool read_v2_labels(std::string_view packed, Range& range, std::string& problem);
  bool read_v2_exemplar(std::string_view message);
  bool read_v2_metadata(std::string_view message, Series& series, std::string& problem) const;
  bool read_sample(std::string_view message);
  bool read_histogram(std::string_view message);

  std::vector<std::string_view> symbols_;
  std::vector<uint32_t> references_;  // That were read last.
  std::vector<uint32_t> series_references_;
  std::vector<Label> labels_;
  std::vector<Sample> samples_;
  std::vector<Histogram> histograms_;
  std::vector<Exemplar> exemplars_;
  std::vector<Series> series_;
};

}  // namespace alloy::wire
