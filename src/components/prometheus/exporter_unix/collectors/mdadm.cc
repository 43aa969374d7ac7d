// mdadm: software RAIDs, from /proc/mdstat.
#include <fmt/format.h>

#include "base/text.h"
#include "components/prometheus/exporter_unix/collectors/all.h"

namespace alloy::prometheus::exporter_unix {
namespace {

struct Array {
  std::string_view name;
  std::string_view state;
  double active = 0;
  double required = 0;
  double failed = 0;
  double spare = 0;
  double blocks = 0;
  double blocks_synced = 0;
};

double count_of(std::string_view text, std::string_view part) {
  double count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + part.size())) {
    ++count;
  }
  return count;
}

// The disks of "… [2/1] [U_]": how many it should have, and how many it has.
Result<> read_disks(std::string_view text, Array& array) {
  for (const std::string_view word : words(text)) {
    if (!word.starts_with('[') || !word.ends_with(']')) continue;
    const size_t slash = word.find('/');
    if (slash == std::string_view::npos) continue;
    const auto required = to_double(word.substr(1, slash - 1));
    const auto active = to_double(word.substr(slash + 1, word.size() - slash - 2));
    if (!required || !active) continue;
    array.required = *required;
    array.active = *active;
    return {};
  }
  return fail(fmt::format("unexpected statusline {}", quote(text)));
}

// "recovery = 8.5% (16775552/195310144) finish=17.0min …": how far it is.
Result<> read_progress(std::string_view line, Array& array) {
  if (line.contains("recovery")) {
    array.state = "recovering";
  } else if (line.contains("check")) {
    array.state = "checking";
  } else if (line.contains("resync")) {
    array.state = "resyncing";
  } else {
    return {};
  }
  array.blocks_synced = 0;
  if (line.contains("PENDING") || line.contains("DELAYED")) return {};
  const size_t open = line.find('(');
  const size_t slash = line.find('/', open);
  if (open == std::string_view::npos || slash == std::string_view::npos) {
    return fail(fmt::format("unexpected recoveryLine {}", quote(line)));
  }
  array.blocks_synced = to_double_or_zero(line.substr(open + 1, slash - open - 1));
  return {};
}

// An array is described from its line on.
Result<Array> read_array(std::span<const std::string_view> lines) {
  const std::string_view title = lines[0];
  const auto parts = words(title);
  if (parts.size() < 3 || lines.size() < 3) {
    return fail(fmt::format("too few lines for md device: {}", quote(title)));
  }
  Array array{.name = parts[0], .state = parts[2]};
  array.failed = count_of(title, "(F)");
  array.spare = count_of(title, "(S)");
  const auto status = words(lines[1]);
  const auto blocks = status.empty() ? std::nullopt : to_double(status[0]);
  if (!blocks) return fail(fmt::format("unexpected statusline {}", quote(lines[1])));
  array.blocks = array.blocks_synced = *blocks;
  if (title.contains("raid0") || title.contains("linear")) {
    array.active = array.required = count_of(title, "[");
  } else if (!title.contains("inactive")) {
    TRY(read_disks(lines[1], array));
  }
  const size_t progress = lines[2].contains("bitmap") ? 3 : 2;
  if (progress < lines.size()) TRY(read_progress(lines[progress], array));
  return array;
}

void add_array(const Array& array, Metrics& out) {
  const auto add = [&](std::string_view name, std::string_view help, double value) {
    out.gauge(name, help, {{"device", array.name}}, value);
  };
  const auto add_state = [&](std::string_view name, std::string_view help, std::string_view state,
                             double value) {
    out.gauge(name, help, {{"device", array.name}, {"state", state}}, value);
  };
  constexpr std::string_view disks_help = "Number of active/failed/spare disks of device.";
  constexpr std::string_view state_help = "Indicates the state of md-device.";
  add("node_md_disks_required", "Total number of disks of device.", array.required);
  add_state("node_md_disks", disks_help, "active", array.active);
  add_state("node_md_disks", disks_help, "failed", array.failed);
  add_state("node_md_disks", disks_help, "spare", array.spare);
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> states = {
      {{"active", "active"},
       {"inactive", "inactive"},
       {"recovering", "recovering"},
       {"resyncing", "resync"},
       {"checking", "check"}}};
  for (const auto& [state, label] : states) {
    add_state("node_md_state", state_help, label, array.state == state ? 1 : 0);
  }
  add("node_md_blocks", "Total number of blocks on device.", array.blocks);
  add("node_md_blocks_synced", "Number of blocks synced on device.", array.blocks_synced);
}

}  // namespace

Result<> collect_mdadm(const Paths& paths, Metrics& out) {
  TRY(const std::string text, read_text_or_no_data(paths.in_proc("mdstat")));
  const std::vector<std::string_view> lines = split(text, '\n');
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    if (trim(line).empty() || line.starts_with(' ') || line.starts_with("Personalities") ||
        line.starts_with("unused")) {
      continue;
    }
    TRY(const Array array, read_array(std::span(lines).subspan(i)));
    add_array(array, out);
  }
  return {};
}

}  // namespace alloy::prometheus::exporter_unix
