// discovery.dns looks up names in the DNS and makes targets of the answers.
#include "net/dns.h"

#include <fstream>

#include "base/text.h"
#include "components/discovery/shared/refresh.h"

namespace alloy::discovery::dns {
namespace {

// The types of records, as upper case text.
std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) { return std::toupper(c); });
  return text;
}

struct Arguments {
  std::vector<std::string> names;
  Duration refresh_interval = 30s;
  std::string type = "SRV";
  int port = 0;

  static constexpr auto schema() {
    return fields(
        required<&Arguments::names>("names", "The names to look up."),
        optional<&Arguments::refresh_interval>("refresh_interval", "How often to look them up."),
        optional<&Arguments::type>("type", "The type of records: SRV, A, AAAA, MX or NS."),
        optional<&Arguments::port>("port",
                                   "The port of the targets; SRV records bring their own."));
  }
  Result<> validate() const {
    const std::string kind = upper(type);
    const bool needs_port = kind == "A" || kind == "AAAA" || kind == "MX" || kind == "NS";
    if (!needs_port && kind != "SRV") return fail("invalid DNS-SD records type " + type);
    if (needs_port && port == 0)
      return fail("a port is required in DNS-SD configs for all record types except SRV");
    return validate_refresh_interval(refresh_interval);
  }
};

// One answer: an address or host, and what the labels say about it.
struct Record {
  std::string host;
  int port = 0;
  std::string_view target_label;  // Empty for addresses.
};

// What resolv.conf says about names that are not complete.
struct SearchList {
  std::vector<std::string> domains;
  size_t dots_min = 1;
};

SearchList read_search_list() {
  SearchList list;
  std::ifstream file("/etc/resolv.conf");
  std::string line;
  while (std::getline(file, line)) {
    std::vector<std::string_view> words = split(line, ' ');
    std::erase_if(words, [](std::string_view word) { return trim(word).empty(); });
    if (words.empty()) continue;
    if (words[0] == "search" || words[0] == "domain") {
      list.domains.clear();
      for (size_t i = 1; i < words.size(); ++i) list.domains.emplace_back(trim(words[i], ". \t"));
    } else if (words[0] == "options") {
      for (const std::string_view option : words)
        if (option.starts_with("ndots:"))
          list.dots_min = static_cast<size_t>(std::atoi(std::string(option.substr(6)).c_str()));
    }
  }
  return list;
}

// The complete names to try, in order.
std::vector<std::string> candidates(const std::string& name) {
  if (name.ends_with('.')) return {name};
  const SearchList list = read_search_list();
  std::vector<std::string> names;
  for (const std::string& domain : list.domains) names.push_back(name + "." + domain);
  const bool is_complete = std::cmp_greater_equal(std::ranges::count(name, '.'), list.dots_min);
  names.insert(is_complete ? names.begin() : names.end(), name);
  return names;
}

class Dns final : public RefreshDiscoverer {
 public:
  Dns(Arguments arguments, const DiscoveryContext& context)
      : RefreshDiscoverer("dns", arguments.refresh_interval, context),
        arguments_(std::move(arguments)),
        type_(upper(arguments_.type)),
        lookups_(context.metrics.counter("prometheus_sd_dns_lookups_total",
                                         "The number of DNS-SD lookups.")),
        failures_(context.metrics.counter("prometheus_sd_dns_lookup_failures_total",
                                          "The number of DNS-SD lookup failures.")) {}

 private:
  Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) override;
  Task<Result<std::vector<Record>>> look_up(std::string name);
  Task<Result<std::vector<Record>>> ask(std::string name);
  std::vector<Target> targets_of(const std::string& name, const std::vector<Record>& records) const;

  Arguments arguments_;
  std::string type_;
  Counter& lookups_;
  Counter& failures_;
  std::map<std::string, std::vector<Target>> targets_;  // By name, from the last good answer.
};

Task<Result<std::vector<Record>>> Dns::ask(std::string name) {
  std::vector<Record> records;
  const AnyExecutor blocking = context().executor.blocking();
  if (type_ == "SRV") {
    CO_TRY(const auto answer, co_await net::lookup_srv(blocking, std::move(name)));
    for (const net::SrvRecord& record : answer)
      records.push_back({record.target, record.port, "__meta_dns_srv_record_target"});
  } else if (type_ == "MX") {
    CO_TRY(const auto answer, co_await net::lookup_mx(blocking, std::move(name)));
    for (const net::MxRecord& record : answer)
      records.push_back({record.host, arguments_.port, "__meta_dns_mx_record_target"});
  } else if (type_ == "NS") {
    CO_TRY(const auto answer, co_await net::lookup_ns(blocking, std::move(name)));
    for (const std::string& host : answer)
      records.push_back({host, arguments_.port, "__meta_dns_ns_record_target"});
  } else {
    const auto family = type_ == "A" ? net::AddressFamily::v4 : net::AddressFamily::v6;
    CO_TRY(const auto answer, co_await net::lookup_addresses(blocking, std::move(name), family));
    for (const std::string& address : answer) records.push_back({address, arguments_.port, {}});
  }
  co_return records;
}

// That a name does not exist is an answer too, but only if no candidate could be asked in vain.
Task<Result<std::vector<Record>>> Dns::look_up(std::string name) {
  std::optional<Error> failure;
  for (std::string& candidate : candidates(name)) {
    auto records = co_await ask(std::move(candidate));
    if (records) co_return records;
    if (records.error().kind() != ErrorKind::not_found) failure = std::move(records).error();
  }
  if (failure) co_return std::unexpected(*std::move(failure));
  co_return std::vector<Record>();
}

std::vector<Target> Dns::targets_of(const std::string& name,
                                    const std::vector<Record>& records) const {
  std::vector<Target> targets;
  TargetBuilder builder;
  for (const Record& record : records) {
    builder.reset();
    builder.put("__meta_dns_name", name);
    for (const std::string_view label :
         {"__meta_dns_srv_record_target", "__meta_dns_srv_record_port",
          "__meta_dns_mx_record_target", "__meta_dns_ns_record_target"})
      builder.put(label, "");
    builder.put_copy("__address__", join_host_port(record.host, record.port));
    if (!record.target_label.empty()) builder.put_copy(record.target_label, record.host + ".");
    if (type_ == "SRV") builder.put_copy("__meta_dns_srv_record_port", std::to_string(record.port));
    targets.push_back(builder.build());
  }
  return targets;
}

Task<Result<std::vector<TargetGroup>>> Dns::refresh(StopToken stop) {
  std::vector<TargetGroup> groups;
  for (const std::string& name : arguments_.names) {
    if (stop.stop_requested()) break;
    const auto records = co_await look_up(name);
    lookups_.add();
    if (records) {
      targets_[name] = targets_of(name, *records);
    } else {
      failures_.add();
      context().logger.error("Error refreshing DNS targets", {{"err", records.error()}});
    }
    groups.push_back({name, targets_[name]});
  }
  co_return groups;
}

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  return std::make_unique<Dns>(std::move(arguments), context);
}

}  // namespace
}  // namespace alloy::discovery::dns

namespace alloy {

extern const ComponentType discovery_dns;
const ComponentType discovery_dns = {
    .name = "discovery.dns",
    .doc = "Discovers targets by looking up names in the DNS.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::dns::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create =
        create<discovery::DiscoveryComponent<discovery::dns::Arguments, discovery::dns::make>>,
};

}  // namespace alloy
