#include "app/remotecfg/messages.h"

#include "services/protobuf_writer.h"

namespace alloy::app::remotecfg {
namespace {

void put_attributes(ProtobufWriter& out, const Collector& collector) {
  for (const auto& [key, value] : collector.attributes) {
    ProtobufWriter entry;
    entry.text(1, key);
    entry.text(2, value);
    out.message(4, entry);
  }
}

ProtobufWriter encode_status(const StatusReport& report) {
  ProtobufWriter out;
  out.number(1, static_cast<uint64_t>(report.status));
  if (!report.error_message.empty()) out.text(2, report.error_message);
  return out;
}

// A map of files, in which a single one has no name.
ProtobufWriter encode_effective_config(const std::string& text) {
  ProtobufWriter file;
  file.text(1, text);
  file.text(2, "text/plain");
  ProtobufWriter entry;
  entry.text(1, "");
  entry.message(2, file);
  ProtobufWriter map;
  map.message(1, entry);
  ProtobufWriter out;
  out.message(1, map);
  return out;
}

// Reads a message field by field.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  bool at_end() const { return left_.empty(); }
  // The next field; its content is in number or text.
  Result<void> next() {
    TRY(const uint64_t key, varint());
    field = key >> 3;
    switch (key & 7) {
      case 0: {
        TRY(number, varint());
        return {};
      }
      case 1:
        return take(8);
      case 2: {
        TRY(const uint64_t size, varint());
        return take(size);
      }
      case 5:
        return take(4);
      default:
        return fail("malformed answer: unknown wire type", ErrorKind::invalid);
    }
  }

  uint64_t field = 0;
  uint64_t number = 0;
  std::string_view text;

 private:
  Result<uint64_t> varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !left_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(left_[0]);
      left_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return fail("malformed answer: unterminated number", ErrorKind::invalid);
  }
  Result<void> take(uint64_t size) {
    if (size > left_.size()) return fail("malformed answer: cut off", ErrorKind::invalid);
    text = left_.substr(0, size);
    left_.remove_prefix(size);
    return {};
  }

  std::string_view left_;
};

}  // namespace

std::string encode_register(const Collector& collector) {
  ProtobufWriter out;
  out.text(1, collector.id);
  if (!collector.name.empty()) out.text(3, collector.name);
  put_attributes(out, collector);
  return out.bytes();
}

std::string encode_get_config(const Collector& collector, const ConfigRequest& request) {
  ProtobufWriter out;
  out.text(1, collector.id);
  if (!request.hash.empty()) out.text(3, request.hash);
  put_attributes(out, collector);
  if (request.status) out.message(5, encode_status(*request.status));
  if (request.effective_config) out.message(6, encode_effective_config(*request.effective_config));
  return out.bytes();
}

std::string encode_unregister(const Collector& collector) {
  ProtobufWriter out;
  out.text(1, collector.id);
  return out.bytes();
}

Result<ConfigAnswer> decode_config_answer(std::string_view bytes) {
  ConfigAnswer answer;
  Reader reader(bytes);
  while (!reader.at_end()) {
    TRY(reader.next());
    if (reader.field == 1) answer.content = reader.text;
    if (reader.field == 2) answer.hash = reader.text;
    if (reader.field == 3) answer.not_modified = reader.number != 0;
  }
  return answer;
}

}  // namespace alloy::app::remotecfg
