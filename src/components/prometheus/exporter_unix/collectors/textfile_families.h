// The metrics of .prom files, as the textfile collector passes them on.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "components/prometheus/exporter_unix/metrics.h"

namespace alloy::prometheus::exporter_unix {

using LabelText = std::vector<std::pair<std::string, std::string>>;

// One metric of a family: a number, or what a histogram or summary consists of.
struct TextPoint {
  LabelText labels;
  double value = 0;                // Of a number.
  std::map<double, double> parts;  // By bound or quantile.
  double sum = 0;
  std::optional<double> count;
};

struct TextFamily {
  std::string name;
  Kind kind = Kind::untyped;
  std::optional<std::string> help;
  std::vector<TextPoint> points;
};

// All of a file, or the first mistake in it. Timestamps are refused: a file that is not written any
// more would look fresh.
Result<std::vector<TextFamily>> parse_text_families(std::string_view text);

// Adds the family; metrics without a label that others of the family have get it empty.
void add_text_family(const TextFamily& family, std::string_view help, Metrics& out);

}  // namespace alloy::prometheus::exporter_unix
