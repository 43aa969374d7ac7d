// Quantiles of a stream of values in little memory, over a window of time that slides.
//
// The method is that of Cormode, Korn, Muthukrishnan and Srivastava, "Effective Computation of
// Biased Quantiles over Data Streams" (2005), section 4: a sample of the values, each with how many
// it stands for, thin where no quantile is asked for.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <vector>

#include "base/clock.h"

namespace alloy::prometheus::exporter_statsd {

using Objectives = std::map<double, double>;  // Quantile and its allowed error in rank.

class QuantileStream {
 public:
  QuantileStream(Objectives objectives, size_t buffer_max);

  void insert(double value);
  // NaN if there are no values.
  double query(double quantile);
  void clear();

 private:
  struct Sample {
    double value = 0;
    double width = 0;  // How many ranks below it, down to the one before.
    double delta = 0;  // How uncertain its rank is.
  };

  // How many ranks a sample may stand for around this rank.
  double tolerance(double rank) const;
  void flush();
  void compress();

  Objectives objectives_;
  size_t buffer_max_;
  std::vector<double> buffer_;
  bool is_buffer_sorted_ = true;
  std::vector<Sample> samples_;  // Sorted by value.
  double count_ = 0;             // In the samples.
};

struct WindowOptions {
  Objectives objectives;
  Duration age_max = std::chrono::minutes(10);
  size_t age_buckets = 5;
  size_t buffer_max = 500;
};

// Keeps a stream for each part of the window; each value goes into all, the oldest is asked, and
// when its time is over it starts anew.
class QuantileWindow {
 public:
  QuantileWindow(WindowOptions options, SteadyTime now);

  void insert(double value, SteadyTime now);
  double query(double quantile, SteadyTime now);
  const Objectives& objectives() const { return options_.objectives; }

 private:
  void turn(SteadyTime now);

  WindowOptions options_;
  Duration part_;
  std::vector<QuantileStream> streams_;
  size_t oldest_ = 0;
  SteadyTime next_turn_;
};

}  // namespace alloy::prometheus::exporter_statsd
