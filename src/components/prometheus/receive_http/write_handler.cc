#include "components/prometheus/receive_http/write_handler.h"

#include <algorithm>
#include <deque>

#include <fmt/format.h>
#include <snappy.h>

#include "base/text.h"
#include "components/prometheus/receive_http/content_type.h"
#include "components/prometheus/shared/exemplar_labels.h"

namespace alloy::prometheus::receive_http {

namespace {

using wire::RemoteWriteProtocol;
using Request = wire::WriteRequest;

constexpr std::string_view write_path = "/api/v1/metrics/write";
constexpr size_t body_bytes_max = size_t{256} << 20;  // Packed and unpacked.
// Samples further ahead of the clock than this are refused.
constexpr Duration ahead_max = 10min;
// How many problems an answer names.
constexpr size_t problems_shown = 20;

// Labels as Prometheus takes them: a metric's name, and everything in UTF-8.
bool is_valid(std::span<const Label> labels) {
  bool has_name = false;
  for (const Label& label : labels) {
    if (label.name.empty() || !is_utf8(label.name) || !is_utf8(label.value)) return false;
    if (label.name == metric_name_label) has_name = !label.value.empty();
  }
  return has_name;
}

// As protocol 2.0 asks for.
void report_written(const MetricBatch& batch, net::ServerResponse& response) {
  const auto report = [&](std::string_view what, size_t written) {
    response.headers.set(fmt::format("X-Prometheus-Remote-Write-{}-Written", what),
                         fmt::format("{}", written));
  };
  report("Samples", batch.samples.size());
  report("Histograms", batch.histograms.size());
  report("Exemplars", batch.exemplars.size());
}

}  // namespace

// The batch of one request.
struct WriteHandler::Building {
  Settings settings;
  int64_t time_max_ms = 0;
  std::vector<Label> labels;  // Of the series at hand, sorted.
  const Series* series = nullptr;
  std::vector<SeriesRef> held;
  std::vector<Sample> samples;
  std::vector<HistogramSample> histograms;
  std::deque<NativeHistogram> coarser;  // Than they came.
  std::vector<Exemplar> exemplars;
  std::deque<std::vector<Label>> exemplar_labels;
  std::vector<CreatedTimestamp> created;
  std::vector<SeriesMetadata> metadata;
  size_t invalid = 0;
  size_t problem_count = 0;
  std::string problems;
  bool is_out_of_bounds = false;
  std::string first_problem;  // Of an item, by itself.
  bool needs_items = false;   // Series without any are refused.

