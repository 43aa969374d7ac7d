// The labels, the URL and the timing of a target.
#include "components/prometheus/scrape/scrape_target.h"

#include <fmt/format.h>

#include "base/text.h"
#include "components/shared/prometheus_duration.h"
#include "net/url.h"

namespace alloy::prometheus::scrape {

namespace {

constexpr std::string_view address_label = "__address__";
constexpr std::string_view scheme_label = "__scheme__";
constexpr std::string_view path_label = "__metrics_path__";
constexpr std::string_view interval_label = "__scrape_interval__";
constexpr std::string_view timeout_label = "__scrape_timeout__";
constexpr std::string_view param_prefix = "__param_";
constexpr std::string_view meta_prefix = "__meta_";

void set_defaults(LabelBuilder& labels, const TargetDefaults& defaults) {
  const auto set = [&labels](std::string_view name, std::string_view value) {
    if (labels.get(name).empty()) labels.set(name, value);
  };
  set("job", defaults.job);
  set(interval_label, labels.keep(format_prometheus_duration(defaults.interval)));
  set(timeout_label, labels.keep(format_prometheus_duration(defaults.timeout)));
  set(path_label, defaults.metrics_path);
  set(scheme_label, defaults.scheme);
  for (const auto& [name, values] : defaults.params) {
    if (!values.empty()) set(labels.keep(std::string(param_prefix) + name), values.front());
  }
}

Result<Duration> read_duration(std::string_view what, std::string_view text) {
  auto duration = parse_prometheus_duration(text);
  if (!duration) {
    return std::unexpected(
        std::move(duration).error().with_context(fmt::format("error parsing scrape {}", what)));
  }
  if (*duration <= Duration::zero()) return fail(fmt::format("scrape {} cannot be 0", what));
  return duration;
}

std::string make_url(const LabelBuilder& labels, const TargetDefaults& defaults) {
  std::map<std::string, std::vector<std::string>> params = defaults.params;
  for (const Label& label : labels.labels()) {
    if (!label.name.starts_with(param_prefix)) continue;
    auto& values = params[std::string(label.name.substr(param_prefix.size()))];
    if (values.empty()) values.emplace_back();
    values.front() = label.value;
  }
  std::multimap<std::string, std::string> query;
  for (const auto& [name, values] : params) {
    for (const std::string& value : values) query.emplace(name, value);
  }
  net::Url url;
  url.scheme = labels.get(scheme_label);
  url.host = labels.get(address_label);
  url.path = labels.get(path_label);
  if (!url.path.empty() && !url.path.starts_with('/')) url.path.insert(0, "/");
  url.query = net::encode_query(query);
  url.has_query = !url.query.empty();
  return url.to_string();
}

}  // namespace

uint64_t ScrapeTarget::key() const {
  const Label parts[] = {{"url", url}};
  return labels.hash() ^ (LabelSet::from_sorted(parts).hash() * 31);
}

Result<ScrapeTarget> make_scrape_target(const Target& target, const TargetDefaults& defaults) {
  LabelBuilder labels;
  labels.reset(target.labels());
  labels.erase_if([](const Label& label) { return label.value.empty(); });
  set_defaults(labels, defaults);

  ScrapeTarget result;
  if (defaults.relabel_rules != nullptr && !defaults.relabel_rules->apply(labels)) {
    result.is_dropped = true;
    return result;
  }
  result.address = labels.get(address_label);
  if (result.address.empty()) return fail("no address");
  if (result.address.contains('/')) {
    return fail(quote(result.address) + " is not a valid hostname");
  }
  TRY(result.interval, read_duration("interval", labels.get(interval_label)));
  TRY(result.timeout, read_duration("timeout", labels.get(timeout_label)));
  if (result.timeout > result.interval) {
    return fail(fmt::format("scrape timeout cannot be greater than scrape interval ({} > {})",
                            quote(labels.get(timeout_label)), quote(labels.get(interval_label))));
  }
  labels.erase_if([](const Label& label) { return label.name.starts_with(meta_prefix); });
  if (labels.get("instance").empty()) labels.set("instance", result.address);
  for (const Label& label : labels.labels()) {
    if (is_utf8(label.value)) continue;
    return fail(
        fmt::format("invalid label value for {}: {}", quote(label.name), quote(label.value)));
  }
  result.labels = labels.build();
  result.url = make_url(labels, defaults);
  labels.erase_if([](const Label& label) { return label.name.starts_with("__"); });
  result.public_labels = labels.build();
  return result;
}

}  // namespace alloy::prometheus::scrape
