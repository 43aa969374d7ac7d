#include "runtime/block_text.h"

#include "base/error.h"
#include "syntax/parser.h"

namespace alloy::runtime {

BlockText::Tree BlockText::tree() const {
  if (block_ == nullptr) return {};
  if (auto file = file_.lock()) return {std::move(file), block_};
  return own_tree();
}

BlockText::Tree BlockText::own_tree() const {
  if (block_ == nullptr) return {};
  auto parsed = syntax::parse_block(source_, span_);
  ASSERT(parsed.has_value() && (*parsed)->body().size() == 1);  // It was parsed before.
  const auto* block = syntax::as<syntax::BlockStatement>(*(*parsed)->body().front());
  ASSERT(block != nullptr);
  return {*std::move(parsed), block};
}

syntax::Range BlockText::range() const {
  if (block_ == nullptr) return {};
  return {.file = source_->name, .start = span_.start, .end = span_.end};
}

}  // namespace alloy::runtime