  MetricBatch batch() const {
    return {.samples = samples,
            .histograms = histograms,
            .exemplars = exemplars,
            .created = created,
            .metadata = metadata};
  }
};

WriteHandler::WriteHandler(SeriesStore& store, MetricRegistry& metrics, Clock& clock, Logger logger)
    : store_(store),
      clock_(clock),
      logger_(std::move(logger)),
      invalid_(metrics.counter("prometheus_api_remote_write_invalid_labels_samples_total",
                               "Samples refused because their labels are not valid.")),
      keeper_(store),
      fanout_(metrics) {
  metrics.counter("prometheus_api_remote_write_without_metadata_appended_samples_total",
                  "Samples passed on whose metadata could not be.");
}

void WriteHandler::configure(const Arguments& arguments) {
  fanout_.set_receivers(arguments.forward_to);
  const std::lock_guard lock(mutex_);
  settings_ = {.append_metadata = arguments.append_metadata,
               .type_and_unit_labels = arguments.enable_type_and_unit_labels,
               .accepts_v1 = arguments.accepts(RemoteWriteProtocol::v1),
               .accepts_v2 = arguments.accepts(RemoteWriteProtocol::v2)};
}

void WriteHandler::close() {
  fanout_.set_receivers({});
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

WriteHandler::Settings WriteHandler::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

Task<net::ServerResponse> WriteHandler::answer(std::shared_ptr<WriteHandler> self,
                                               net::ServerRequest request) {
  if (request.path != write_path) co_return net::text_response(404, "404 page not found");
  if (request.method != "POST") co_return net::ServerResponse{.status = 405};
  const std::string_view encoding = request.headers.get("Content-Encoding");
  if (!encoding.empty() && encoding != "snappy") {
    co_return net::text_response(
        415, fmt::format("{} encoding (compression) is not accepted by this server; only snappy "
                         "is acceptable",
                         encoding));
  }
  const auto body = co_await request.body->read_all(body_bytes_max);
  if (!body) {
    const bool is_too_large = body.error().kind() == ErrorKind::full;
    co_return net::text_response(is_too_large ? 413 : 400, body.error().message());
  }
  co_return self->write(request, *body);
}

net::ServerResponse WriteHandler::write(const net::ServerRequest& request,
                                        const std::string& body) {
  size_t unpacked_size = 0;
  if (!snappy::GetUncompressedLength(body.data(), body.size(), &unpacked_size)) {
    return net::text_response(400, "s2: corrupt input");
  }
  if (unpacked_size > body_bytes_max) return net::text_response(413, "the request is too large");
  std::string message;
  if (!snappy::Uncompress(body.data(), body.size(), &message)) {
    return net::text_response(400, "s2: corrupt input");
  }
  const auto protocol = protocol_of(request.headers.get("Content-Type"));
  if (!protocol) {
    logger_.error("Error decoding remote write request", {{"err", protocol.error()}});
    return net::text_response(415, protocol.error().message());
  }
  const Settings settings = this->settings();
  const bool is_v2 = *protocol == RemoteWriteProtocol::v2;
  if (!(is_v2 ? settings.accepts_v2 : settings.accepts_v1)) {
    const std::string problem =
        fmt::format("{} protobuf message is not accepted by this server; only accepts {}",
                    is_v2 ? wire::write_request_v2 : wire::write_request_v1,
                    is_v2 ? wire::write_request_v1 : wire::write_request_v2);
    logger_.error("Unaccepted message type", {{"err", problem}});
    return net::text_response(415, problem);
  }
  wire::WriteRequest parsed;
  if (const auto result = parsed.parse(message, *protocol); !result) {
    logger_.error("Error decoding remote write request", {{"err", result.error()}});
    net::ServerResponse response = net::text_response(400, result.error().message());
    if (is_v2) report_written({}, response);
    return response;
  }
  return store(parsed, *protocol);
}

net::ServerResponse WriteHandler::store(const wire::WriteRequest& request,
                                        RemoteWriteProtocol protocol) {
  const bool is_v2 = protocol == RemoteWriteProtocol::v2;
  Building out{.settings = settings(),
               .time_max_ms = to_unix_milliseconds(clock_.wall() + ahead_max)};
  out.needs_items = is_v2;
  out.settings.append_metadata &= is_v2;
  out.settings.type_and_unit_labels &= is_v2;
  for (const Request::Series& series : request.series()) take_series(request, series, out);
  invalid_.add(static_cast<double>(out.invalid));

  net::ServerResponse response{.status = 204};
  // 1.0 knows no answer for a part of a request, except for series that are no series.
  if (!is_v2 && out.is_out_of_bounds) return net::text_response(400, out.first_problem);
  // Also when nothing is left, as the real one does: who looks at prometheus.echo sees that.
  if (const auto passed = fanout_.receive(out.batch()); !passed) {
    logger_.error("Error while storing the remote write request", {{"err", passed.error()}});
    return net::text_response(500, passed.error().message());
  }
  if (!is_v2) return response;
  if (out.problem_count > 0) response = net::text_response(400, out.problems);
  report_written(out.batch(), response);
  return response;
}

void WriteHandler::refuse(std::string problem, const Request::Series& series, Building& out) {
  logger_.warn("Invalid series in a remote write request",
               {{"err", problem}, {"series", describe(out.labels)}});
  out.invalid += series.samples.size + series.histograms.size;
  if (out.problem_count++ >= problems_shown) return;
  if (!out.problems.empty()) out.problems += '\n';
  out.problems += problem;
}

// False: the series can't be taken; it has been said why.
bool WriteHandler::take_labels(const wire::WriteRequest& request, const Request::Series& series,
                               Building& out) {
  const auto labels = request.labels(series.labels);
  out.labels.assign(labels.begin(), labels.end());
  if (!series.problem.empty()) return refuse(series.problem, series, out), false;
  if (out.settings.type_and_unit_labels) {
    const FamilyMetadata& metadata = series.metadata;
    if (metadata.type != FamilyType::unknown || !metadata.unit.empty()) {
      std::erase_if(out.labels, [](const Label& label) {
        return label.name == "__type__" || label.name == "__unit__";
      });
      if (metadata.type != FamilyType::unknown) {
        out.labels.push_back({"__type__", name_of(metadata.type)});
      }
      if (!metadata.unit.empty()) out.labels.push_back({"__unit__", metadata.unit});
    }
  }
  if (!std::ranges::is_sorted(out.labels, {}, &Label::name)) {
    std::ranges::sort(out.labels, {}, &Label::name);
  }
  if (!is_valid(out.labels)) {
    return refuse(fmt::format("invalid metric name or labels, got {}", describe(out.labels)),
                  series, out),
           false;
  }
  const auto twice = std::ranges::adjacent_find(out.labels, {}, &Label::name);
  if (twice != out.labels.end()) {
    return refuse(fmt::format("invalid labels for series, labels {}, duplicated label {}",
                              describe(out.labels), twice->name),
                  series, out),
           false;
  }
  if (out.needs_items && series.samples.size + series.histograms.size == 0) {
    return refuse(
               fmt::format("TimeSeries must contain at least one sample or histogram for series {}",
                           describe(out.labels)),
               series, out),
           false;
  }
  if (series.samples.size + series.histograms.size + series.exemplars.size == 0) return false;
  SeriesRef reference = store_.intern(out.labels);
  keeper_.keep(*reference);
  out.series = reference.get();
  out.held.push_back(std::move(reference));
  return true;
}

bool WriteHandler::take_series(const wire::WriteRequest& request, const Request::Series& series,
                               Building& out) {
  if (!take_labels(request, series, out)) return false;
  const auto refuse_item = [&](std::string problem) {
    if (!std::exchange(out.is_out_of_bounds, true)) out.first_problem = problem;
    logger_.error("Sample refused", {{"err", problem}, {"series", describe(out.labels)}});
    if (out.problem_count++ >= problems_shown) return;
    if (!out.problems.empty()) out.problems += '\n';
    out.problems += fmt::format("{} for series {}", problem, describe(out.labels));
  };
  constexpr std::string_view too_far = "out of bounds: timestamp is too far in the future";
  for (const Request::Sample& sample : request.samples(series)) {
    if (sample.timestamp_ms > out.time_max_ms) {
      refuse_item(std::string(too_far));
      continue;
    }
    out.samples.push_back({out.series, sample.timestamp_ms, sample.value});
    if (sample.created_ms != 0) {
      out.created.push_back({out.series, sample.created_ms, sample.timestamp_ms});
    }
  }
  for (const Request::Histogram& sample : request.histograms(series)) {
    const NativeHistogram* histogram = &sample.histogram;
    if (histogram->schema > NativeHistogram::schema_max &&
        histogram->schema <= NativeHistogram::schema_max_reserved) {
      NativeHistogram& coarser = out.coarser.emplace_back(*histogram);
      coarser.reduce_to(NativeHistogram::schema_max);
      histogram = &coarser;
    }
    std::string problem = find_problem(*histogram);
    if (sample.timestamp_ms > out.time_max_ms) problem = too_far;
    if (!problem.empty()) {
      refuse_item(std::move(problem));
      continue;
    }
    out.histograms.push_back({out.series, sample.timestamp_ms, histogram});
    if (sample.created_ms != 0) {
      out.created.push_back({out.series, sample.created_ms, sample.timestamp_ms});
    }
  }
  take_exemplars(request, series, out);
  if (out.settings.append_metadata) take_metadata(series, out);
  return true;
}

void WriteHandler::take_exemplars(const wire::WriteRequest& request, const Request::Series& series,
                                  Building& out) {
  for (const Request::Exemplar& exemplar : request.exemplars(series)) {
    if (!exemplar.problem.empty()) {
      refuse_exemplar(exemplar.problem, out);
      continue;
    }
    const auto given = request.labels(exemplar.labels);
    auto& labels = out.exemplar_labels.emplace_back(given.begin(), given.end());
    std::erase_if(labels, [](const Label& label) { return label.value.empty(); });
    std::ranges::sort(labels, {}, &Label::name);
    if (!are_valid_exemplar_labels(labels)) {
      logger_.error("Exemplar dropped: its labels are too long or not unique",
                    {{"series", describe(out.labels)}});
      out.exemplar_labels.pop_back();
      continue;
    }
    out.exemplars.push_back({.series = out.series,
                             .labels = labels,
                             .value = exemplar.value,
                             .timestamp_ms = exemplar.timestamp_ms});
  }
}

void WriteHandler::refuse_exemplar(std::string_view why, Building& out) {
  const std::string problem =
      fmt::format("parsing exemplar for series {}: {}", describe(out.labels), why);
  logger_.error("Exemplar refused", {{"err", problem}});
  if (out.problem_count++ >= problems_shown) return;
  if (!out.problems.empty()) out.problems += '\n';
  out.problems += problem;
}

void WriteHandler::take_metadata(const Request::Series& series, Building& out) {
  const FamilyMetadata& metadata = series.metadata;
  if (metadata.type == FamilyType::unknown && metadata.help.empty() && metadata.unit.empty()) {
    return;
  }
  out.metadata.push_back({out.series, metadata});
}

}  // namespace alloy::prometheus::receive_http
