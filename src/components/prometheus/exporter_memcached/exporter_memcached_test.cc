#include <doctest/doctest.h>

#include "components/prometheus/exporter_memcached/statistics.h"

namespace alloy::prometheus::exporter_memcached {
namespace {

double value(const MetricFamilies& families, std::string_view name, const MetricLabels& labels) {
  const auto family = families.find(name);
  if (family == families.end()) return -1;
  for (const MetricSample& sample : family->second.samples)
    if (sample.labels == labels) return sample.value;
  return -1;
}

TEST_CASE("prometheus.exporter.memcached knows when an answer is whole") {
  CHECK(is_whole_answer("END\r\n"));
  CHECK(is_whole_answer("STAT a 1\r\nEND\r\n"));
  CHECK(is_whole_answer("ERROR\r\n"));
  CHECK_FALSE(is_whole_answer("STAT a 1\r\n"));
  CHECK_FALSE(is_whole_answer("STAT a 1\r\nEND"));
  CHECK_FALSE(is_whole_answer("STAT a END\r\n"));
  CHECK_FALSE(is_whole_answer(""));
}

TEST_CASE("prometheus.exporter.memcached reads all four answers") {
  MetricFamilies families;
  REQUIRE(read_statistics(
      {.general = "STAT version 1.6.18\r\nSTAT rusage_user 12.000345\r\nSTAT get_hits 7\r\n"
                  "STAT get_misses 2\r\nSTAT cmd_set 10\r\nSTAT cas_hits 1\r\nSTAT cas_misses 2\r\n"
                  "STAT cas_badval 3\r\nSTAT unknown x\r\nEND\r\n",
       .items = "STAT items:5:number 4\r\nSTAT items:5:hits_to_hot 9\r\nEND\r\n",
       .slabs = "STAT 5:chunk_size 240\r\nSTAT 5:get_hits 6\r\nSTAT active_slabs 1\r\nEND\r\n",
       .settings = "STAT maxconns 1024\r\nSTAT lru_crawler yes\r\nSTAT hot_lru_pct 20\r\nEND\r\n"},
      families));
  CHECK(value(families, "memcached_version", {{"version", "1.6.18"}}) == 1);
  CHECK(value(families, "memcached_process_user_cpu_seconds_total", {}) == 12.000345);
  CHECK(value(families, "memcached_commands_total", {{"command", "get"}, {"status", "miss"}}) == 2);
  CHECK(value(families, "memcached_commands_total", {{"command", "set"}, {"status", "hit"}}) == 4);
  CHECK(value(families, "memcached_slab_current_items", {{"slab", "5"}}) == 4);
  CHECK(value(families, "memcached_slab_lru_hits_total", {{"lru", "hot"}, {"slab", "5"}}) == 9);
  CHECK(value(families, "memcached_slab_chunk_size_bytes", {{"slab", "5"}}) == 240);
  CHECK(value(families, "memcached_slab_commands_total",
              {{"command", "get"}, {"slab", "5"}, {"status", "hit"}}) == 6);
  CHECK(value(families, "memcached_max_connections", {}) == 1024);
  CHECK(value(families, "memcached_lru_crawler_enabled", {}) == 1);
  CHECK(value(families, "memcached_lru_crawler_hot_percent", {}) == 20);
}

TEST_CASE("prometheus.exporter.memcached keeps what it can read of a broken answer") {
  MetricFamilies families;
  const auto read =
      read_statistics({.general = "STAT uptime long\r\nSTAT time 5\r\nEND\r\n"}, families);
  REQUIRE_FALSE(read);
  CHECK(read.error().message() == "failed to parse uptime: \"long\"");
  CHECK(value(families, "memcached_time_seconds", {}) == 5);
  CHECK_FALSE(read_statistics({.general = "ERROR\r\n"}, families));
}

}  // namespace
}  // namespace alloy::prometheus::exporter_memcached
