// hwmon: what sensors measure: temperatures, fans, voltages, power.
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "components/prometheus/exporter_unix/collectors/all.h"
#include "components/prometheus/exporter_unix/filter.h"

namespace alloy::prometheus::exporter_unix {
namespace {

// "temp1_crit_alarm": type temp, number 1, property crit_alarm.
struct SensorFile {
  std::string_view type;
  uint64_t number = 0;
  std::string_view property;
};

std::optional<SensorFile> parse_sensor_file(std::string_view name) {
  constexpr std::string_view digits = "0123456789";
  // The type may have underscores itself ("beep_enable"), but not the digits that end it.
  const size_t first_digit = name.find_first_of(digits);
  if (first_digit == 0) return std::nullopt;
  if (first_digit == std::string_view::npos) return SensorFile{.type = name};
  const size_t end = std::min(name.find_first_not_of(digits, first_digit), name.size());
  SensorFile file{.type = name.substr(0, first_digit)};
  const auto number = to_count(name.substr(first_digit, end - first_digit));
  if (!number) return std::nullopt;
  file.number = *number;
  if (end == name.size()) return file;
  if (name[end] != '_' || end + 1 == name.size()) return std::nullopt;
  file.property = name.substr(end + 1);
  return file;
}

bool is_sensor_type(std::string_view type) {
  static constexpr std::array<std::string_view, 13> types = {
      "vrm",  "beep_enable", "update_interval", "in",     "cpu",      "fan",      "pwm",
      "temp", "curr",        "power",           "energy", "humidity", "intrusion"};
  return std::ranges::find(types, type) != types.end();
}

// In lower case, with underscores for what a name can't have, and none at the ends.
std::string clean_name(std::string_view text) {
  std::string name;
  for (char c : text) {
    if (c >= 'A' && c <= 'Z') c = char(c + 32);
    const bool is_fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ':' || c == '_';
    name += is_fine ? c : '_';
  }
  return std::string(trim(name, "_"));
}

using Sensor = std::map<std::string, std::string>;  // Values by property.
using Sensors = std::map<std::string, Sensor>;      // By type and number: "temp1".

void read_sensors(const std::string& folder, Sensors& sensors) {
  for (const std::string& name : entries(folder)) {
    const auto file = parse_sensor_file(name);
    if (!file || !is_sensor_type(file->type)) continue;
    if (auto value = read_attribute_with_blanks(Paths::join(folder, name))) {
      sensors[fmt::format("{}{}", file->type, file->number)][std::string(file->property)] =
          *std::move(value);
    }
  }
}

// What a value is called, and in which unit it is.
struct Reading {
  std::string name;
  std::string help;
  double factor = 1;
  Kind kind = Kind::gauge;
};

Reading read_as(std::string_view type, std::string property, bool has_plain_value) {
  std::string name = fmt::format("node_hwmon_{}", type);
  if (property == "input") {
    // The plain value is that of the sensor, unless there is another one without a property.
    if (has_plain_value) name += "_input";
  } else if (!property.empty()) {
    name += "_" + clean_name(property);
  }
  if (property == "fault" || property == "alarm") {
    return {name, fmt::format("Hardware sensor {} status ({})", property, type)};
  }
  if (property == "beep") {
    return {name + "_enabled", "Hardware monitor sensor has beeping enabled"};
  }
  if (type == "in" || type == "cpu") {
    return {name + "_volts", fmt::format("Hardware monitor for voltage ({})", property), 1e-3};
  }
  if (type == "temp" && property != "type") {
    if (property.empty()) property = "input";
    return {name + "_celsius", fmt::format("Hardware monitor for temperature ({})", property),
            1e-3};
  }
  if (type == "curr") {
    return {name + "_amps", fmt::format("Hardware monitor for current ({})", property), 1e-3};
  }
  if (type == "energy") {
    return {name + "_joule_total",
            fmt::format("Hardware monitor for joules used so far ({})", property), 1e-6,
            Kind::counter};
  }
  if (type == "power" && property == "accuracy") {
    return {name, "Hardware monitor power meter accuracy, as a ratio", 1e-6};
  }
  if (type == "power" && property.starts_with("average_interval")) {
    return {name + "_seconds",
            fmt::format("Hardware monitor power usage update interval ({})", property), 1e-3};
  }
  if (type == "power") {
    return {name + "_watt", fmt::format("Hardware monitor for power usage in watts ({})", property),
            1e-6};
  }
  if (type == "humidity") {
    return {name,
            fmt::format("Hardware monitor for humidity, as a ratio (multiply with 100.0 to get the "
                        "humidity as a percentage) ({})",
                        property),
            1e-6};
  }
  if (type == "fan" &&
      (property == "input" || property == "min" || property == "max" || property == "target")) {
    return {name + "_rpm",
            fmt::format("Hardware monitor for fan revolutions per minute ({})", property)};
  }
  return {name, fmt::format("Hardware monitor {} element {}", type, property)};
}

void add_sensor(std::string_view chip, const std::string& id, const Sensor& sensor, Metrics& out) {
  const std::string_view type = std::string_view(id).substr(0, id.find_first_of("0123456789"));
  const auto plain = sensor.find("");
  const auto add = [&](std::string_view name, std::string_view help, double value) {
    out.gauge(name, help, {{"chip", chip}, {"sensor", id}}, value);
  };
  if (const auto label = sensor.find("label"); label != sensor.end()) {
    out.gauge("node_hwmon_sensor_label", "Label for given chip and sensor",
              {{"chip", chip}, {"sensor", id}, {"label", label->second}}, 1);
  }
  const auto plain_value = plain == sensor.end() ? std::nullopt : to_double(trim(plain->second));
  if (type == "beep_enable") {
    return add("node_hwmon_beep_enabled", "Hardware beep enabled", plain_value == 1 ? 1 : 0);
  }
  if (type == "vrm" || type == "update_interval") {
    if (!plain_value) return;
    if (type == "vrm") {
      return add("node_hwmon_voltage_regulator_version", "Hardware voltage regulator",
                 *plain_value);
    }
    return add("node_hwmon_update_interval_seconds", "Hardware monitor update interval",
               *plain_value * 1e-3);
  }
  for (const auto& [property, text] : sensor) {
    const auto value = to_double(trim(text));
    if (property == "label" || !value) continue;
    const Reading reading = read_as(type, property, plain != sensor.end());
    out.add(reading.kind, reading.name, reading.help,
            std::array<Label, 2>{{{"chip", chip}, {"sensor", id}}},
            // Divided, as whole powers of ten are exact and their inverses are not.
            reading.factor == 1e-6 ? *value / 1e6 : *value * reading.factor);
  }
}

// The name of a chip by the device it belongs to, which is stable; else by its own name; else by
// the number it has today.
std::string chip_name(const std::string& folder) {
  std::error_code error;
  const auto device = std::filesystem::canonical(folder + "/device", error);
  if (!error) {
    const std::string type = clean_name(device.parent_path().filename().string());
    const std::string name = clean_name(device.filename().string());
    if (!type.empty() && !name.empty()) return type + "_" + name;
    if (!name.empty()) return name;
  }
  std::string name = clean_name(read_attribute_or_empty(folder + "/name"));
  if (!name.empty()) return name;
  return clean_name(std::filesystem::canonical(folder, error).filename().string());
}

class Hwmon final : public Collector {
 public:
  static Result<std::unique_ptr<Hwmon>> create(const CollectorOptions& options) {
    const HwmonArguments& arguments = options.arguments.hwmon;
    auto hwmon = std::make_unique<Hwmon>();
    hwmon->paths_ = options.paths;
    TRY(hwmon->filter_, Filter::create(arguments.chip_include, arguments.chip_exclude));
    return hwmon;
  }

