// `alloy tools`: looks into what components keep on disk.
#include <algorithm>
#include <filesystem>
#include <map>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "app/commands.h"
#include "app/text_table.h"
#include "app/wal_statistics.h"
#include "base/text.h"
#include "signals/log_selector.h"

namespace alloy::app {
namespace {

struct StatsOptions {
  std::string selector = "{}";
  std::string job;
  std::string instance;
};

// As Go prints a time: "2026-11-24 21:34:14.164 +0000 UTC".
std::string format_time(int64_t ms) {
  const auto seconds = static_cast<std::time_t>(ms >= 0 ? ms / 1000 : -((999 - ms) / 1000));
  std::string text = fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(seconds));
  std::string fraction = fmt::format("{:03}", ms - int64_t{seconds} * 1000);
  while (fraction.ends_with('0')) fraction.pop_back();
  if (!fraction.empty()) text += "." + fraction;
  return text + " +0000 UTC";
}

std::string format_labels(const WalSeries& series) {
  std::string text;
  for (const auto& [name, value] : series.labels)
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", name, quote(value));
  return "{" + text + "}";
}

// up{job="a"}: a name, matchers, or both.
Result<std::vector<LogSelector::Matcher>> parse_selector(std::string_view text) {
  const size_t brace = std::min(text.find('{'), text.size());
  const std::string_view name = trim(text.substr(0, brace));
  const std::string_view braces = trim(text.substr(brace));
  std::vector<LogSelector::Matcher> matchers;
  const bool is_empty = braces.empty() || (braces.size() > 1 && braces.ends_with('}') &&
                                           trim(braces.substr(1, braces.size() - 2)).empty());
  if (!is_empty) {
    TRY(const auto selector, LogSelector::parse(braces));
    if (selector.has_filters()) return fail("a selector of series has no filters");
    matchers = selector.matchers();
  }
  if (!name.empty()) matchers.push_back({.label = "__name__", .value = std::string(name)});
  return matchers;
}

Result<std::string> sample_stats(const WalStatistics& wal, const StatsOptions& options) {
  TRY(const auto matchers, parse_selector(options.selector));
  std::string out;
  for (const WalSeries& series : wal.series) {
    const auto accepts = [&](const auto& matcher) {
      return matcher.accepts(series.label(matcher.label));
    };
    if (series.samples == 0 || !std::ranges::all_of(matchers, accepts)) continue;
    out += fmt::format(
        "{}\n  Oldest Sample:      {}\n  Newest Sample:      {}\n  Total Samples:      {}\n",
        format_labels(series), format_time(series.oldest_ms), format_time(series.newest_ms),
        series.samples);
  }
  return out;
}

Result<std::string> target_stats(const WalStatistics& wal, const StatsOptions& options) {
  std::map<std::string_view, int> counts;
  for (const WalSeries& series : wal.series)
    if (series.label("job") == options.job && series.label("instance") == options.instance)
      ++counts[series.label("__name__")];
  std::vector<std::pair<std::string_view, int>> sorted(counts.begin(), counts.end());
  std::ranges::sort(sorted, {}, [](const auto& m) { return std::pair(-m.second, m.first); });
  std::string out = "Metric cardinality:\n\n";
  for (const auto& [name, count] : sorted) out += fmt::format("{}: {}\n", name, count);
  return out;
}

std::string target_table(const WalStatistics& wal) {
  struct Target {
    uint64_t series = 0;
    uint64_t samples = 0;
  };
  std::map<std::pair<std::string_view, std::string_view>, Target> targets;
  for (const WalSeries& series : wal.series) {
    Target& target = targets[{series.label("job"), series.label("instance")}];
    ++target.series;
    target.samples += series.samples;
  }
  std::vector<std::pair<std::pair<std::string_view, std::string_view>, Target>> sorted(
      targets.begin(), targets.end());
  std::ranges::sort(sorted, std::ranges::greater(),
                    [](const auto& entry) { return entry.second.series; });
  TextTable table({"Job", "Instance", "Series", "Samples"});
  for (const auto& [name, target] : sorted)
    table.add({std::string(name.first), std::string(name.second), fmt::format("{}", target.series),
               fmt::format("{}", target.samples)});
  return table.to_string();
}

// A log of requests has neither hash collisions nor references nor checkpoints.
Result<std::string> wal_stats(const WalStatistics& wal, const StatsOptions&) {
  WalSeries all;
  for (const WalSeries& series : wal.series) {
    all.oldest_ms = std::min(all.oldest_ms, series.oldest_ms);
    all.newest_ms = std::max(all.newest_ms, series.newest_ms);
    all.samples += series.samples;
  }
  const auto time = [&](int64_t ms) { return all.samples == 0 ? "-" : format_time(ms); };
  return fmt::format(
      "Oldest Sample:      {}\nNewest Sample:      {}\nTotal Series:       {}\n"
      "Total Samples:      {}\nHash Collisions:    0\nInvalid Refs:       0\n"
      "Checkpoint Segment: 0\nFirst Segment:      {}\nLatest Segment:     {}\n"
      "\nPer-target stats:\n{}",
      time(all.oldest_ms), time(all.newest_ms), wal.series.size(), all.samples, wal.first_segment,
      wal.last_segment, target_table(wal));
}

using Print = Result<std::string> (*)(const WalStatistics& wal, const StatsOptions& options);

// The real one prints its errors on standard output.
Result<int> print_stats(const Invocation& call, Print print, std::string_view what,
                        const StatsOptions& options) {
  std::error_code ignored;
  const std::string& directory = call.arguments[0];
  if (!std::filesystem::exists(directory, ignored)) {
    call.console.out(fmt::format("{} does not exist\n", directory));
    return 1;
  }
  const auto wal = read_wal(directory);
  auto text = wal ? print(*wal, options) : Result<std::string>(std::unexpected(wal.error()));
  if (!text) call.console.out(fmt::format("failed to get {}: {}\n", what, text.error().message()));
  if (!text) return 1;
  call.console.out(*text);
  return 0;
}

Command stats_command(std::string name, std::string summary, FlagSet flags,
                      std::shared_ptr<StatsOptions> options, Print print, std::string_view what) {
  return {.use = name + " [flags] <WAL directory>",
          .summary = std::move(summary),
          .flags = std::move(flags),
          .arguments = {1, 1},
          .run = [=](const Invocation& call) { return print_stats(call, print, what, *options); },
          .usage_on_error = true};
}

}  // namespace

Command tools_command() {
  auto sample = std::make_shared<StatsOptions>();
  auto target = std::make_shared<StatsOptions>();
  auto nothing = std::make_shared<StatsOptions>();
  Command remote_write = {
      .use = "prometheus.remote_write",
      .summary = "Tools for the prometheus.remote_write component",
      .subcommands = {
          stats_command("sample-stats", "Show the samples of the series that match a selector",
                        {{"selector", &sample->selector, "Label selector of the series", 's'}},
                        sample, &sample_stats, "sample stats"),
          stats_command("target-stats", "Show how many series each metric of a target has",
                        {{.name = "job",
                          .target = &target->job,
                          .usage = "job label of the target",
                          .shorthand = 'j',
                          .required = true},
                         {.name = "instance",
                          .target = &target->instance,
                          .usage = "instance label of the target",
                          .shorthand = 'i',
                          .required = true}},
                        target, &target_stats, "cardinality"),
          stats_command("wal-stats", "Show what the write-ahead log holds", {}, nothing, &wal_stats,
                        "WAL stats"),
      }};
  return {.use = "tools",
          .summary = "Utilities for various components",
          .subcommands = {std::move(remote_write)}};
}

}  // namespace alloy::app
