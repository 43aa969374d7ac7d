// Histogram messages of the protobuf exposition: a classic histogram, a native one, or both.
#pragma once

#include <string_view>
#include <vector>

#include "signals/native_histogram.h"

namespace alloy::wire {

// Texts point into the message.
struct MessageHistogram {
  struct Bucket {
    double count = 0;
    double upper_bound = 0;
    std::string_view exemplar;
  };
  double count = 0;
  double sum = 0;
  std::vector<Bucket> buckets;
  std::vector<std::string_view> exemplars;
  std::string_view created;
  NativeHistogram native;
  bool is_native = false;
};

// False: the message is broken.
bool read_histogram(std::string_view message, MessageHistogram& out);

}  // namespace alloy::wire
