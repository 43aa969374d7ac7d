// Whatever is in a .prom file, what prometheus.exporter.unix passes on of it is Prometheus text
// that scrapes understand, and that reads back as itself.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "components/prometheus/exporter_unix/collectors/textfile_families.h"
#include "wire/exposition.h"

namespace {

using alloy::prometheus::exporter_unix::add_text_family;
using alloy::prometheus::exporter_unix::Metrics;
using alloy::prometheus::exporter_unix::TextFamily;

std::string write(const std::vector<TextFamily>& families) {
  Metrics metrics;
  for (const TextFamily& family : families) {
    add_text_family(family, family.help.value_or("None."), metrics);
  }
  return metrics.write();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using alloy::prometheus::exporter_unix::parse_text_families;
  using alloy::wire::ExpositionParser;
  const auto families = parse_text_families({reinterpret_cast<const char*>(data), size});
  if (!families) {
    ASSERT(!families.error().message().empty());
    return 0;
  }
  std::string body = write(*families);
  ExpositionParser::with_last_newline(body);
  ExpositionParser parser(body, alloy::wire::TextFormat::prometheus);
  for (auto entry = parser.next(); entry != ExpositionParser::Entry::end; entry = parser.next()) {
    ASSERT(entry != ExpositionParser::Entry::failed);
  }
  return 0;
}