  Result<> collect(Metrics& out) override {
    const std::string folder = paths_.in_sys("class/hwmon");
    TRY(const auto names, entries_or_no_data(folder));
    Result<> result;
    for (const std::string& name : names) {
      const std::string chip_folder = Paths::join(folder, name);
      if (!is_directory(chip_folder)) continue;
      const std::string chip = chip_name(chip_folder);
      if (chip.empty()) result = fail("Could not derive a monitoring name for " + chip_folder);
      if (chip.empty() || !filter_.passes(chip)) continue;
      Sensors sensors;
      read_sensors(chip_folder, sensors);
      read_sensors(chip_folder + "/device", sensors);
      const std::string own_name = clean_name(read_attribute_or_empty(chip_folder + "/name"));
      if (!own_name.empty()) {
        out.gauge("node_hwmon_chip_names", "Annotation metric for human-readable chip names",
                  {{"chip", chip}, {"chip_name", own_name}}, 1);
      }
      for (const auto& [id, sensor] : sensors) add_sensor(chip, id, sensor, out);
    }
    return result;
  }

 private:
  Paths paths_;
  Filter filter_;
};

}  // namespace

Result<std::unique_ptr<Collector>> create_hwmon(const CollectorOptions& options) {
  return create_collector<Hwmon>(options);
}

}  // namespace alloy::prometheus::exporter_unix
