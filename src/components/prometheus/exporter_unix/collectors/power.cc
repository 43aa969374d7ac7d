// Heat and power: thermal_zone, rapl, powersupplyclass.
#include <algorithm>
#include <filesystem>
#include <map>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "components/prometheus/exporter_unix/collectors/all.h"
#include "components/prometheus/exporter_unix/collectors/names.h"
#include "components/prometheus/exporter_unix/filter.h"

namespace alloy::prometheus::exporter_unix {
namespace {

struct SupplyValue {
  std::string_view file;
  std::string_view name;
  double divisor = 1;
};

constexpr double micro = 1e6;
constexpr double tenths = 10;
constexpr std::array<SupplyValue, 49> supply_values = {{
    {"authentic", "authentic"},
    {"calibrate", "calibrate"},
    {"capacity", "capacity"},
    {"capacity_alert_max", "capacity_alert_max"},
    {"capacity_alert_min", "capacity_alert_min"},
    {"cycle_count", "cyclecount"},
    {"online", "online"},
    {"present", "present"},
    {"time_to_empty_now", "time_to_empty_seconds"},
    {"time_to_full_now", "time_to_full_seconds"},
    {"current_boot", "current_boot", micro},
    {"current_max", "current_max", micro},
    {"current_now", "current_ampere", micro},
    {"energy_empty", "energy_empty", micro},
    {"energy_empty_design", "energy_empty_design", micro},
    {"energy_full", "energy_full", micro},
    {"energy_full_design", "energy_full_design", micro},
    {"energy_now", "energy_watthour", micro},
    {"voltage_boot", "voltage_boot", micro},
    {"voltage_max", "voltage_max", micro},
    {"voltage_max_design", "voltage_max_design", micro},
    {"voltage_min", "voltage_min", micro},
    {"voltage_min_design", "voltage_min_design", micro},
    {"voltage_now", "voltage_volt", micro},
    {"voltage_ocv", "voltage_ocv", micro},
    {"charge_control_limit", "charge_control_limit", micro},
    {"charge_control_limit_max", "charge_control_limit_max", micro},
    {"charge_counter", "charge_counter", micro},
    {"charge_empty", "charge_empty", micro},
    {"charge_empty_design", "charge_empty_design", micro},
    {"charge_full", "charge_full", micro},
    {"charge_full_design", "charge_full_design", micro},
    {"charge_now", "charge_ampere", micro},
    {"charge_term_current", "charge_term_current", micro},
    {"constant_charge_current", "constant_charge_current", micro},
    {"constant_charge_current_max", "constant_charge_current_max", micro},
    {"constant_charge_voltage", "constant_charge_voltage", micro},
    {"constant_charge_voltage_max", "constant_charge_voltage_max", micro},
    {"precharge_current", "precharge_current", micro},
    {"input_current_limit", "input_current_limit", micro},
    {"power_now", "power_watt", micro},
    {"temp", "temp_celsius", tenths},
    {"temp_alert_max", "temp_alert_max_celsius", tenths},
    {"temp_alert_min", "temp_alert_min_celsius", tenths},
    {"temp_ambient", "temp_ambient_celsius", tenths},
    {"temp_ambient_alert_max", "temp_ambient_max_celsius", tenths},
    {"temp_ambient_alert_min", "temp_ambient_min_celsius", tenths},
    {"temp_max", "temp_max_celsius", tenths},
    {"temp_min", "temp_min_celsius", tenths},
}};

class PowerSupplies final : public Collector {
 public:
  static Result<std::unique_ptr<PowerSupplies>> create(const CollectorOptions& options) {
    auto supplies = std::make_unique<PowerSupplies>();
    supplies->paths_ = options.paths;
    TRY(supplies->ignored_, optional_expression(options.arguments.powersupply.ignored_supplies));
    return supplies;
  }

  Result<> collect(Metrics& out) override {
    const std::string folder = paths_.in_sys("class/power_supply");
    TRY(const auto names, entries_or_no_data(folder));
    for (const std::string& name : names) {
      if (ignored_ && ignored_->matches(name)) continue;
      add_supply(name, Paths::join(folder, name) + "/", out);
    }
    return {};
  }

