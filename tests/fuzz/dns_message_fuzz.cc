// DNS replies from anybody: read or refused, each record as one line of text.
#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "components/prometheus/exporter_blackbox/dns_message.h"

using namespace alloy::prometheus::exporter_blackbox;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto reply = read_dns_reply({reinterpret_cast<const char*>(data), size});
  if (!reply) return 0;
  for (const auto* records : {&reply->answer, &reply->authority, &reply->additional})
    for (const DnsRecord& record : *records) ASSERT(!record.text.contains('\n'));
  return 0;
}
