#include "components/prometheus/remote_write/endpoint_observer.h"

#include <algorithm>
#include <charconv>

#include "components/prometheus/remote_write/request_reader.h"

namespace alloy::prometheus::remote_write {
namespace {

// What an endpoint of protocol 2.0 says it has taken.
queue::Counts read_written_counts(const net::Headers& headers) {
  constexpr std::pair<std::string_view, size_t> names[] = {
      {"X-Prometheus-Remote-Write-Samples-Written", samples_count},
      {"X-Prometheus-Remote-Write-Exemplars-Written", exemplars_count},
      {"X-Prometheus-Remote-Write-Histograms-Written", histograms_count},
  };
  queue::Counts written = {};
  for (const auto& [name, kind] : names) {
    const std::string_view text = headers.get(name);
    std::from_chars(text.data(), text.data() + text.size(), written[kind]);
  }
  return written;
}

}  // namespace

EndpointObserver::EndpointObserver(std::shared_ptr<EndpointMetrics> metrics,
                                   const EndpointPlan& plan, Clock& clock, Logger logger)
    : metrics_(std::move(metrics)),
      protocol_(plan.settings.protocol),
      sample_age_max_(plan.queue.sample_age_limit),
      tenant_header_(plan.tenant_header),
      shown_url_(plan.destination ? plan.destination->shown_url : std::string()),
      clock_(clock),
      logger_(std::move(logger)) {}

// What an earlier configuration queued may speak another protocol.
std::string_view EndpointObserver::prepare(const queue::Record& record,
                                           net::Headers& headers) const {
  if (const Protocol protocol = protocol_of(record.header.info); protocol != protocol_) {
    set_protocol(headers, protocol);
  }
  const Envelope envelope = open_envelope(record.payload, record.header.info);
  if (!envelope.tenant.empty()) headers.set(tenant_header_, std::string(envelope.tenant));
  return envelope.request;
}

std::string_view EndpointObserver::tenant(const queue::Record& record) const {
  return open_envelope(record.payload, record.header.info).tenant;
}

bool EndpointObserver::rewrite_as_v1(queue::Record& record) {
  const queue::RecordInfo& info = record.header.info;
  auto rewritten = remote_write::rewrite_as_v1(open_envelope(record.payload, info).request, info);
  if (!rewritten) return false;
  replace_request(record, rewritten->compressed);
  record.header.info = rewritten->info;
  if (rewritten->dropped != queue::Counts{}) {
    metrics_->add_dropped("nhcb_in_rw1_not_supported", rewritten->dropped);
  }
  return true;
}

outgoing::Review EndpointObserver::review(queue::Record& record, const net::Response& response) {
  using Verdict = outgoing::Review::Verdict;
  queue::RecordInfo& info = record.header.info;
  if (protocol_of(info) == Protocol::v1) return {};
  const queue::Counts written = read_written_counts(response.headers);
  // A receiver of 1.0 finds nothing in a request of 2.0, but may not mind.
  const bool understood_nothing =
      response.is_success() && written == queue::Counts{} && info.total() != queue::Counts{};
  if (response.status == 415 || understood_nothing) {
    if (!rewrite_as_v1(record)) {
      return {Verdict::refused, "the endpoint does not speak remote write 2.0"};
    }
    if (!speaks_only_v1_.exchange(true)) {
      logger_.warn("the endpoint does not speak remote write 2.0: going on with 1.0",
                   {{"url", shown_url_}, {"status", response.status}});
    }
    return {Verdict::again, {}};
  }
  const bool is_partial = response.status / 100 == 4 && response.status != 429;
  if (!response.is_success() && !is_partial) return {};
  // It says what it took; the rest is lost.
  const queue::Counts total = info.total();
  queue::Counts taken = {};
  for (size_t i = 0; i < queue::count_kinds; ++i) taken[i] = std::min(total[i], written[i]);
  const queue::Counts lost = total - taken;
  if (lost == queue::Counts{} || (taken == queue::Counts{} && !response.is_success())) return {};
  if (response.is_success()) {
    metrics_->add_failed(lost);
    logger_.error("the endpoint took less than it was sent",
                  {{"url", shown_url_}, {"failedSampleCount", lost[samples_count]}});
  } else {
    metrics_->add_sent(taken, record.payload.size(), info.time_max);
  }
  const queue::Counts& left = response.is_success() ? taken : lost;
  for (size_t i = 0; i < queue::count_kinds; ++i) info.counts[i] = static_cast<uint32_t>(left[i]);
  return {};
}

bool EndpointObserver::drop_outdated(queue::Record& record) {
  if (speaks_only_v1_ && protocol_of(record.header.info) == Protocol::v2) rewrite_as_v1(record);
  if (record.header.info.total() == queue::Counts{}) return true;
  if (sample_age_max_ <= 0s) return false;
  const int64_t oldest = to_unix_milliseconds(clock_.wall() - sample_age_max_);
  queue::RecordInfo& info = record.header.info;
  if (info.time_min >= oldest) return false;
  queue::Counts dropped = {};
  if (info.time_max < oldest) {
    dropped = info.total();
    info.counts = {};
  } else if (auto filtered =
                 drop_older(open_envelope(record.payload, info).request, info, oldest)) {
    replace_request(record, filtered->compressed);
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
