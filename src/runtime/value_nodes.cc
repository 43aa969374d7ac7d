#include "runtime/value_nodes.h"

#include "runtime/blocks.h"
#include "schema/decode.h"

namespace alloy::runtime {
namespace {

struct ArgumentBlock {
  bool is_optional = false;
  Value default_value;
  std::string comment;

  static constexpr auto schema() {
    return fields(
        optional<&ArgumentBlock::is_optional>("optional", "Whether the argument may be left out."),
        optional<&ArgumentBlock::default_value>("default", "Its value if it is left out."),
        optional<&ArgumentBlock::comment>("comment", "What it is for."));
  }
};

struct ExportBlock {
  Value value;

  static constexpr auto schema() {
    return fields(required<&ExportBlock::value>("value", "The value to export."));
  }
};

template <class T>
Evaluated<T> decode_block(const BlockContext& context) {
  return decode<T>(context.block->body, {.scope = *context.scope, .file = context.file->name()});
}

}  // namespace

const Schema& argument_block_schema() { return schema_of<ArgumentBlock>; }
const Schema& export_block_schema() { return schema_of<ExportBlock>; }

Task<Outcome> ArgumentNode::evaluate(BlockContext context) {
  auto block = decode_block<ArgumentBlock>(context);
  if (!block) co_return std::unexpected(Failure::decoding(block.error()));
  const Value* given = context.arguments != nullptr ? context.arguments->find(label()) : nullptr;
  if (given == nullptr && !block->is_optional)
    co_return failed(fmt::format("missing required argument \"{}\" to module", label()));
  Value content = given != nullptr ? *given : block->default_value;
  Value value = Value::object(Object::sorted({{"value", std::move(content)}}));
  {
    std::lock_guard lock(mutex_);
    if (value_ && equal(*value_, value)) co_return Outcome();
    value_ = std::move(value);
  }
  notify_changed();
  co_return Outcome();
}

std::optional<Value> ArgumentNode::value() const {
  std::lock_guard lock(mutex_);
  return value_;
}

Task<Outcome> ExportNode::evaluate(BlockContext context) {
  auto block = decode_block<ExportBlock>(context);
  if (!block) co_return std::unexpected(Failure::decoding(block.error()));
  {
    std::lock_guard lock(mutex_);
    if (value_ && equal(*value_, block->value)) co_return Outcome();
    value_ = std::move(block->value);
  }
  notify_changed();
  co_return Outcome();
}

std::optional<Value> ExportNode::value() const {
  std::lock_guard lock(mutex_);
  return value_;
}

}  // namespace alloy::runtime
