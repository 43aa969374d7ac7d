#include "components/loki/shared/kafka/topic_filter.h"

#include <algorithm>

namespace alloy::loki::kafka {

Result<TopicFilter> TopicFilter::create(std::span<const std::string> wanted) {
  if (wanted.empty()) return fail("no topics given to be consumed", ErrorKind::invalid);
  TopicFilter filter;
  for (const std::string& topic : wanted) {
    if (topic.empty())
      return fail("error creating topic manager: invalid empty topic", ErrorKind::invalid);
    if (!topic.starts_with('^')) {
      filter.names_.insert(topic);
      continue;
    }
    auto pattern = SearchExpression::create(topic);
    if (!pattern)
      return std::unexpected(std::move(pattern).error().with_context(
          "error creating topic manager: invalid topic pattern"));
    filter.patterns_.push_back(*std::move(pattern));
  }
  return filter;
}

std::vector<std::string> TopicFilter::pick(std::span<const std::string> topics) const {
  std::vector<std::string> picked;
  for (const std::string& topic : topics) {
    const bool is_wanted =
        names_.contains(topic) ||
        std::ranges::any_of(patterns_, [&](const auto& pattern) { return pattern.matches(topic); });
    if (is_wanted) picked.push_back(topic);
  }
  std::ranges::sort(picked);
  return picked;
}

}  // namespace alloy::loki::kafka
