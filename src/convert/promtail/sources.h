// What a scrape config of Promtail may collect from: one entry for each kind of target.
#pragma once

#include <span>
#include <string_view>

#include "convert/diagnostics.h"
#include "convert/source_fields.h"

namespace alloy::convert::promtail {

// How a source is given the relabel_configs.
enum class Relabelling : unsigned char {
  rules,     // By the argument relabel_rules.
  receiver,  // By a loki.relabel that it forwards to.
};

// A value that Promtail has for a field that is not given, and we don't.
struct Otherwise {
  std::string_view name;
  std::string_view text;  // "{}" is an empty map.
};

struct Source {
  std::string_view field;      // Of the scrape config: "syslog".
  std::string_view component;  // "loki.source.syslog"
  std::string_view type;       // In errors.
  Relabelling relabelling = Relabelling::rules;
  std::string_view block = {};  // The fields belong into this block of the component.
  std::span<const Rename> renames = {};
  std::span<const Otherwise> otherwise = {};
  // What names can't say. `into` is the block, or the component's arguments.
  void (*adapt)(const YamlNode& config, SourceReader& reader, Diagnostics& diagnostics,
                Draft& into) = nullptr;
};

// In the order in which they are written.
std::span<const Source> sources();

}  // namespace alloy::convert::promtail
