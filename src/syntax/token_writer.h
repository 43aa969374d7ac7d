// Writes the tokens of a tree with the blank space between them, and weaves in its comments.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "syntax/ast.h"
#include "syntax/layout.h"

namespace alloy::syntax {

// Blank space before the next token. It is held back until that token comes, since a comment in
// between may replace it.
enum class Space : char {
  nothing,
  blank,
  align,           // Aligned with the same place in neighbouring lines.
  comment_column,  // The same for a comment behind a line.
  new_line,
  new_run,  // A new line, before which alignment ends.
  indent,
  unindent,
};

// A comment is written before the first token that stands behind it in the source. Where the writer
// is in the source is known from at(); between two calls it is estimated from what was written,
// which is part of the layout that users know.
class TokenWriter {
 public:
  TokenWriter(std::span<const CommentGroup> comments, size_t expected_bytes) : comments_(comments) {
    layout_.reserve(expected_bytes);
  }

  // The next token's place in the source.
  void at(Position position) { place_ = {position.offset, position.line}; }
  void token(TokenKind kind) { write(kind, name_of(kind)); }
  void identifier(std::string_view name) { write(TokenKind::identifier, name); }
  void literal(TokenKind kind, std::string_view text) { write(kind, text); }
  void space(Space space);

  // Writes the remaining comments, and gives the text.
  std::string finish() &&;

 private:
  struct Place {
    uint64_t offset = 0;
    uint32_t line = 1;
  };

  void write(TokenKind kind, std::string_view text);
  bool comment_is_before(Place next) const;
  void write_comments(Place next, bool at_end);
  void write_comment(const Comment& comment, Place next);
  void separate_from_comment(const Comment& comment, Place next);
  void release_indentation();
  void drop_spaces();
  void write_spaces(size_t count);
  void write_space(Space space, uint32_t count);
  void indent_line();
  void start_text(Place place);
  void end_text(std::string_view text, bool may_have_lines);

  Layout layout_;
  std::span<const CommentGroup> comments_;  // Those not yet written.
  Place place_;                             // In the source, as well as it is known.
  uint32_t last_line_ = 0;                  // Of the source, where the last text ended.
  bool at_line_start_ = true;
  bool is_empty_ = true;
  bool dropped_new_run_ = false;
  uint32_t indent_ = 0;
  TokenKind last_token_ = TokenKind::illegal;
  std::string spaces_;  // Of Space, held back.
};

}  // namespace alloy::syntax
