#include "components/prometheus/exporter_memcached/statistics.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "base/text.h"
#include "components/prometheus/exporter_memcached/stats_table.h"
#include "signals/number_text.h"

namespace alloy::prometheus::exporter_memcached {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

constexpr std::string_view commands_help =
    "Total number of all requests broken down by command (get, set, etc.) and status.";
constexpr std::string_view slab_commands_help =
    "Total number of all requests broken down by command (get, set, etc.) and status per slab.";
constexpr std::string_view operations[] = {"get", "delete", "incr", "decr", "cas", "touch"};

void add(MetricFamilies& out, std::string_view name, std::string_view help, MetricType type,
         MetricLabels labels, double value) {
  MetricFamily& family = out[std::string(name)];
  family.name = name;
  family.help = help;
  family.type = type;
  std::ranges::sort(labels);
  family.samples.push_back({std::string(name), std::move(labels), value});
}

Result<Values> read_lines(std::string_view answer) {
  Values values;
  for (std::string_view line : split(answer, '\n')) {
    line = trim(line);
    if (line == "END" || line.empty()) continue;
    if (!line.starts_with("STAT ")) return fail("unexpected line in stats: " + quote(line));
    line.remove_prefix(5);
    const size_t blank = line.find(' ');
    const std::string_view value = blank == line.npos ? "" : line.substr(blank + 1);
    values.insert_or_assign(std::string(line.substr(0, blank)), std::string(value));
  }
  return values;
}

// "items:3:number" and "3:chunk_size" by slab class.
std::map<std::string, Values> by_slab(const Values& values) {
  std::map<std::string, Values> slabs;
  for (const auto& [key, value] : values) {
    std::string_view rest = key;
    if (rest.starts_with("items:")) rest.remove_prefix(6);
    const size_t colon = rest.find(':');
    if (colon == rest.npos) continue;  // A total.
    slabs[std::string(rest.substr(0, colon))].insert_or_assign(std::string(rest.substr(colon + 1)),
                                                               value);
  }
  return slabs;
}

std::optional<double> read_value(std::string_view text, Reading reading) {
  if (reading == Reading::yes_no) {
    if (text == "yes") return 1;
    return text == "no" ? std::optional<double>(0) : std::nullopt;
  }
  if (reading == Reading::number) return parse_double(text);
  const size_t dot = text.find('.');
  if (dot == text.npos) return std::nullopt;
  const auto seconds = parse_double(text.substr(0, dot));
  const auto microseconds = parse_double(text.substr(dot + 1));
  if (!seconds || !microseconds) return std::nullopt;
  return *seconds + *microseconds / 1e6;
}

// Collects mistakes: one broken line doesn't cost the others.
class Reader {
 public:
  explicit Reader(MetricFamilies& out) : out_(out) {}

  void read(const Values& values, std::span<const Stat> stats, const MetricLabels& labels);
  void read_commands(const Values& values, std::string_view metric, std::string_view help,
                     const MetricLabels& labels, bool has_misses);
  void note(Error error) {
    if (!problem_) problem_ = std::move(error);
  }
  Result<> result() const {
    if (problem_) return std::unexpected(*problem_);
    return {};
  }

 private:
  // None if the server doesn't say.
  std::optional<double> value(const Values& values, std::string_view key, Reading reading);

  MetricFamilies& out_;
  std::optional<Error> problem_;
};

std::optional<double> Reader::value(const Values& values, std::string_view key, Reading reading) {
  const auto found = values.find(key);
  if (found == values.end()) return std::nullopt;
  const auto number = read_value(found->second, reading);
  if (!number) note(Error(fmt::format("failed to parse {}: {}", key, quote(found->second))));
  return number;
}

void Reader::read(const Values& values, std::span<const Stat> stats, const MetricLabels& labels) {
  for (const Stat& stat : stats) {
    const auto number = value(values, stat.key, stat.reading);
    if (!number) continue;
    MetricLabels all = labels;
    if (!stat.label.empty()) all.emplace_back(std::string(stat.label), std::string(stat.value));
    add(out_, stat.metric, stat.help, stat.type, std::move(all), *number);
  }
}

void Reader::read_commands(const Values& values, std::string_view metric, std::string_view help,
                           const MetricLabels& labels, bool has_misses) {
  const auto set = [&](std::string_view command, std::string_view status, double count) {
    MetricLabels all = labels;
    all.emplace_back("command", command);
    all.emplace_back("status", status);
    add(out_, metric, help, MetricType::counter, std::move(all), count);
  };
  const auto copy = [&](const std::string& key, std::string_view command, std::string_view status) {
    if (const auto count = value(values, key, Reading::number)) set(command, status, *count);
  };
  for (const std::string_view operation : operations) {
    copy(std::string(operation) + "_hits", operation, "hit");
    if (has_misses) copy(std::string(operation) + "_misses", operation, "miss");
  }
  copy("cas_badval", "cas", "badval");
  if (has_misses) copy("cmd_flush", "flush", "hit");
  // The server counts each cas as a set, too.
  auto sets = value(values, "cmd_set", Reading::number);
  for (const std::string_view key : {"cas_misses", "cas_hits", "cas_badval"}) {
    if (key == "cas_misses" && !has_misses) continue;
    const auto cas = value(values, key, Reading::number);
    sets = sets && cas ? std::optional<double>(*sets - *cas) : std::nullopt;
  }
  if (sets) set("set", "hit", *sets);
}

}  // namespace

bool is_whole_answer(std::string_view answer) {
  if (!answer.ends_with("\r\n")) return false;
  answer.remove_suffix(2);
  const std::string_view last = answer.substr(answer.rfind('\n') + 1);
  return last == "END" || last == "RESET" || last.starts_with("ERROR") ||
         last.starts_with("CLIENT_ERROR") || last.starts_with("SERVER_ERROR");
}

Result<> read_statistics(const Statistics& statistics, MetricFamilies& out) {
  TRY(const Values general, read_lines(statistics.general));
  TRY(const Values items, read_lines(statistics.items));
  TRY(const Values slabs, read_lines(statistics.slabs));
  TRY(const Values settings, read_lines(statistics.settings));
  Reader reader(out);
  const auto version = general.find("version");
  add(out, "memcached_version", "The version of this memcached server.", MetricType::gauge,
      {{"version", version == general.end() ? "" : version->second}}, 1);
  reader.read(general, general_stats, {});
  reader.read_commands(general, "memcached_commands_total", commands_help, {}, true);
  for (const auto& [slab, values] : by_slab(items))
    reader.read(values, item_stats, {{"slab", slab}});
  for (const auto& [slab, values] : by_slab(slabs)) {
    reader.read(values, slab_stats, {{"slab", slab}});
    reader.read_commands(values, "memcached_slab_commands_total", slab_commands_help,
                         {{"slab", slab}}, false);
  }
  const auto crawler = settings.find("lru_crawler");
  const bool has_crawler = crawler != settings.end() && crawler->second == "yes";
  const std::span<const Stat> all(settings_stats);
  // The first is the limit of connections, the others are the crawler's.
  reader.read(settings, has_crawler ? all : all.first(1), {});
  return reader.result();
}

}  // namespace alloy::prometheus::exporter_memcached
