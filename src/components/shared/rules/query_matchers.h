// Matchers that are added to all selectors of the queries of rules.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "schema/fields.h"

namespace alloy::rules {

struct QueryMatcher {
  std::string name;
  std::string value;
  std::string match_type;
};

enum class QueryLanguage : unsigned char { promql, logql };

// The query with these matchers in each of its selectors, in place of those for the same labels.
// Only selectors are changed. Fails where the query can't be taken apart.
Result<std::string> add_matchers(std::string_view query, const std::vector<QueryMatcher>& matchers,
                                 QueryLanguage language);

// Fails for what can be no query of Loki: one without a selector of streams, or with names of
// metrics.
Result<> check_logql(std::string_view query);

}  // namespace alloy::rules
