#include "components/prometheus/scrape/target_info.h"

#include "base/time_text.h"

namespace alloy::prometheus::scrape {

TargetInfo make_target_info(const TargetStatus& status, std::string job) {
  TargetInfo info{.job = std::move(job),
                  .url = status.url,
                  .health = status.health,
                  .last_error = status.last_error,
                  .last_scrape = format_rfc3339(status.last_scrape),
                  .last_scrape_duration = format_duration(status.last_duration)};
  for (size_t i = 0; i < status.labels.size(); ++i) {
    const Label label = status.labels[i];
    info.labels.emplace(label.name, label.value);
  }
  return info;
}

}  // namespace alloy::prometheus::scrape
