#include "components/loki/source_gelf/message.h"

#include <algorithm>

#include "base/text.h"
#include "components/shared/json.h"
#include "net/content_decoder.h"

namespace alloy::loki::source_gelf {
namespace {

constexpr std::string_view gzip_magic = "\x1f\x8b";
constexpr std::string_view chunk_magic = "\x1e\x0f";
constexpr size_t id_bytes = 8;
constexpr size_t chunk_head_bytes = chunk_magic.size() + id_bytes + 2;
constexpr size_t chunks_max = 128;
constexpr size_t zlib_head_bytes = 2;
constexpr size_t zlib_tail_bytes = 4;
constexpr size_t message_bytes_max = 16 << 20;
// How long the rest of a message may take, and how many may be incomplete at once.
constexpr Duration assembly_time_max = 5s;
constexpr size_t messages_max = 1000;

// RFC 1950: compression method 8, and a checksum over the first two bytes.
bool is_zlib(std::string_view payload) {
  if (payload.size() < zlib_head_bytes + zlib_tail_bytes) return false;
  const auto first = static_cast<unsigned char>(payload[0]);
  const auto second = static_cast<unsigned char>(payload[1]);
  return (first & 0x0f) == 8 && (first * 256 + second) % 31 == 0;
}

// JSON as Go writes it, which is safe inside HTML.
void append_json(std::string& out, std::string_view text) {
  std::string plain;
  append_json_string(plain, text);
  for (const char c : plain) {
    switch (c) {
      case '<':
        out += "\\u003c";
        break;
      case '>':
        out += "\\u003e";
        break;
      case '&':
        out += "\\u0026";
        break;
      default:
        out += c;
    }
  }
}

void append_field(std::string& out, std::string_view name, std::string_view text) {
  append_json(out, name);
  out += ':';
  append_json(out, text);
}

}  // namespace

Result<Message> parse_message(std::string_view json) {
  TRY(const auto document, JsonDocument::parse(json));
  const JsonNode root = document.root();
  if (!root.is_object()) return fail("not a JSON object", ErrorKind::invalid);
  Message message{.version = std::string(root["version"].text()),
                  .host = std::string(root["host"].text()),
                  .short_message = std::string(root["short_message"].text()),
                  .full_message = std::string(root["full_message"].text()),
                  .timestamp = root["timestamp"] ? root["timestamp"].number() : 0,
                  .level = root["level"] ? root["level"].integer() : 0,
                  .facility = std::string(root["facility"].text())};
  for (const auto& [name, value] : root.members()) {
    if (name.starts_with('_')) message.extra[std::string(name)] = value.minified();
  }
  TRY(document.check());
  return message;
}

std::string to_json(const Message& message) {
  std::string out = "{";
  append_field(out, "version", message.version);
  out += ',';
  append_field(out, "host", message.host);
  out += ',';
  append_field(out, "short_message", message.short_message);
  if (!message.full_message.empty()) {
    out += ',';
    append_field(out, "full_message", message.full_message);
  }
  out += R"(,"timestamp":)" + format_double(message.timestamp);
  if (message.level != 0) out += R"(,"level":)" + std::to_string(message.level);
  if (!message.facility.empty()) {
    out += ',';
    append_field(out, "facility", message.facility);
  }
  for (const auto& [name, value] : message.extra) {
    out += ',';
    append_json(out, name);
    out += ':';
    out += value;
  }
  out += '}';
  return out;
}

Result<std::string> unpack(std::string_view payload) {
  std::unique_ptr<net::ContentDecoder> decoder;
  if (payload.starts_with(gzip_magic)) {
    decoder = net::make_gzip_decoder();
  } else if (is_zlib(payload)) {
    decoder = net::make_deflate_decoder();
    payload = payload.substr(zlib_head_bytes);
  } else {
    return std::string(payload);
  }
  std::string unpacked;
  net::BodySink sink(unpacked, message_bytes_max);
  TRY(decoder->decode(payload, sink));
  TRY(decoder->finish());
  return unpacked;
}

Result<std::optional<std::string>> Assembler::add(std::string_view datagram) {
  if (!datagram.starts_with(chunk_magic)) return std::string(datagram);
  if (datagram.size() <= chunk_head_bytes) return fail("a chunk is too short", ErrorKind::invalid);
  const std::string_view id = datagram.substr(chunk_magic.size(), id_bytes);
  const auto number = static_cast<unsigned char>(datagram[chunk_head_bytes - 2]);
  const auto count = static_cast<unsigned char>(datagram[chunk_head_bytes - 1]);
  if (count == 0 || count > chunks_max || number >= count)
    return fail("a chunk has an impossible number", ErrorKind::invalid);
  forget_old();
  auto found = messages_.find(id);
  if (found == messages_.end()) {
    found = messages_.emplace(id, Parts{.missing = count, .begun = clock_.steady()}).first;
    found->second.parts.resize(count);
  }
  Parts& parts = found->second;
  if (parts.parts.size() != count)
    return fail("chunks of a message disagree about their count", ErrorKind::invalid);
  std::string& part = parts.parts[number];
  if (!part.empty()) return std::nullopt;
  part = datagram.substr(chunk_head_bytes);
  if (--parts.missing > 0) return std::nullopt;
  std::string whole;
  for (const std::string& piece : parts.parts) whole += piece;
  messages_.erase(found);
  return whole;
}

void Assembler::forget_old() {
  const SteadyTime now = clock_.steady();
  lost_ += std::erase_if(
      messages_, [&](const auto& entry) { return now - entry.second.begun > assembly_time_max; });
  if (messages_.size() < messages_max) return;
  const auto oldest =
      std::ranges::min_element(messages_, {}, [](const auto& entry) { return entry.second.begun; });
  messages_.erase(oldest);
  ++lost_;
}

size_t Assembler::take_lost() { return std::exchange(lost_, 0); }

}  // namespace alloy::loki::source_gelf
