// `alloy tools`: looks into what components keep on disk.
#include <filesystem>

#include <fmt/format.h>

#include "app/commands.h"

namespace alloy::app {
namespace {

struct StatsOptions {
  std::string selector = "{}";
  std::string job;
  std::string instance;
};

// The real one prints its errors on standard output.
Result<int> print_stats(const Invocation& call) {
  std::error_code ignored;
  const std::string& directory = call.arguments[0];
  if (!std::filesystem::exists(directory, ignored)) {
    call.console.out(fmt::format("{} does not exist\n", directory));
  } else {
    call.console.out(fmt::format("reading {} is not supported yet\n", directory));
  }
  return 1;
}

Command stats_command(std::string name, std::string summary, FlagSet flags,
                      std::shared_ptr<StatsOptions> options) {
  return {
      .use = name + " [flags] <WAL directory>",
      .summary = std::move(summary),
      .flags = std::move(flags),
      .arguments = {1, 1},
      .run = [options = std::move(options)](const Invocation& call) { return print_stats(call); },
      .usage_on_error = true};
}

}  // namespace

Command tools_command() {
  auto sample = std::make_shared<StatsOptions>();
  auto target = std::make_shared<StatsOptions>();
  Command remote_write = {
      .use = "prometheus.remote_write",
      .summary = "Tools for the prometheus.remote_write component",
      .subcommands = {
          stats_command("sample-stats", "Show the samples of the series that match a selector",
                        {{"selector", &sample->selector, "Label selector of the series", 's'}},
                        sample),
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
                        target),
          stats_command("wal-stats", "Show what the write-ahead log holds", {}, nullptr),
      }};
  return {.use = "tools",
          .summary = "Utilities for various components",
          .subcommands = {std::move(remote_write)}};
}

}  // namespace alloy::app
