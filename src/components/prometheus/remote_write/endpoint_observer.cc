#include "components/prometheus/remote_write/endpoint_observer.h"

#include "components/prometheus/remote_write/request_reader.h"

namespace alloy::prometheus::remote_write {

EndpointObserver::EndpointObserver(std::shared_ptr<EndpointMetrics> metrics,
                                   const EndpointPlan& plan, Clock& clock, Logger logger)
    : metrics_(std::move(metrics)),
      sample_age_max_(plan.queue.sample_age_limit),
      shown_url_(plan.destination ? plan.destination->shown_url : std::string()),
      clock_(clock),
      logger_(std::move(logger)) {}

bool EndpointObserver::drop_outdated(queue::Record& record) {
  if (sample_age_max_ <= 0s) return false;
  const int64_t oldest = to_unix_milliseconds(clock_.wall() - sample_age_max_);
  queue::RecordInfo& info = record.header.info;
  if (info.time_min >= oldest) return false;
  queue::Counts dropped = {};
  if (info.time_max < oldest) {
    dropped = info.total();
    info.counts = {};
  } else if (auto filtered = drop_older(record.payload, info, oldest)) {
    record.payload = std::move(filtered->compressed);
    info = filtered->info;
    dropped = filtered->dropped;
  }
  metrics_->add_dropped("too_old", dropped);
  return info.total() == queue::Counts{};
}

void EndpointObserver::on_attempt(const queue::Record&, int, double seconds) {
  metrics_->observe_request(seconds);
}

void EndpointObserver::on_sent(const queue::Record& record) {
  const queue::RecordInfo& info = record.header.info;
  metrics_->add_sent(info.total(), record.payload.size(), info.time_max);
}

void EndpointObserver::on_refused(const queue::Record& record, int, const std::string& error) {
  const queue::RecordInfo& info = record.header.info;
  metrics_->add_failed(info.total());
  logger_.error("non-recoverable error", {{"url", shown_url_},
                                          {"failedSampleCount", info.counts[0]},
                                          {"failedHistogramCount", info.counts[2]},
                                          {"failedExemplarCount", info.counts[1]},
                                          {"err", error}});
}

void EndpointObserver::on_retry(const queue::Record& record) {
  metrics_->add_retried(record.header.info.total());
}

void EndpointObserver::on_dropped(queue::DropReason reason, const queue::Counts& counts) {
  metrics_->add_dropped(queue::name_of(reason), counts);
}

}  // namespace alloy::prometheus::remote_write
