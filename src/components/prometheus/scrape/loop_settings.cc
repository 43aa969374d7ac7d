#include "components/prometheus/scrape/loop_settings.h"

#include "components/prometheus/scrape/protocols.h"
#include "services/component_http.h"
#include "services/identity.h"

namespace alloy::prometheus::scrape {

Result<std::shared_ptr<net::HttpClient>> make_scrape_client(const HttpClientArguments& arguments,
                                                            const Options& options) {
  const auto* identity = options.services.find<Identity>();
  auto client_options = arguments.options(identity ? identity->user_agent : "Alloy");
  if (auto* http = options.services.find<ComponentHttp>()) {
    client_options.in_memory.emplace(http->memory_address(), [http](net::ServerRequest request) {
      return http->call(std::move(request));
    });
  }
  return net::HttpClient::create(options.executor.any(), std::move(client_options));
}

Result<std::shared_ptr<LoopSettings>> make_loop_settings(const Arguments& arguments,
                                                         const std::string& job,
                                                         std::shared_ptr<net::HttpClient> client,
                                                         int64_t started_ms) {
  auto settings = std::make_shared<LoopSettings>();
  settings->client = std::move(client);
  if (!arguments.scrape_failure_log_file.empty()) {
    TRY(settings->failure_log, FailureLog::open(arguments.scrape_failure_log_file));
  }
  const bool is_utf8 = arguments.metric_name_validation_scheme == "utf8";
  settings->ingest = {
      .honor_labels = arguments.honor_labels,
      .honor_timestamps = arguments.honor_timestamps,
      .track_timestamps_staleness = arguments.track_timestamps_staleness,
      .honor_metadata = arguments.honor_metadata,
      .type_and_unit_labels = arguments.enable_type_and_unit_labels,
      .convert_classic_histograms = arguments.convert_classic_histograms_to_nhcb,
      .keep_classic_histograms = arguments.scrape_classic_histograms,
      .zero_samples = arguments.start_timestamp_zero_ingestion,
      .oldest_start_ms = started_ms,
      .names = is_utf8 ? LabelNameRules::utf8 : LabelNameRules::legacy,
      .sample_limit = arguments.sample_limit,
      .label_limit = arguments.label_limit,
      .label_name_length_limit = arguments.label_name_length_limit,
      .label_value_length_limit = arguments.label_value_length_limit,
      .bucket_limit = arguments.native_histogram_bucket_limit,
      .schema_max = finest_schema(arguments.native_histogram_min_bucket_factor),
  };
  settings->job = job;
  settings->accept = accept_header(arguments.protocols(), arguments.metric_name_escaping_scheme);
  if (arguments.scrape_native_histograms) {
    settings->native_histograms = arguments.scrape_classic_histograms
                                      ? wire::NativeHistograms::with_classic
                                      : wire::NativeHistograms::alone;
  }
  settings->fallback_protocol = arguments.scrape_fallback_protocol;
  settings->enable_compression = arguments.enable_compression;
  settings->extra_metrics = arguments.extra_metrics;
  settings->body_size_limit = static_cast<size_t>(arguments.body_size_limit.bytes);
  return settings;
}

}  // namespace alloy::prometheus::scrape
