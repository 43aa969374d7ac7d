// Native histograms as remote write spells them; 1.0 and 2.0 share the message.
#pragma once

#include <cstdint>
#include <string>

#include "signals/native_histogram.h"

namespace alloy::prometheus::remote_write {

// The content of a prometheus.Histogram message.
std::string histogram_message(const NativeHistogram& histogram, int64_t timestamp_ms);

// Adds when the histogram started to count, as only protocol 2.0 knows it.
void append_histogram_created(std::string& message, int64_t created_ms);

}  // namespace alloy::prometheus::remote_write
