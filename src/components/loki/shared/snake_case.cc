#include "components/loki/shared/snake_case.h"

namespace alloy::loki {
namespace {

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

}  // namespace

std::string snake_case(std::string_view name) {
  constexpr std::string_view replaced = " ,\t/\\.-:=@<>()";
  std::string result;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (i > 0 && is_upper(c) && is_lower_or_digit(name[i - 1])) result += '_';
    if (replaced.contains(c)) {
      result += '_';
    } else if (c == '%') {
      result += "_percent";
    } else {
      result += is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return result;
}

}  // namespace alloy::loki
