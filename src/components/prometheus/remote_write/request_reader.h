// Looks into finished requests: to check what a crash left, and to take out what became too old.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "components/prometheus/remote_write/request_writer.h"
#include "queue/record.h"

namespace alloy::prometheus::remote_write {

// Which element of queue::Counts is what.
inline constexpr size_t samples_count = 0;
inline constexpr size_t exemplars_count = 1;
inline constexpr size_t histograms_count = 2;

// What queue::RecordInfo::format says.
inline constexpr uint32_t format_v1 = 0;
inline constexpr uint32_t format_v2 = 2;
inline constexpr uint32_t format_has_tenant = 0x100;  // Besides: the request is in an envelope.
Protocol protocol_of(const queue::RecordInfo& info);

// A record is a request, with the name of its tenant in front where there are several.
struct Envelope {
  std::string_view tenant;
  std::string_view request;
};
Envelope open_envelope(std::string_view payload, const queue::RecordInfo& info);
// Writes what stands in front of the requests of a tenant; returns its size.
size_t write_envelope(std::string_view tenant, std::span<char> out);
size_t envelope_size(std::string_view tenant);
// Another request for the same tenant.
void replace_request(queue::Record& record, std::string_view request);

// A compressed request as the message that it is; empty if it is damaged.
std::optional<std::string> unpack(std::string_view compressed);

// What a compressed request holds; empty if it is damaged.
std::optional<queue::Counts> count_items(std::string_view compressed, Protocol protocol);

struct FilteredRequest {
  std::string compressed;
  queue::RecordInfo info;      // Of what is left.
  queue::Counts dropped = {};  // What was taken out.
};

// The request without what is older than `time_min_ms`; empty if it is damaged.
std::optional<FilteredRequest> drop_older(std::string_view compressed,
                                          const queue::RecordInfo& info, int64_t time_min_ms);

// The same request in protocol 1.0, without what that can't carry (histograms with custom buckets);
// empty if it is damaged.
std::optional<FilteredRequest> rewrite_as_v1(std::string_view compressed,
                                             const queue::RecordInfo& info);

}  // namespace alloy::prometheus::remote_write
