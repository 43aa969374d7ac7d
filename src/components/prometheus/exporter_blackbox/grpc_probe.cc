// The grpc prober: asks grpc.health.v1.Health/Check whether a service is serving.
#include <charconv>

#include <fmt/format.h>

#include "components/prometheus/exporter_blackbox/probe.h"
#include "net/exchange_trace.h"
#include "net/url.h"
#include "wire/protobuf_reader.h"

namespace alloy::prometheus::exporter_blackbox {
namespace {

constexpr int code_unknown = 2;
constexpr int code_deadline_exceeded = 4;
constexpr int code_unavailable = 14;
constexpr size_t frame_head_size = 5;
constexpr std::array<std::string_view, 4> statuses = {"UNKNOWN", "SERVING", "NOT_SERVING",
                                                      "SERVICE_UNKNOWN"};

// A message in the frame of gRPC: HealthCheckRequest{service = 1}.
std::string request_frame(const std::string& service) {
  std::string message;
  if (!service.empty()) {
    message += '\x0a';
    size_t size = service.size();
    for (; size >= 0x80; size >>= 7) message += static_cast<char>((size & 0x7f) | 0x80);
    message += static_cast<char>(size);
    message += service;
  }
  std::string frame(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8)
    frame += static_cast<char>(message.size() >> shift & 0xff);
  return frame + message;
}

// HealthCheckResponse{status = 1}: an enum, of which 0 is not written.
std::optional<size_t> serving_status(std::string_view frame) {
  if (frame.size() < frame_head_size || frame[0] != 0) return std::nullopt;
  frame.remove_prefix(frame_head_size);
  if (frame.empty()) return 0;
  if (frame.size() < 2 || frame[0] != '\x08') return std::nullopt;
  const auto status = static_cast<unsigned char>(frame[1]);
  if (status >= statuses.size()) return std::nullopt;
  return status;
}

struct Checked {
  int code = code_unknown;
  std::string problem;
  std::optional<size_t> status;
};

// Where there is no message, what else would follow it is in the head.
std::string_view field(const net::Response& response, const net::ExchangeTrace& trace,
                       std::string_view name) {
  return trace.trailers.contains(name) ? trace.trailers.get(name) : response.headers.get(name);
}

Checked judge(const Result<net::Response>& response, const net::ExchangeTrace& trace) {
  Checked checked;
  if (!response) {
    checked.code =
        response.error().kind() == ErrorKind::timeout ? code_deadline_exceeded : code_unavailable;
    checked.problem = response.error().message();
    return checked;
  }
  const std::string_view code = field(*response, trace, "grpc-status");
  if (code.empty()) {
    checked.problem =
        fmt::format("unexpected HTTP status code received from server: {}", response->status_line);
    return checked;
  }
  std::from_chars(code.data(), code.data() + code.size(), checked.code);
  checked.problem = field(*response, trace, "grpc-message");
  if (checked.code == 0) checked.status = serving_status(response->body);
  return checked;
}

}  // namespace

Task<bool> probe_grpc(Probe* probe) {
  const GrpcModule& grpc = probe->module->grpc;
  constexpr std::string_view durations = "probe_grpc_duration_seconds";
  probe->add_phase(durations, "resolve", {});
  probe->set("probe_grpc_ssl", 0);
  probe->set("probe_grpc_status_code", 0);
  std::string target = probe->target;
  if (!target.starts_with("http://") && !target.starts_with("https://"))
    target = "http://" + target;
  const auto given = net::parse_url(target);
  if (!given) {
    probe->error("Could not parse target URL", {{"err", given.error()}});
    co_return false;
  }
  Duration lookup_time{};
  const auto address =
      co_await choose_address(probe, grpc.address, given->host_name(), &lookup_time);
  if (!address) co_return false;
  probe->add_phase(durations, "resolve", lookup_time);
  const SteadyTime start = real_clock().steady();
  probe->info(grpc.tls ? "Dialing GRPC with TLS" : "Dialing GRPC without TLS");

  net::HttpClientOptions options{.tls = grpc.tls_config};
  options.http2_prior_knowledge = !grpc.tls;
  net::ExchangeTrace trace;
  Result<net::Response> response = fail("not asked");
  auto client = probe->clients->get(probe->module_name, options);
  const std::string frame = request_frame(grpc.service);
  if (client) {
    net::Request request;
    request.method = "POST";
    request.url = fmt::format("{}://{}/grpc.health.v1.Health/Check", grpc.tls ? "https" : "http",
                              given->host);
    request.address = *address;
    request.headers = {{"Content-Type", "application/grpc"},
                       {"TE", "trailers"},
                       {"User-Agent", "grpc-" + probe->user_agent}};
    request.body = frame;
    request.timeout = probe->time_left();
    request.decoding = net::Decoding::none;
    request.trace = &trace;
    response = co_await (*client)->fetch(std::move(request), probe->stop);
  } else {
    response = std::unexpected(client.error());
  }
  probe->add_phase(durations, "check", real_clock().steady() - start);
  const Checked checked = judge(response, trace);
  for (const std::string_view status : statuses)
    probe->set("probe_grpc_healthcheck_response", 0, {{"serving_status", std::string(status)}});
  if (checked.status)
    probe->set("probe_grpc_healthcheck_response", 1,
               {{"serving_status", std::string(statuses[*checked.status])}});
  if (trace.tls && checked.code == 0) {
    probe->set("probe_grpc_ssl", 1);
    probe->set_tls(*trace.tls);
    // This prober tells nothing of verified chains.
    probe->metrics.erase("probe_ssl_last_chain_expiry_timestamp_seconds");
  }
  probe->set("probe_grpc_status_code", checked.code);
  const bool success =
      checked.code == 0 && checked.status && statuses[*checked.status] == "SERVING";
  if (!success) probe->error("can't connect grpc server:", {{"err", checked.problem}});
  co_return success;
}

}  // namespace alloy::prometheus::exporter_blackbox
