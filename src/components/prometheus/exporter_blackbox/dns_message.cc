#include "components/prometheus/exporter_blackbox/dns_message.h"

#include <arpa/inet.h>

#include <fmt/format.h>

#include "base/text.h"
#include "components/prometheus/exporter_blackbox/dns_names.h"

namespace alloy::prometheus::exporter_blackbox {
namespace {

constexpr size_t head_size = 12;
constexpr size_t name_size_max = 255;
constexpr size_t label_size_max = 63;
constexpr int jumps_max = 126;

void add_u16(std::string& out, uint16_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value & 0xff);
}

std::unexpected<Error> broken() { return fail("dns: bad message", ErrorKind::invalid); }

// A byte of a name or text: "\" before what means something, "\DDD" for what can't be shown.
void append_byte(std::string& out, unsigned char byte, std::string_view special) {
  if (special.contains(static_cast<char>(byte))) {
    out += '\\';
    out += static_cast<char>(byte);
  } else if (byte < ' ' || byte > '~') {
    fmt::format_to(std::back_inserter(out), "\\{:03}", byte);
  } else {
    out += static_cast<char>(byte);
  }
}

std::string hex(std::string_view bytes, bool is_upper) {
  std::string out;
  for (const unsigned char byte : bytes)
    fmt::format_to(std::back_inserter(out), fmt::runtime(is_upper ? "{:02X}" : "{:02x}"), byte);
  return out;
}

std::string base64(std::string_view bytes) {
  static constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t three = 0;
    for (size_t k = 0; k < 3; ++k)
      three = three << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0);
    for (size_t k = 0; k < 4; ++k)
      out += i + k <= bytes.size() ? letters[three >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

// "YYYYMMDDHHmmSS"
std::string time_text(uint32_t unix_seconds) {
  const auto time = static_cast<time_t>(unix_seconds);
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  return fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

// Reads a message front to back. After a failure everything it gives is empty.
class Reader {
 public:
  explicit Reader(std::string_view message) : message_(message) {}

  bool is_broken() const { return is_broken_; }
  size_t at() const { return at_; }
  void jump(size_t at) { at_ = at; }

  std::string_view bytes(size_t size) {
    if (is_broken_ || size > message_.size() - at_) {
      is_broken_ = true;
      return {};
    }
    at_ += size;
    return message_.substr(at_ - size, size);
  }
  uint32_t number(size_t size) {
    uint32_t value = 0;
    for (const unsigned char byte : bytes(size)) value = value << 8 | byte;
    return value;
  }
  uint16_t u16() { return static_cast<uint16_t>(number(2)); }
  std::string_view until(size_t end) {
    if (end < at_) is_broken_ = true;
    return bytes(is_broken_ ? 0 : end - at_);
  }
  // With the final dot.
  std::string name();
  // A character-string in quotes.
  std::string quoted() {
    std::string out = "\"";
    for (const unsigned char byte : bytes(number(1))) append_byte(out, byte, "\"\\");
    return out + '"';
  }

 private:
  std::string_view message_;
  size_t at_ = 0;
  bool is_broken_ = false;
};

std::string Reader::name() {
  std::string out;
  std::optional<size_t> back_to;
  size_t total = 0;
  for (int jumps = 0; !is_broken_;) {
    const uint32_t size = number(1);
    if (is_broken_ || size == 0) break;
    if (size >= 0xc0) {  // The rest stands elsewhere.
      const size_t where = (size & 0x3f) << 8 | number(1);
      if (!back_to) back_to = at_;
      is_broken_ = is_broken_ || ++jumps > jumps_max || where >= message_.size();
      if (!is_broken_) at_ = where;
      continue;
    }
    total += size + 1;
    is_broken_ = is_broken_ || size > label_size_max || total > name_size_max;
    for (const unsigned char byte : bytes(is_broken_ ? 0 : size))
      append_byte(out, byte, "\\.();@\"'$ ");
    out += '.';
  }
  if (back_to) at_ = *back_to;
  if (is_broken_) return {};
  return out.empty() ? "." : out;
}

std::string address_text(int family, std::string_view bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(family, bytes.data(), text, sizeof text);
  return text;
}

// The types that an NSEC record's bit map names.
std::string type_list(std::string_view map) {
  std::string out;
  while (map.size() >= 2) {
    const auto window = static_cast<unsigned char>(map[0]);
    const auto size = static_cast<unsigned char>(map[1]);
    if (map.size() < 2u + size) break;
    for (size_t bit = 0; bit < 8u * size; ++bit) {
      const auto byte = static_cast<unsigned char>(map[2 + bit / 8]);
      if ((byte & (0x80 >> bit % 8)) == 0) continue;
      out += ' ';
      out += dns_type_name(static_cast<uint16_t>(window * 256 + bit));
    }
    map.remove_prefix(2u + size);
  }
  return out;
}

std::string signature_text(Reader& reader, size_t end) {
  const std::string covered = dns_type_name(reader.u16());
  const uint32_t algorithm = reader.number(1);
  const uint32_t labels = reader.number(1);
  const uint32_t ttl = reader.number(4);
  const uint32_t expiry = reader.number(4);
  const uint32_t start = reader.number(4);
  const uint32_t tag = reader.u16();
  const std::string signer = reader.name();
  return fmt::format("{} {} {} {} {} {} {} {} {}", covered, algorithm, labels, ttl,
                     time_text(expiry), time_text(start), tag, signer, base64(reader.until(end)));
}

std::string caa_text(Reader& reader, size_t end) {
  const uint32_t flags = reader.number(1);
  const std::string tag(reader.bytes(reader.number(1)));
  std::string value;
  for (const unsigned char byte : reader.until(end)) append_byte(value, byte, "\"\\");
  return fmt::format("{} {} \"{}\"", flags, tag, value);
}

std::string soa_text(Reader& reader, DnsRecord& record) {
  const std::string server = reader.name();
  const std::string mailbox = reader.name();
  record.serial = reader.number(4);
  std::string out = fmt::format("{} {} {}", server, mailbox, *record.serial);
  for (int i = 0; i < 4; ++i) out += fmt::format(" {}", reader.number(4));
  return out;
}

std::string strings_text(Reader& reader, size_t end) {
  std::string out;
  while (reader.at() < end && !reader.is_broken())
    out += (out.empty() ? "" : " ") + reader.quoted();
  return out;
}

// Types whose data has text, names or numbers of fixed size.
std::optional<std::string> simple_data(Reader& reader, std::string_view type, size_t end) {
  if (type == "A" && end - reader.at() == 4) return address_text(AF_INET, reader.bytes(4));
  if (type == "AAAA" && end - reader.at() == 16) return address_text(AF_INET6, reader.bytes(16));
  if (type == "NS" || type == "CNAME" || type == "PTR" || type == "DNAME") return reader.name();
  if (type == "TXT" || type == "SPF" || type == "HINFO") return strings_text(reader, end);
  if (type == "MX") {
    const uint32_t preference = reader.u16();
    return fmt::format("{} {}", preference, reader.name());
  }
  if (type == "SRV") {
    const uint32_t priority = reader.u16();
    const uint32_t weight = reader.u16();
    const uint32_t port = reader.u16();
    return fmt::format("{} {} {} {}", priority, weight, port, reader.name());
  }
  return std::nullopt;
}

// Types of DNSSEC and its kin.
std::optional<std::string> signed_data(Reader& reader, std::string_view type, size_t end) {
  if (type == "CAA") return caa_text(reader, end);
  if (type == "RRSIG") return signature_text(reader, end);
  if (type == "NSEC") {
    const std::string next = reader.name();
    return next + type_list(reader.until(end));
  }
  if (type == "DS" || type == "CDS") {
    const uint32_t tag = reader.u16();
    const uint32_t algorithm = reader.number(1);
    const uint32_t digest_type = reader.number(1);
    return fmt::format("{} {} {} {}", tag, algorithm, digest_type, hex(reader.until(end), true));
  }
  if (type == "DNSKEY" || type == "CDNSKEY") {
    const uint32_t flags = reader.u16();
    const uint32_t protocol = reader.number(1);
    const uint32_t algorithm = reader.number(1);
    return fmt::format("{} {} {} {}", flags, protocol, algorithm, base64(reader.until(end)));
  }
  if (type == "TLSA") {
    const uint32_t usage = reader.number(1);
    const uint32_t selector = reader.number(1);
    const uint32_t matching = reader.number(1);
    return fmt::format("{} {} {} {}", usage, selector, matching, hex(reader.until(end), false));
  }
  if (type == "SSHFP") {
    const uint32_t algorithm = reader.number(1);
    const uint32_t digest_type = reader.number(1);
    return fmt::format("{} {} {}", algorithm, digest_type, hex(reader.until(end), true));
  }
  return std::nullopt;
}

Result<DnsRecord> read_record(Reader& reader) {
  DnsRecord record;
  const std::string name = reader.name();
  const uint16_t number = reader.u16();
  const uint16_t class_number = reader.u16();
  const uint32_t ttl = reader.number(4);
  const size_t size = reader.u16();
  const size_t start = reader.at();
  (void)reader.bytes(size);
  if (reader.is_broken()) return broken();
  reader.jump(start);
  const size_t end = start + size;
  const std::string type = dns_type_name(number);
  std::optional<std::string> data;
  if (type == "SOA") data = soa_text(reader, record);
  if (!data) data = simple_data(reader, type, end);
  if (!data) data = signed_data(reader, type, end);
  // RFC 3597, section 5.
  if (!data) data = fmt::format("\\# {} {}", size, hex(reader.until(end), false));
  if (reader.is_broken() || reader.at() != end) return broken();
  record.text =
      fmt::format("{}\t{}\t{}\t{}\t{}", name, ttl, dns_class_name(class_number), type, *data);
  return record;
}

}  // namespace

Result<std::string> write_dns_question(const DnsQuestion& question) {
  std::string out;
  add_u16(out, question.id);
  add_u16(out, question.asks_recursion ? 0x0100 : 0);
  add_u16(out, 1);
  out.append(6, '\0');
  std::string_view name = question.name;
  if (name.ends_with('.')) name.remove_suffix(1);
  if (!name.empty()) {
    for (const std::string_view label : split(name, '.')) {
      if (label.empty() || label.size() > label_size_max)
        return fail("dns: bad rdata: not a domain name: " + question.name, ErrorKind::invalid);
      out += static_cast<char>(label.size());
      out += label;
    }
  }
  if (out.size() - head_size >= name_size_max)
    return fail("dns: domain name is too long: " + question.name, ErrorKind::invalid);
  out += '\0';
  add_u16(out, question.type);
  add_u16(out, question.number);
  return out;
}

Result<DnsReply> read_dns_reply(std::string_view bytes) {
  Reader reader(bytes);
  DnsReply reply;
  reply.id = reader.u16();
  const uint16_t flags = reader.u16();
  const uint16_t questions = reader.u16();
  const uint16_t answers = reader.u16();
  const uint16_t authorities = reader.u16();
  const uint16_t additional = reader.u16();
  if (reader.is_broken() || (flags & 0x8000) == 0) return broken();
  reply.answer_code = flags & 0xf;
  reply.is_truncated = (flags & 0x0200) != 0;
  for (int i = 0; i < questions; ++i) {
    (void)reader.name();
    (void)reader.bytes(4);
    if (reader.is_broken()) return broken();
  }
  const auto read = [&](int count, std::vector<DnsRecord>& records) -> Result<> {
    for (int i = 0; i < count; ++i) {
      TRY(DnsRecord record, read_record(reader));
      records.push_back(std::move(record));
    }
    return {};
  };
  TRY(read(answers, reply.answer));
  TRY(read(authorities, reply.authority));
  TRY(read(additional, reply.additional));
  return reply;
}

}  // namespace alloy::prometheus::exporter_blackbox
