#include "components/prometheus/exporter_blackbox/dns_names.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace alloy::prometheus::exporter_blackbox {
namespace {

using Name = std::pair<std::string_view, uint16_t>;

constexpr std::array types = {
    Name{"None", 0},        Name{"A", 1},
    Name{"NS", 2},          Name{"MD", 3},
    Name{"MF", 4},          Name{"CNAME", 5},
    Name{"SOA", 6},         Name{"MB", 7},
    Name{"MG", 8},          Name{"MR", 9},
    Name{"NULL", 10},       Name{"PTR", 12},
    Name{"HINFO", 13},      Name{"MINFO", 14},
    Name{"MX", 15},         Name{"TXT", 16},
    Name{"RP", 17},         Name{"AFSDB", 18},
    Name{"X25", 19},        Name{"ISDN", 20},
    Name{"RT", 21},         Name{"NSAP-PTR", 23},
    Name{"SIG", 24},        Name{"KEY", 25},
    Name{"PX", 26},         Name{"GPOS", 27},
    Name{"AAAA", 28},       Name{"LOC", 29},
    Name{"NXT", 30},        Name{"EID", 31},
    Name{"NIMLOC", 32},     Name{"SRV", 33},
    Name{"ATMA", 34},       Name{"NAPTR", 35},
    Name{"KX", 36},         Name{"CERT", 37},
    Name{"DNAME", 39},      Name{"OPT", 41},
    Name{"APL", 42},        Name{"DS", 43},
    Name{"SSHFP", 44},      Name{"IPSECKEY", 45},
    Name{"RRSIG", 46},      Name{"NSEC", 47},
    Name{"DNSKEY", 48},     Name{"DHCID", 49},
    Name{"NSEC3", 50},      Name{"NSEC3PARAM", 51},
    Name{"TLSA", 52},       Name{"SMIMEA", 53},
    Name{"HIP", 55},        Name{"NINFO", 56},
    Name{"RKEY", 57},       Name{"TALINK", 58},
    Name{"CDS", 59},        Name{"CDNSKEY", 60},
    Name{"OPENPGPKEY", 61}, Name{"CSYNC", 62},
    Name{"ZONEMD", 63},     Name{"SVCB", 64},
    Name{"HTTPS", 65},      Name{"SPF", 99},
    Name{"UINFO", 100},     Name{"UID", 101},
    Name{"GID", 102},       Name{"UNSPEC", 103},
    Name{"NID", 104},       Name{"L32", 105},
    Name{"L64", 106},       Name{"LP", 107},
    Name{"EUI48", 108},     Name{"EUI64", 109},
    Name{"TKEY", 249},      Name{"TSIG", 250},
    Name{"IXFR", 251},      Name{"AXFR", 252},
    Name{"MAILB", 253},     Name{"MAILA", 254},
    Name{"ANY", 255},       Name{"URI", 256},
    Name{"CAA", 257},       Name{"AVC", 258},
    Name{"AMTRELAY", 260},  Name{"TA", 32768},
    Name{"DLV", 32769},     Name{"Reserved", 65535},
};
constexpr std::array classes = {Name{"IN", 1}, Name{"CS", 2},     Name{"CH", 3},
                                Name{"HS", 4}, Name{"NONE", 254}, Name{"ANY", 255}};
constexpr std::array answers = {
    Name{"NOERROR", 0},  Name{"FORMERR", 1}, Name{"SERVFAIL", 2},  Name{"NXDOMAIN", 3},
    Name{"NOTIMP", 4},   Name{"REFUSED", 5}, Name{"YXDOMAIN", 6},  Name{"YXRRSET", 7},
    Name{"NXRRSET", 8},  Name{"NOTAUTH", 9}, Name{"NOTZONE", 10},  Name{"DSOTYPENI", 11},
    Name{"BADSIG", 16},  Name{"BADKEY", 17}, Name{"BADTIME", 18},  Name{"BADMODE", 19},
    Name{"BADNAME", 20}, Name{"BADALG", 21}, Name{"BADTRUNC", 22}, Name{"BADCOOKIE", 23}};

std::optional<uint16_t> number_in(const auto& table, std::string_view name) {
  const auto found = std::ranges::find(table, name, &Name::first);
  if (found == table.end()) return std::nullopt;
  return found->second;
}

std::string name_in(const auto& table, uint16_t number, std::string_view otherwise) {
  const auto found = std::ranges::find(table, number, &Name::second);
  return found == table.end() ? fmt::format("{}{}", otherwise, number) : std::string(found->first);
}

}  // namespace

std::optional<uint16_t> dns_type_number(std::string_view name) { return number_in(types, name); }

std::optional<uint16_t> dns_class_number(std::string_view name) { return number_in(classes, name); }

std::optional<int> dns_answer_number(std::string_view name) { return number_in(answers, name); }

std::string dns_type_name(uint16_t type) { return name_in(types, type, "TYPE"); }

std::string dns_class_name(uint16_t number) { return name_in(classes, number, "CLASS"); }

std::string dns_answer_name(int code) {
  return name_in(answers, static_cast<uint16_t>(code), "RCODE");
}

}  // namespace alloy::prometheus::exporter_blackbox
