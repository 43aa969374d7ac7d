// The names that RFC 1035 and its followers give to types, classes and answers of the DNS.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace alloy::prometheus::exporter_blackbox {

std::optional<uint16_t> dns_type_number(std::string_view name);
std::optional<uint16_t> dns_class_number(std::string_view name);
std::optional<int> dns_answer_number(std::string_view name);  // "NXDOMAIN": 3

// "TYPE65280" and "CLASS7" for what has no name (RFC 3597).
std::string dns_type_name(uint16_t type);
std::string dns_class_name(uint16_t number);
std::string dns_answer_name(int code);

}  // namespace alloy::prometheus::exporter_blackbox
