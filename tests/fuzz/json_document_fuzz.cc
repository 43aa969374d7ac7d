// JSON out of log lines: whole, selected, and as an array.
#include <cstdint>
#include <string_view>

#include "signals/json/json_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace alloy;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Scratch scratch;
  const auto value = parse_json(text, scratch);
  if (value) {
    // Invalid UTF-8 is replaced at the first writing.
    const auto once = parse_json(scratch.keep(to_json(*value)), scratch);
    if (!once) __builtin_trap();
    const std::string written = to_json(*once);
    const auto twice = parse_json(written, scratch);
    if (!twice || to_json(*twice) != written) __builtin_trap();
  }
  JsonSelection selection;
  const std::vector<std::string> path = {"a", "b"};
  selection.add(path);
  JsonValue found[1];
  const bool is_fine = selection.read(text, scratch, found);
  // Both ways to read agree on what is well formed.
  if (is_fine != (value && (value->is_object() || value->is_null()))) __builtin_trap();
  (void)split_json_array(text);
  return 0;
}
