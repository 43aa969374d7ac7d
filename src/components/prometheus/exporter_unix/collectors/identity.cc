// What the machine is: os, dmi.
#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "components/prometheus/exporter_unix/collectors/all.h"

namespace alloy::prometheus::exporter_unix {
namespace {

// Of a shell-like assignment: without quotes, and with what was escaped in them.
std::string unquote_value(std::string_view text) {
  text = trim(text);
  const char quote_mark = text.empty() ? '\0' : text.front();
  if (quote_mark != '"' && quote_mark != '\'') return std::string(text);
  std::string value;
  for (size_t i = 1; i < text.size() && text[i] != quote_mark; ++i) {
    if (text[i] == '\\' && quote_mark == '"' && i + 1 < text.size()) ++i;
    value += text[i];
  }
  return value;
}

// "12.5" of "12.5-rc1": the leading number.
std::string_view leading_version(std::string_view text) {
  size_t end = text.find_first_not_of("0123456789");
  if (end == std::string_view::npos) return text;
  if (end == 0 || text[end] != '.') return text.substr(0, end);
  const size_t next = text.find_first_not_of("0123456789", end + 1);
  return text.substr(0, next);
}

class Dmi final : public Collector {
 public:
  // It does not change until the machine starts anew.
  static Result<std::unique_ptr<Dmi>> create(const CollectorOptions& options) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 20> attributes = {{
        {"bios_date", "bios_date"},
        {"bios_release", "bios_release"},
        {"bios_vendor", "bios_vendor"},
        {"bios_version", "bios_version"},
        {"board_asset_tag", "board_asset_tag"},
        {"board_name", "board_name"},
        {"board_serial", "board_serial"},
        {"board_vendor", "board_vendor"},
        {"board_version", "board_version"},
        {"chassis_asset_tag", "chassis_asset_tag"},
        {"chassis_serial", "chassis_serial"},
        {"chassis_vendor", "chassis_vendor"},
        {"chassis_version", "chassis_version"},
        {"product_family", "product_family"},
        {"product_name", "product_name"},
        {"product_serial", "product_serial"},
        {"product_sku", "product_sku"},
        {"product_uuid", "product_uuid"},
        {"product_version", "product_version"},
        {"sys_vendor", "system_vendor"},
    }};
    auto dmi = std::make_unique<Dmi>();
    for (const auto& [file, label] : attributes) {
      auto value = read_attribute(options.paths.in_sys(fmt::format("class/dmi/id/{}", file)));
      if (value) dmi->values_.emplace_back(label, *std::move(value));
    }
    return dmi;
  }

  Result<> collect(Metrics& out) override {
    if (values_.empty()) return no_data();
    const std::vector<Label> labels(values_.begin(), values_.end());
    out.add(Kind::gauge, "node_dmi_info",
            "A metric with a constant '1' value labeled by bios_date, bios_release, bios_vendor, "
            "bios_version, board_asset_tag, board_name, board_serial, board_vendor, board_version, "
            "chassis_asset_tag, chassis_serial, chassis_vendor, chassis_version, product_family, "
            "product_name, product_serial, product_sku, product_uuid, product_version, "
            "system_vendor if provided by DMI.",
            labels, 1);
    return {};
  }

 private:
  std::vector<std::pair<std::string_view, std::string>> values_;
};

}  // namespace

Result<> collect_os(const Paths& paths, Metrics& out) {
  auto text = read_file(paths.in_root("etc/os-release"));
  if (!text && text.error().kind() == ErrorKind::not_found) {
    text = read_file(paths.in_root("usr/lib/os-release"));
  }
  if (!text && text.error().kind() == ErrorKind::not_found) return no_data();
  if (!text) return std::unexpected(std::move(text).error());
  static constexpr std::array<std::string_view, 12> keys = {
      "build_id",    "id",      "id_like",    "image_id", "image_version",    "name",
      "pretty_name", "variant", "variant_id", "version",  "version_codename", "version_id"};
  std::array<std::string, keys.size()> values;
  const auto value = [&](std::string_view key) -> std::string& {
    return values[static_cast<size_t>(std::ranges::find(keys, key) - keys.begin())];
  };
  for_each_line(*text, [&](std::string_view line) {
    line = trim(line);
    const size_t equals = line.find('=');
    if (line.starts_with('#') || equals == std::string_view::npos) return;
    std::string key(line.substr(0, equals));
    std::ranges::transform(key, key.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    if (std::ranges::find(keys, key) == keys.end()) return;
    value(key) = unquote_value(line.substr(equals + 1));
  });
  std::vector<Label> labels;
  for (size_t i = 0; i < keys.size(); ++i) labels.emplace_back(keys[i], values[i]);
  out.add(Kind::gauge, "node_os_info",
          "A metric with a constant '1' value labeled by build_id, id, id_like, image_id, "
          "image_version, name, pretty_name, variant, variant_id, version, version_codename, "
          "version_id.",
          labels, 1);
  const auto version = to_double(leading_version(value("version_id")));
  if (version && *version > 0) {
    out.gauge("node_os_version", "Metric containing the major.minor part of the OS version.",
              {{"id", value("id")}, {"id_like", value("id_like")}, {"name", value("name")}},
              *version);
  }
  return {};
}

Result<std::unique_ptr<Collector>> create_dmi(const CollectorOptions& options) {
  return create_collector<Dmi>(options);
}

}  // namespace alloy::prometheus::exporter_unix
