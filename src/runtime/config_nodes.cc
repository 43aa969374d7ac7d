#include "runtime/config_nodes.h"

#include "base/text.h"
#include "runtime/blocks.h"
#include "schema/decode.h"
#include "schema/encode.h"
#include "services/own_logs.h"

namespace alloy::runtime {
namespace {

struct Level {
  LogLevel value = LogLevel::info;
  bool operator==(const Level&) const = default;
};
struct Format {
  LogFormat value = LogFormat::logfmt;
  bool operator==(const Format&) const = default;
};

struct LoggingBlock {
  Level level;
  Format format;
  std::string destination;
  std::vector<LogsReceiverPointer> write_to;

  static constexpr auto schema();
};

}  // namespace
}  // namespace alloy::runtime

namespace alloy {

template <>
struct MemberTraits<runtime::Level> {
  static constexpr std::string_view name = "string";
  static Result<runtime::Level> parse(std::string_view text) {
    if (text == "debug") return runtime::Level{LogLevel::debug};
    if (text == "info" || text.empty()) return runtime::Level{LogLevel::info};
    if (text == "warn") return runtime::Level{LogLevel::warn};
    if (text == "error") return runtime::Level{LogLevel::error};
    return fail(fmt::format("unrecognized log level {}", quote(text)));
  }
  static std::string format(const runtime::Level& level) {
    constexpr std::array<std::string_view, 4> names = {"debug", "info", "warn", "error"};
    return std::string(names[static_cast<size_t>(level.value)]);
  }
};

template <>
struct MemberTraits<runtime::Format> {
  static constexpr std::string_view name = "string";
  static Result<runtime::Format> parse(std::string_view text) {
    if (text == "logfmt" || text.empty()) return runtime::Format{LogFormat::logfmt};
    if (text == "json") return runtime::Format{LogFormat::json};
    return fail(fmt::format("unrecognized log format {}", quote(text)));
  }
  static std::string format(const runtime::Format& format) {
    return format.value == LogFormat::json ? "json" : "logfmt";
  }
};

}  // namespace alloy

namespace alloy::runtime {
namespace {

constexpr auto LoggingBlock::schema() {
  return fields(
      optional<&LoggingBlock::level>("level", "The least important lines that are written."),
      optional<&LoggingBlock::format>("format", "How lines are written."),
      optional<&LoggingBlock::destination>("destination", "Where lines are written to."),
      optional<&LoggingBlock::write_to>("write_to", "Receivers of logs that get the lines too."));
}

Evaluated<std::shared_ptr<void>> decode_or_default(const Schema& schema,
                                                   const BlockContext& context) {
  if (context.block == nullptr) return schema.create();
  return decode(schema, context.block->body,
                Evaluation{.scope = *context.scope, .file = context.file->name()});
}

}  // namespace

const Schema& logging_block_schema() { return schema_of<LoggingBlock>; }

Task<Outcome> LoggingNode::evaluate(BlockContext context) {
  auto decoded = decode_or_default(schema_of<LoggingBlock>, context);
  if (!decoded) co_return std::unexpected(Failure::decoding(decoded.error()));
  const auto& block = *static_cast<const LoggingBlock*>(decoded->get());
  if (block.destination == "windows_event_log")
    co_return failed(
        "could not update logger: failed to open Windows Event Log: windows event "
        "log not supported on this platform");
  if (!block.destination.empty() && block.destination != "stderr")
    co_return failed(fmt::format("unrecognized log destination {}", quote(block.destination)));
  if (own_logs_ == nullptr && !block.write_to.empty())
    co_return failed("there is nothing to hand the program's log on");
  if (own_logs_ != nullptr) own_logs_->set_receivers(block.write_to);
  sink_->configure(block.level.value, block.format.value);
  co_return Outcome();
}

Task<Outcome> ServiceNode::evaluate(BlockContext context) {
  const Schema* schema = service_.arguments();
  if (schema == nullptr) {
    if (context.block == nullptr) co_return Outcome();
    co_return failed(
        fmt::format("service \"{}\" does not support being configured", service_.block_name()));
  }
  auto decoded = decode_or_default(*schema, context);
  if (!decoded) co_return std::unexpected(Failure::decoding(decoded.error()));
  if (arguments_ != nullptr && equal(*schema, arguments_.get(), decoded->get()))
    co_return Outcome();
  const std::shared_ptr<const void> arguments = *std::move(decoded);
  arguments_.reset();  // What an attempt that fails leaves behind, only another one can mend.
  if (const auto configured = co_await service_.configure(arguments); !configured) {
    Failure failure = Failure::whole("updating service: " + configured.error().message());
    failure.may_pass = true;
    co_return std::unexpected(std::move(failure));
  }
  arguments_ = arguments;
  co_return Outcome();
}

}  // namespace alloy::runtime
