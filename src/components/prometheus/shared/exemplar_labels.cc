#include "components/prometheus/shared/exemplar_labels.h"

#include <algorithm>

namespace alloy::prometheus {

namespace {

constexpr size_t characters_max = 128;

size_t count_characters(std::string_view utf8) {
  return static_cast<size_t>(
      std::ranges::count_if(utf8, [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace

bool are_valid_exemplar_labels(std::span<const Label> labels) {
  size_t characters = 0;
  for (const Label& label : labels) {
    characters += count_characters(label.name) + count_characters(label.value);
  }
  return characters <= characters_max &&
         std::ranges::adjacent_find(labels, {}, &Label::name) == labels.end();
}

}  // namespace alloy::prometheus
