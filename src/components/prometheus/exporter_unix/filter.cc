#include "components/prometheus/exporter_unix/filter.h"

namespace alloy::prometheus::exporter_unix {

Result<std::optional<SearchExpression>> optional_expression(std::string_view source) {
  if (source.empty()) return std::optional<SearchExpression>();
  TRY(auto expression, SearchExpression::create(source));
  return std::optional<SearchExpression>(std::move(expression));
}

Result<Filter> Filter::create(std::string_view include, std::string_view exclude) {
  Filter filter;
  TRY(filter.include_, optional_expression(include));
  TRY(filter.exclude_, optional_expression(exclude));
  return filter;
}

Result<Filter> Filter::create_exclusive(std::string_view include, std::string_view exclude) {
  if (!include.empty() && !exclude.empty()) {
    return fail("device-exclude & device-include are mutually exclusive");
  }
  return create(include, exclude);
}

}  // namespace alloy::prometheus::exporter_unix
