#include "base/closest_name.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/text.h"

namespace alloy {

namespace {

constexpr size_t name_bytes_max = 100;

// How many insertions, removals, replacements and swaps of neighbours lead from one to the other
// (the optimal string alignment distance).
size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<size_t> before_last;
  std::vector<size_t> last(to.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= from.size(); ++i) {
    std::vector<size_t> row(to.size() + 1);
    row[0] = i;
    for (size_t j = 1; j <= to.size(); ++j) {
      const size_t replaced = last[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = std::move(last);
    last = std::move(row);
  }
  return last.back();
}

}  // namespace

std::string_view closest_name(std::string_view name, std::span<const std::string_view> candidates) {
  if (name.size() > name_bytes_max) return {};
  size_t distance_max = std::max<size_t>(1, name.size() / 4);
  std::string_view found;
  for (const std::string_view candidate : candidates) {
    const size_t difference =
        std::max(name.size(), candidate.size()) - std::min(name.size(), candidate.size());
    if (difference > distance_max || candidate == name) continue;
    const size_t distance = edit_distance(name, candidate);
    // Short names are near to each other without meaning each other.
    if (distance > distance_max || distance >= candidate.size()) continue;
    found = candidate;
    if (distance == 1) break;
    distance_max = distance - 1;
  }
  return found;
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates) {
  const std::string_view found = closest_name(name, candidates);
  return found.empty() ? "" : "did you mean " + quote(found) + "?";
}

}  // namespace alloy
