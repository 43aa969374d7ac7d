#include "convert/convert.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "convert/pipeline.h"
#include "convert/prometheus/prometheus.h"
#include "convert/promtail/promtail.h"

namespace alloy::convert {
namespace {

struct Format {
  std::string_view name;
  Conversion (*convert)(const Input& input);
};

Conversion refuse(std::string what) {
  Conversion result;
  result.diagnostics.add(Severity::critical, std::move(what));
  return result;
}

Conversion not_built(const Input&) {
  return refuse("converting configurations of this format is not supported yet");
}

constexpr Format formats[] = {{"prometheus", &prometheus::convert},
                              {"promtail", &promtail::convert},
                              {"static", &not_built},
                              {"otelcol", &not_built}};

}  // namespace

Conversion convert(std::string_view format, const Input& input) {
  for (const Format& known : formats) {
    if (known.name == format) return known.convert(input);
  }
  return refuse(fmt::format("unrecognized kind {} given to the config converter", quote(format)));
}

std::optional<Conversion> refuse_extra_arguments(const Input& input, std::string_view format) {
  if (input.extra_arguments.empty()) return std::nullopt;
  return refuse(fmt::format("extra arguments are not supported for the {} converter: [{}]", format,
                            fmt::join(input.extra_arguments, " ")));
}

void finish(std::vector<Component> components, Catalogue catalogue, Conversion& result) {
  check_duplicates(components, result.diagnostics);
  if (result.diagnostics.has(Severity::critical)) return;
  auto text = write(components, catalogue);
  if (text) {
    result.text = *std::move(text);
  } else {
    result.diagnostics.add(Severity::critical, text.error().message());
  }
}

}  // namespace alloy::convert
