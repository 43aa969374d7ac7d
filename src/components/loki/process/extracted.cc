// Conversions of extracted values, and access by name.
#include "components/loki/process/extracted.h"

#include <algorithm>

#include "base/duration.h"
#include "signals/number_text.h"

namespace alloy::loki::process {

std::optional<std::string_view> ExtractedValue::other_as_text(Scratch& scratch) const {
  switch (kind_) {
    case Kind::boolean:
      return boolean_ ? "true" : "false";
    case Kind::integer:
      return scratch.keep(std::to_string(integer_));
    case Kind::number: {
      std::string text;
      append_fixed(number_, text);
      return scratch.keep(text);
    }
    default:
      return std::nullopt;
  }
}

std::optional<double> ExtractedValue::as_number() const {
  switch (kind_) {
    case Kind::boolean:
      return boolean_ ? 1 : 0;
    case Kind::integer:
    case Kind::number:
      return raw_number();
    case Kind::text:
      break;
    default:
      return std::nullopt;
  }
  if (const auto number = parse_double(raw_text())) return number;
  const auto duration = parse_duration(raw_text());
  if (!duration) return std::nullopt;
  return std::chrono::duration<double>(*duration).count();
}

NameId NameTable::add(std::string_view name) {
  const auto [place, is_new] =
      ids_.try_emplace(std::string(name), static_cast<NameId>(names_.size()));
  if (is_new) names_.push_back(&place->first);
  return place->second;
}

const ExtractedValue* Extracted::find(std::string_view name) const {
  if (const auto id = names_->find(name)) {
    return values_[*id].is_absent() ? nullptr : &values_[*id];
  }
  const auto found =
      std::ranges::find(others_, name, [](const auto& other) { return other.first; });
  return found == others_.end() ? nullptr : &found->second;
}

void Extracted::set(std::string_view name, ExtractedValue value) {
  if (const auto id = names_->find(name)) return set(*id, value);
  for (auto& [known, old] : others_) {
    if (known != name) continue;
    old = value;
    return;
  }
  others_.emplace_back(name, value);
}

}  // namespace alloy::loki::process
