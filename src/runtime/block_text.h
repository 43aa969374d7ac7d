// A block of the configuration at rest. Its tree takes several times the room of its text, and is
// only needed while it is evaluated: it is that of the load as long as somebody holds it, and
// parsed again afterwards.
#pragma once

#include <memory>
#include <string>

#include "syntax/ast.h"
#include "syntax/diagnostics.h"

namespace alloy::runtime {

class BlockText {
 public:
  // No block: defaults apply.
  BlockText() = default;
  BlockText(const syntax::BlockStatement& block, const syntax::FilePointer& file)
      : source_(file->source()), span_(block.span()), file_(file), block_(&block) {}

  explicit operator bool() const { return block_ != nullptr; }

  // The block with the file that owns it.
  struct Tree {
    syntax::FilePointer file;
    const syntax::BlockStatement* block = nullptr;
  };
  // Both null if there is no block.
  Tree tree() const;
  // A tree of its own, which keeps no other alive.
  Tree own_tree() const;
  // Where the block stands; nowhere if there is none.
  syntax::Range range() const;

 private:
  syntax::SourcePointer source_;
  syntax::Span span_;
  std::weak_ptr<const syntax::File> file_;  // Of the load.
  const syntax::BlockStatement* block_ = nullptr;
};

}  // namespace alloy::runtime
