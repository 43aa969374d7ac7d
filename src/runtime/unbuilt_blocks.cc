// The arguments of config blocks that `validate` knows and `run` refuses, until they are built.
#include "runtime/blocks.h"
#include "values/secret.h"

namespace alloy::runtime {
namespace {

struct JaegerRemoteSampler {
  std::string url = "http://127.0.0.1:5778/sampling";
  double max_operations = 256;
  Duration refresh_interval = 1min;

  static constexpr auto schema() {
    return fields(
        optional<&JaegerRemoteSampler::url>("url", "Where the sampling strategy is asked for."),
        optional<&JaegerRemoteSampler::max_operations>(
            "max_operations", "For how many operations a rate of their own is kept."),
        optional<&JaegerRemoteSampler::refresh_interval>("refresh_interval",
                                                         "How often the strategy is asked for."));
  }
};

struct Sampler {
  std::optional<JaegerRemoteSampler> jaeger_remote;

  static constexpr auto schema() {
    return fields(
        block<&Sampler::jaeger_remote>("jaeger_remote", "Sample as a Jaeger agent says."));
  }
};

struct TracingBlock {
  double sampling_fraction = 0.1;
  std::vector<Value> write_to;
  bool send_traceparent = false;
  std::optional<Sampler> sampler;

  static constexpr auto schema() {
    return fields(optional<&TracingBlock::sampling_fraction>("sampling_fraction",
                                                             "Which part of the traces is kept."),
                  optional<&TracingBlock::write_to>("write_to", "Consumers that get the traces."),
                  optional<&TracingBlock::send_traceparent>(
                      "send_traceparent", "Whether outgoing requests carry the trace."),
                  block<&TracingBlock::sampler>("sampler", "Which traces are kept."));
  }
};

struct HttpImport {
  std::string url;
  std::string method = "GET";
  std::map<std::string, OptionalSecret> headers;
  std::string body;
  Duration poll_frequency = 1min;
  Duration poll_timeout = 10s;
  std::map<std::string, Value> client;

  static constexpr auto schema() {
    return fields(
        required<&HttpImport::url>("url", "Where the module is got from."),
        optional<&HttpImport::method>("method", "The method of the request."),
        optional<&HttpImport::headers>("headers", "Headers of the request."),
        optional<&HttpImport::body>("body", "The body of the request."),
        optional<&HttpImport::poll_frequency>("poll_frequency", "How often it is got."),
        optional<&HttpImport::poll_timeout>("poll_timeout", "How long a request may take."),
        block<&HttpImport::client>("client", "How to connect."));
  }
};

}  // namespace

const Schema& tracing_block_schema() { return schema_of<TracingBlock>; }
const Schema& import_http_schema() { return schema_of<HttpImport>; }

}  // namespace alloy::runtime
