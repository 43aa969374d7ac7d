// The sets of fields of Cloudflare's logs that users choose by name.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "schema/fields.h"

namespace alloy::loki::source_cloudflare {

enum class FieldsType : unsigned char { standard, minimal, extended, all, custom };
constexpr auto enum_names(FieldsType) {
  using enum FieldsType;
  return std::array{EnumName{standard, "default"}, EnumName{minimal, "minimal"},
                    EnumName{extended, "extended"}, EnumName{all, "all"},
                    EnumName{custom, "custom"}};
}
std::string enum_error(FieldsType, std::string_view text);

// Sorted, each once.
std::vector<std::string> fields_of(FieldsType type, const std::vector<std::string>& additional);

}  // namespace alloy::loki::source_cloudflare
