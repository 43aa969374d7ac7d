// Text to tokens.
#pragma once

#include <memory_resource>
#include <optional>
#include <string_view>

#include "syntax/diagnostics.h"
#include "syntax/source.h"
#include "syntax/token.h"

namespace alloy::syntax {

// Reads a text token by token; what it can't make sense of goes to the diagnostics, and a token
// that is as good as possible is returned all the same.
//
// A line end closes a statement, and so is a token (terminator), only behind a token that can be a
// statement's last: a literal, an identifier or a closing bracket. Elsewhere it is blank space.
class Scanner {
 public:
  // Texts of tokens point into the source; those that differ from it are allocated from `memory`.
  // Without a `part` the whole text is read.
  Scanner(const Source& source, std::pmr::memory_resource& memory, Diagnostics& diagnostics,
          Span part = {});

  // Replaces `token` by the next one; at the end of the text that is end_of_file, again and again.
  void next(Token& token);

 private:
  void advance();
  void advance_special(unsigned char byte);
  void advance_to(uint32_t offset);
  Position position() const { return {offset_, line_, offset_ - line_start_ + 1}; }
  void report(Position position, std::string message, std::string_view note = "");
  std::string_view text_from(uint32_t start) const;

  void skip_blanks();
  void skip_plain_text();
  void scan_identifier(Token& token);
  void scan_number(Token& token);
  uint32_t skip_digits();
  void scan_string(Token& token, char32_t quote);
  void scan_escape();
  void scan_code_point_escape(Position start, int digits, uint32_t base, uint32_t max);
  void scan_comment(Token& token);
  bool comment_ends_line() const;
  bool at_comment() const;
  void scan_other(Token& token);
  std::optional<TokenKind> scan_operator(char32_t c);
  TokenKind either(TokenKind single, TokenKind with_assign);
  TokenKind twice(char32_t symbol, TokenKind kind);

  std::string_view text_;
  const std::string& name_;
  std::pmr::memory_resource& memory_;
  Diagnostics& diagnostics_;

  char32_t current_ = 0;  // The character at offset_; end_of_text behind the last.
  uint32_t offset_ = 0;
  uint32_t next_offset_ = 0;  // Where the character after the current one starts.
  uint32_t line_ = 1;
  uint32_t line_start_ = 0;
  bool line_end_counts_ = false;  // Whether the next line end is a terminator.
};

// Whether the code point can start, or continue, an identifier.
bool starts_identifier(char32_t code_point);
bool continues_identifier(char32_t code_point);

}  // namespace alloy::syntax
