// Turns the lines of a classic histogram into one native histogram with custom buckets (NHCB).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signals/native_histogram.h"
#include "wire/exposition.h"

namespace alloy::prometheus::scrape {

class ClassicHistogram {
 public:
  // Starts over with another histogram.
  void reset(std::string key);
  // What tells histograms of a family apart: their name and labels but `le`, as they stand in the
  // body. Empty: nothing has been added.
  const std::string& key() const { return key_; }
  bool empty() const { return key_.empty(); }

  // Of two with one bound the first counts.
  void add_bucket(double upper_bound, double count) {
    buckets_.push_back({upper_bound, count, buckets_.size()});
  }
  void set_sum(double sum) { sum_ = sum; }
  void set_count(double count) { count_ = count; }

  // Empty when counts fall from bucket to bucket or don't agree with the total.
  std::optional<NativeHistogram> convert() const;

  // What else there is to know, pointing into the body.
  std::string_view family;
  uint64_t group = 0;                   // Of start times.
  std::vector<wire::RawLabel> labels;   // Without `le`.
  std::optional<int64_t> timestamp_ms;  // Of the last line.
  std::vector<wire::RawExemplar> exemplars;

 private:
  struct Bucket {
    double upper_bound = 0;
    double count = 0;
    size_t place = 0;
  };

  std::string key_;
  std::vector<Bucket> buckets_;
  std::optional<double> sum_;
  std::optional<double> count_;
};

}  // namespace alloy::prometheus::scrape
