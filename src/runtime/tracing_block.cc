// The block `tracing`. The program makes no traces of its own while nothing could receive them:
// what would have an effect is refused, what only says how to sample them is taken.
#include "runtime/blocks.h"
#include "runtime/config_nodes.h"
#include "schema/decode.h"

namespace alloy::runtime {
namespace {

struct JaegerRemoteSampler {
  std::string url = "http://127.0.0.1:5778/sampling";
  int64_t max_operations = 256;
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

// The failure at the place of the attribute.
Outcome refused(const BlockContext& context, std::string_view attribute, std::string_view why) {
  for (const auto* statement : context.block->body) {
    const auto* found = syntax::as<syntax::AttributeStatement>(*statement);
    if (found == nullptr || found->name.name != attribute) continue;
    return std::unexpected(Failure::decoding(
        EvaluationError::at({.range = {context.file->name(), found->start, found->end},
                             .message = fmt::format("{} is {}", attribute, why)})));
  }
  return failed(fmt::format("{} is {}", attribute, why));
}

}  // namespace

const Schema& tracing_block_schema() { return schema_of<TracingBlock>; }

Task<Outcome> TracingNode::evaluate(BlockContext context) {
  if (context.block == nullptr) co_return Outcome();
  const auto decoded = decode<TracingBlock>(
      context.block->body, {.scope = *context.scope, .file = context.file->name()});
  if (!decoded) co_return std::unexpected(Failure::decoding(decoded.error()));
  if (!decoded->write_to.empty())
    co_return refused(context, "write_to", "not supported yet: no component takes traces");
  if (decoded->send_traceparent)
    co_return refused(context, "send_traceparent", "not supported yet: there are no own traces");
  co_return Outcome();
}

}  // namespace alloy::runtime
