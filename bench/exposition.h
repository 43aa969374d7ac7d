// An exposition like those of the whole-program benchmarks: about ten labels and 240 bytes a
// sample.
#pragma once

#include <string>

#include <fmt/format.h>

namespace alloy::bench {

inline std::string exposition(int series, int scrape) {
  std::string body;
  for (int i = 0; i < series; ++i) {
    if (i % 100 == 0) body += fmt::format("# TYPE bench_metric_{}_total counter\n", i / 100);
    body += fmt::format(
        "bench_metric_{}_total{{cluster=\"production-eu-1\",namespace=\"team-{}\",pod=\"api-7d9f-{}"
        "\","
        "container=\"server\",method=\"GET\",route=\"/api/v1/items/{{id}}\",status=\"200\","
        "le=\"{}\",zone=\"b\"}} {}\n",
        i / 100, i % 7, i % 50, i, i * 3 + scrape);
  }
  return body;
}

}  // namespace alloy::bench
