#include "components/prometheus/scrape/recent_exemplars.h"

#include <vector>

#include <doctest/doctest.h>

namespace alloy::prometheus::scrape {
namespace {

struct Fixture {
  SeriesStore store;
  const SeriesRef series = store.intern(std::vector<Label>{{"__name__", "m"}});
  RecentExemplars recent;

  bool is_news(std::string_view trace, double value, int64_t time_ms, bool has_own_time = true) {
    const Label labels[] = {{"trace", trace}};
    return recent.is_news(*series, labels, value, time_ms, has_own_time);
  }
};

TEST_CASE_FIXTURE(Fixture, "an exemplar goes on once, and none that is older than the last") {
  CHECK(is_news("a", 1, 10));
  CHECK_FALSE(is_news("a", 1, 10));
  CHECK(is_news("b", 1, 10));
  CHECK(is_news("a", 1, 20));
  CHECK_FALSE(is_news("c", 3, 19));
  recent.forget(*series);
  CHECK(is_news("c", 3, 19));
}

TEST_CASE_FIXTURE(Fixture, "the time of the sample says nothing about whether an exemplar is new") {
  CHECK(is_news("a", 1, 10, false));
  CHECK_FALSE(is_news("a", 1, 20, false));
  CHECK(is_news("a", 2, 20, false));
  CHECK(is_news("a", 2, 30, true));
}

}  // namespace
}  // namespace alloy::prometheus::scrape
