// The series that each scrape says about itself, such as `up`.
#pragma once

#include <cstddef>
#include <string_view>

namespace alloy::prometheus::scrape {

struct ReportMetric {
  std::string_view name;
  std::string_view unit;
  std::string_view help;
};

// All are gauges. The words are those that Prometheus sends as metadata.
inline constexpr ReportMetric report_metrics[] = {
    {"up", "targets",
     "Health of the scrape target. 1 means the target is healthy, 0 if the scrape failed."},
    {"scrape_duration_seconds", "seconds", "Duration of the last scrape in seconds."},
    {"scrape_samples_scraped", "samples", "Number of samples last scraped."},
    {"scrape_samples_post_metric_relabeling", "samples",
     "Number of samples remaining after metric relabeling was applied."},
    {"scrape_series_added", "series", "Number of series in the last scrape."},
    // Only with `extra_metrics`:
    {"scrape_timeout_seconds", "seconds", "The configured scrape timeout for a target."},
    {"scrape_sample_limit", "samples",
     "The configured sample limit for a target. Returns zero if there is no limit configured."},
    {"scrape_body_size_bytes", "bytes",
     "The uncompressed size of the last scrape response, if successful. Scrapes failing because "
     "body_size_limit is exceeded report -1, other scrape failures report 0."},
};
inline constexpr size_t report_count_plain = 5;
inline constexpr size_t report_count_extra = sizeof(report_metrics) / sizeof(report_metrics[0]);

}  // namespace alloy::prometheus::scrape
