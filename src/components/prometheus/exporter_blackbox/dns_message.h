// Messages of the DNS (RFC 1035): a question as bytes, and an answer with its records spelled as
// zone files do, which is what users match expressions against.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace alloy::prometheus::exporter_blackbox {

struct DnsQuestion {
  uint16_t id = 0;
  std::string name;  // With or without the final dot.
  uint16_t type = 0;
  uint16_t number = 1;  // The class.
  bool asks_recursion = true;
};

Result<std::string> write_dns_question(const DnsQuestion& question);

struct DnsRecord {
  std::string text;                // "example.com.\t300\tIN\tA\t192.0.2.1"
  std::optional<uint32_t> serial;  // Of an SOA.
};

struct DnsReply {
  uint16_t id = 0;
  int answer_code = 0;
  bool is_truncated = false;
  std::vector<DnsRecord> answer;
  std::vector<DnsRecord> authority;
  std::vector<DnsRecord> additional;
};

Result<DnsReply> read_dns_reply(std::string_view bytes);

}  // namespace alloy::prometheus::exporter_blackbox
