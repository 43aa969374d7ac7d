#include "wire/protobuf_histogram.h"

#include <bit>

#include "wire/protobuf_reader.h"

namespace alloy::wire {

namespace {

bool read_bucket(std::string_view message, MessageHistogram::Bucket& out) {
  ProtobufReader field(message);
  while (field.next()) {
    switch (field.field()) {
      case 1:
        out.count = static_cast<double>(field.number());
        break;
      case 2:
        out.upper_bound = field.floating();
        break;
      case 3:
        out.exemplar = field.bytes();
        break;
      case 4:
        if (field.floating() > 0) out.count = field.floating();
        break;
      default:
        break;
    }
  }
  return !field.is_broken();
}

bool read_native_field(ProtobufReader& field, NativeHistogram& out) {
  const auto read_span = [&field](std::vector<BucketSpan>& spans) {
    BucketSpan& span = spans.emplace_back();
    ProtobufReader part(field.bytes());
    while (part.next()) {
      if (part.field() == 1) span.offset = static_cast<int32_t>(part.zigzag());
      if (part.field() == 2) span.length = static_cast<uint32_t>(part.number());
    }
    return !part.is_broken();
  };
  const auto read_deltas = [&field](std::vector<int64_t>& deltas) {
    if (!field.is_bytes()) {
      deltas.push_back(field.zigzag());
      return true;
    }
    ProtobufReader packed(field.bytes());
    while (!packed.at_end()) deltas.push_back(ProtobufReader::decode_zigzag(packed.varint()));
    return !packed.is_broken();
  };
  const auto read_counts = [&field](std::vector<double>& counts) {
    if (!field.is_bytes()) {
      counts.push_back(field.floating());
      return true;
    }
    ProtobufReader packed(field.bytes());
    while (!packed.at_end()) counts.push_back(std::bit_cast<double>(packed.fixed(8)));
    return !packed.is_broken();
  };
  switch (field.field()) {
    case 5:
      out.schema = static_cast<int32_t>(field.zigzag());
      return true;
    case 6:
      out.zero_threshold = field.floating();
      return true;
    case 7:
      out.zero_count = field.number();
      return true;
    case 8:
      out.zero_count_float = field.floating();
      return true;
    case 9:
      return read_span(out.negative_spans);
    case 10:
      return read_deltas(out.negative_deltas);
    case 11:
      return read_counts(out.negative_counts);
    case 12:
      return read_span(out.positive_spans);
    case 13:
      return read_deltas(out.positive_deltas);
    case 14:
      return read_counts(out.positive_counts);
    default:
      return true;
  }
}

}  // namespace

bool read_histogram(std::string_view message, MessageHistogram& out) {
  NativeHistogram& native = out.native;
  ProtobufReader field(message);
  while (field.next()) {
    switch (field.field()) {
      case 1:
        native.count = field.number();
        break;
      case 2:
        native.sum = field.floating();
        break;
      case 3:
        if (!read_bucket(field.bytes(), out.buckets.emplace_back())) return false;
        break;
      case 4:
        native.count_float = field.floating();
        break;
      case 15:
        out.created = field.bytes();
        break;
      case 16:
        out.exemplars.push_back(field.bytes());
        break;
      default:
        if (!read_native_field(field, native)) return false;
    }
  }
  native.is_float = native.count_float > 0 || native.zero_count_float > 0;
  out.count = native.count_float > 0 ? native.count_float : static_cast<double>(native.count);
  out.sum = native.sum;
  // A span of no length only says that the histogram is a native one.
  out.is_native = !native.positive_spans.empty() || !native.negative_spans.empty() ||
                  native.zero_threshold > 0 || native.zero_count > 0;
  if (native.is_float) {
    native.count = native.zero_count = 0;
    native.positive_deltas.clear();
    native.negative_deltas.clear();
  } else {
    native.count_float = native.zero_count_float = 0;
    native.positive_counts.clear();
    native.negative_counts.clear();
  }
  return !field.is_broken();
}

}  // namespace alloy::wire
