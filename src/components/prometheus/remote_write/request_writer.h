// What writes items into a request; one kind for each protocol.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "signals/metric_batch.h"
#include "wire/remote_write.h"

namespace alloy::prometheus::remote_write {

using Protocol = wire::RemoteWriteProtocol;

// What protocol 2.0 says about a sample or histogram besides; 1.0 leaves it out.
struct Extras {
  int64_t created_ms = 0;                    // 0: not known.
  const FamilyMetadata* metadata = nullptr;  // Null: none is known.
  std::span<const Exemplar* const> exemplars;
};

class RequestWriter {
 public:
  virtual ~RequestWriter() = default;

  // Begins a request in this block.
  virtual void start(std::span<char> block) = 0;

  // Each adds one TimeSeries; false (and no series written): the block has no room for it. Items
  // name the series that they had before relabelling; `series` is the one to write.
  virtual bool add(const Sample& sample, const Series& series, const Extras& extras) = 0;
  virtual bool add(const HistogramSample& sample, const Series& series, const Extras& extras) = 0;
  virtual bool add(const Exemplar& exemplar, const Series& series, const Extras& extras) = 0;

  // What is in the block now makes a whole request; returns how much of it is in use.
  virtual size_t flush() = 0;
  // The size of the request before compression.
  virtual uint32_t unpacked() const = 0;
  // How large a block has to be to hold what was last refused.
  virtual size_t bytes_wanted() const = 0;
};

// Makes the compressed request of a block of which `used` bytes are in use (as flush() said) and
// `unpacked` bytes were written. It is a part of the block or in `scratch`.
std::string_view finish_request(Protocol protocol, std::span<char> block, size_t used,
                                uint32_t unpacked, std::string& scratch);

// Holds references to labels of this pool, each for as long as a request lasts.
std::unique_ptr<RequestWriter> make_request_writer(Protocol protocol, LabelPool& pool);

}  // namespace alloy::prometheus::remote_write
