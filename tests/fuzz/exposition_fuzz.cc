// Expositions of any content: they parse or fail, and a series that was read once reads the same by
// its bytes. The first byte chooses the format.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "wire/exposition.h"

using alloy::LabelBuilder;
using alloy::wire::ExpositionParser;
using alloy::wire::TextFormat;

namespace {

void expect(bool condition) {
  if (!condition) std::abort();
}

// What next() read, next_known() must read in the same way, unless it says that it can't.
void check_known(ExpositionParser before, const ExpositionParser& after) {
  if (!before.rest().starts_with(after.series())) return;  // Blank lines stood before it.
  const auto entry = before.next_known(after.series().size());
  if (entry == ExpositionParser::Entry::unknown) return;
  expect(entry == ExpositionParser::Entry::series);
  expect(before.series() == after.series());
  expect(before.rest().size() == after.rest().size());
  expect(before.timestamp_ms() == after.timestamp_ms());
  expect(std::bit_cast<uint64_t>(before.value()) == std::bit_cast<uint64_t>(after.value()));
  expect((before.exemplar() == nullptr) == (after.exemplar() == nullptr));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const TextFormat format = data[0] % 2 == 0 ? TextFormat::prometheus : TextFormat::open_metrics;
  std::string body(reinterpret_cast<const char*>(data + 1), size - 1);
  if (format == TextFormat::prometheus) ExpositionParser::with_last_newline(body);
  ExpositionParser parser(body, format);
  LabelBuilder keeper;
  for (;;) {
    const ExpositionParser before = parser;
    const auto entry = parser.next();
    if (entry == ExpositionParser::Entry::end) return 0;
    if (entry == ExpositionParser::Entry::failed) {
      expect(!parser.error().message().empty());
      return 0;
    }
    expect(parser.rest().size() < before.rest().size());
    if (entry != ExpositionParser::Entry::series) continue;
    expect(!parser.series().empty());
    for (const auto& label : parser.raw_labels()) {
      expect(alloy::wire::unescape(label.value, keeper).size() <= label.value.size());
    }
    check_known(before, parser);
  }
}
