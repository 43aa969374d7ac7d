// Which topics of a cluster are wanted: by name, or by a regular expression that begins with "^".
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "signals/search_expression.h"

namespace alloy::loki::kafka {

class TopicFilter {
 public:
  static Result<TopicFilter> create(std::span<const std::string> wanted);

  // Those that are wanted, sorted.
  std::vector<std::string> pick(std::span<const std::string> topics) const;

 private:
  std::set<std::string, std::less<>> names_;
  std::vector<SearchExpression> patterns_;
};

}  // namespace alloy::loki::kafka
