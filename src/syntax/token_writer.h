// Writes the tokens of a tree with the blank space between them, and weaves in its comments.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "syntax/ast.h"
#include "syntax/layout.h"
#include "syntax/token_locator.h"

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

// How the writer knows where in the source it is.
enum class Places : bool {
  // From at(); between two calls from what was written. Tokens for which nobody calls at() may so
  // change places with comments, which is part of the layout that users know.
  estimated,
  // By looking every token up: each comment stays between the tokens it stood between.
  exact,
};

// A comment is written before the first token that stands behind it in the source.
class TokenWriter {
 public:
  TokenWriter(const File& file, Places places);
  // Writes without comments.
  TokenWriter() = default;

  // The next token's place in the source.
  void at(Position position) {
    place_ = {position.offset, position.line};
    is_place_known_ = true;
    locator_.skip_to(position);
  }
  void token(TokenKind kind) { write(kind, name_of(kind)); }
  void identifier(std::string_view name) { write(TokenKind::identifier, name); }
  void dotted_name(std::string_view name);
  void literal(TokenKind kind, std::string_view text) { write(kind, text); }
  void space(Space space);

  // Whether the next comment stands before this place.
  bool has_comment_before(Position position) const {
    return comment_is_before({position.offset, position.line});
  }

  // Whether a comment may have been written elsewhere than between the tokens it stands between, or
  // at another distance.
  bool may_have_moved_comments() const { return may_have_moved_comments_; }

  // How many lines were ended so far.
  uint32_t lines() const { return lines_; }

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
  void check_places(Place next);
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
  Places places_ = Places::estimated;
  std::string_view source_;
  TokenLocator locator_{""};
  Place place_;                  // In the source, as well as it is known.
  uint32_t last_line_ = 0;       // Of the source, where the last text ended.
  bool is_place_known_ = false;  // Rather than estimated.
  bool at_line_start_ = true;
  bool is_empty_ = true;
  bool dropped_new_run_ = false;
  bool may_have_moved_comments_ = false;
  uint32_t indent_ = 0;
  uint32_t lines_ = 0;
  TokenKind last_token_ = TokenKind::illegal;
  std::string spaces_;  // Of Space, held back.
};

}  // namespace alloy::syntax
