#include "queue/record.h"

#include <bit>
#include <cstring>
#include <xxhash.h>

namespace alloy::queue {
namespace {

static_assert(std::endian::native == std::endian::little, "the layout on disk is little-endian");
static_assert(sizeof(RecordInfo) == 48);

constexpr std::string_view record_magic = "\xA1rec";
constexpr std::string_view segment_magic = "ALLOYLG1";

// Writes plain values one after another.
class Writer {
 public:
  explicit Writer(char* out) : out_(out) {}
  void bytes(std::string_view text) {
    std::memcpy(out_, text.data(), text.size());
    out_ += text.size();
  }
  template <class T>
  void value(const T& v) {
    std::memcpy(out_, &v, sizeof v);
    out_ += sizeof v;
  }

 private:
  char* out_;
};

class Parser {
 public:
  explicit Parser(const char* in) : in_(in) {}
  template <class T>
  void value(T& v) {
    std::memcpy(&v, in_, sizeof v);
    in_ += sizeof v;
  }

 private:
  const char* in_;
};

bool ends_with_own_checksum(std::string_view bytes) {
  uint64_t stored;
  std::memcpy(&stored, bytes.data() + bytes.size() - sizeof stored, sizeof stored);
  return stored == checksum(bytes.substr(0, bytes.size() - sizeof stored));
}

template <size_t N>
void append_own_checksum(std::array<char, N>& bytes) {
  const uint64_t sum = checksum({bytes.data(), N - sizeof sum});
  std::memcpy(bytes.data() + N - sizeof sum, &sum, sizeof sum);
}

}  // namespace

Counts operator+(const Counts& a, const Counts& b) {
  Counts sum;
  for (size_t i = 0; i < count_kinds; ++i) sum[i] = a[i] + b[i];
  return sum;
}

Counts operator-(const Counts& a, const Counts& b) {
  Counts difference;
  for (size_t i = 0; i < count_kinds; ++i) difference[i] = a[i] > b[i] ? a[i] - b[i] : 0;
  return difference;
}

uint64_t checksum(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::array<char, record_header_bytes> encode_record_header(const RecordHeader& header) {
  std::array<char, record_header_bytes> bytes = {};
  Writer out(bytes.data());
  out.bytes(record_magic);
  out.value(header.payload_bytes);
  out.value(header.sequence);
  out.value(header.appended_at);
  out.value(header.counted_before);
  out.value(header.info);
  out.value(header.payload_checksum);
  append_own_checksum(bytes);
  return bytes;
}

std::optional<RecordHeader> decode_record_header(std::string_view bytes) {
  if (bytes.size() < record_header_bytes || !bytes.starts_with(record_magic)) return std::nullopt;
  bytes = bytes.substr(0, record_header_bytes);
  if (!ends_with_own_checksum(bytes)) return std::nullopt;
  RecordHeader header;
  Parser in(bytes.data() + record_magic.size());
  in.value(header.payload_bytes);
  in.value(header.sequence);
  in.value(header.appended_at);
  in.value(header.counted_before);
  in.value(header.info);
  in.value(header.payload_checksum);
  if (header.payload_bytes > record_payload_bytes_max) return std::nullopt;
  return header;
}

size_t find_record_magic(std::string_view bytes) { return bytes.find(record_magic); }

std::array<char, segment_header_bytes> encode_segment_header(const SegmentHeader& header) {
  std::array<char, segment_header_bytes> bytes = {};
  Writer out(bytes.data());
  out.bytes(segment_magic);
  out.value(header.first_sequence);
  out.value(header.created_at);
  out.value(header.counted_before);
  append_own_checksum(bytes);
  return bytes;
}

std::optional<SegmentHeader> decode_segment_header(std::string_view bytes) {
  if (bytes.size() < segment_header_bytes || !bytes.starts_with(segment_magic)) return std::nullopt;
  bytes = bytes.substr(0, segment_header_bytes);
  if (!ends_with_own_checksum(bytes)) return std::nullopt;
  SegmentHeader header;
  Parser in(bytes.data() + segment_magic.size());
  in.value(header.first_sequence);
  in.value(header.created_at);
  in.value(header.counted_before);
  return header;
}

}  // namespace alloy::queue