 private:
  static void add_supply(const std::string& supply, const std::string& files, Metrics& out) {
    for (const SupplyValue& value : supply_values) {
      const auto number = read_integer(files + std::string(value.file));
      if (!number) continue;
      out.gauge(fmt::format("node_power_supply_{}", value.name),
                fmt::format("{} value of /sys/class/power_supply/<power_supply>.", value.name),
                {{"power_supply", supply}}, static_cast<double>(*number) / value.divisor);
    }
    static constexpr std::array<std::string_view, 11> texts = {
        "capacity_level", "charge_type", "health", "manufacturer", "model_name", "serial_number",
        "status",         "technology",  "type",   "usb_type",     "scope"};
    std::vector<std::string> values;
    for (const std::string_view text : texts) {
      values.push_back(read_attribute_or_empty(files + std::string(text)));
    }
    std::vector<Label> labels = {{"power_supply", supply}};
    for (size_t i = 0; i < texts.size(); ++i) {
      if (!values[i].empty()) labels.emplace_back(texts[i], values[i]);
    }
    out.add(Kind::gauge, "node_power_supply_info",
            "info of /sys/class/power_supply/<power_supply>.", labels, 1);
  }

  Paths paths_;
  std::optional<SearchExpression> ignored_;
};

}  // namespace

Result<> collect_thermal_zone(const Paths& paths, Metrics& out) {
  const std::string folder = paths.in_sys("class/thermal");
  for (const std::string& name : entries(folder)) {
    const std::string files = Paths::join(folder, name) + "/";
    const std::string type = read_attribute_or_empty(files + "type");
    if (const auto zone = number_behind(name, "thermal_zone")) {
      const auto temperature = read_integer(files + "temp");
      if (!temperature) continue;  // Asleep, or not wired.
      out.gauge("node_thermal_zone_temp", "Zone temperature in Celsius",
                {{"zone", fmt::format("{}", *zone)}, {"type", type}},
                static_cast<double>(*temperature) / 1000);
    } else if (const auto device = number_behind(name, "cooling_device")) {
      const auto now = read_integer(files + "cur_state");
      const auto most = read_integer(files + "max_state");
      if (!now || !most) continue;
      const std::string id = fmt::format("{}", *device);
      out.gauge("node_cooling_device_cur_state", "Current throttle state of the cooling device",
                {{"name", id}, {"type", type}}, static_cast<double>(*now));
      out.gauge("node_cooling_device_max_state", "Maximum throttle state of the cooling device",
                {{"name", id}, {"type", type}}, static_cast<double>(*most));
    }
  }
  return {};
}

Result<> collect_rapl(const Paths& paths, Metrics& out) {
  const std::string folder = paths.in_sys("class/powercap");
  TRY(const auto names, entries_or_no_data(folder));
  // Zones of one name are numbered where they do not say which they are ("package-0").
  std::map<std::string, size_t> counts;
  for (const std::string& entry : names) {
    const std::string zone = Paths::join(folder, entry);
    const auto name = read_attribute(zone + "/name");
    if (!name) continue;
    std::string kind = *name;
    std::string index;
    const size_t dash = kind.rfind('-');
    if (dash != std::string::npos && to_count(std::string_view(kind).substr(dash + 1))) {
      index = kind.substr(dash + 1);
      kind.resize(dash);
    } else {
      index = fmt::format("{}", counts[kind]++);
    }
    if (!exists(zone + "/energy_uj")) continue;
    // Only root may read it, since it tells too much of what runs.
    const auto energy = read_count(zone + "/energy_uj");
    if (!energy) return no_data();
    out.counter(fmt::format("node_rapl_{}_joules_total", metric_name(kind)),
                fmt::format("Current RAPL {} value in joules", kind),
                {{"index", index}, {"path", zone}}, static_cast<double>(*energy) / micro);
  }
  return {};
}

Result<std::unique_ptr<Collector>> create_powersupplyclass(const CollectorOptions& options) {
  return create_collector<PowerSupplies>(options);
}

}  // namespace alloy::prometheus::exporter_unix
