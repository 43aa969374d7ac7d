#include "syntax/token_writer.h"

#include <algorithm>
#include <limits>

namespace alloy::syntax {

namespace {

constexpr uint32_t line_ends_max = 2;
constexpr size_t spaces_max = 16;

bool is_block(const Comment& comment) { return comment.text[1] == '*'; }

uint32_t limited_lines(uint32_t from, uint32_t to) { return std::min(to - from, line_ends_max); }

}  // namespace

TokenWriter::TokenWriter(const File& file, Places places)
    : comments_(file.comments()), places_(places), source_(file.source()->text), locator_(source_) {
  const size_t size = file.source()->text.size();
  layout_.reserve(size + size / 4);
}

void TokenWriter::space(Space space) {
  if (spaces_.size() == spaces_max) write_spaces(spaces_max);
  spaces_ += static_cast<char>(space);
  last_token_ = TokenKind::illegal;
}

void TokenWriter::write(TokenKind kind, std::string_view text) {
  // "1 .a" must not become the number "1.".
  if (kind == TokenKind::dot && last_token_ == TokenKind::number) {
    spaces_ += static_cast<char>(Space::blank);
  }
  last_token_ = kind;
  if (places_ == Places::exact) at(locator_.next(kind, text));
  const Place place = place_;
  if (comment_is_before(place)) {
    check_places(place);
    write_comments(place, /*at_end=*/false);
  } else {
    write_spaces(spaces_.size());
  }
  is_place_known_ = false;
  start_text(place);
  if (kind == TokenKind::string) {
    layout_.verbatim_lines(text);
  } else {
    layout_.text(text);
  }
  end_text(text, kind == TokenKind::string);
}

void TokenWriter::dotted_name(std::string_view name) {
  if (places_ == Places::exact) {
    // Comments may stand between the parts.
    for (size_t dot; (dot = name.find('.')) != std::string_view::npos;
         name.remove_prefix(dot + 1)) {
      identifier(name.substr(0, dot));
      token(TokenKind::dot);
    }
  }
  identifier(name);
}

std::string TokenWriter::finish() && {
  if (!comments_.empty()) {
    is_place_known_ = true;
    check_places({source_.size(), 0});
    write_comments({std::numeric_limits<uint64_t>::max(), std::numeric_limits<uint32_t>::max()},
                   /*at_end=*/true);
  }
  return std::move(layout_).finish();
}

bool TokenWriter::comment_is_before(Place next) const {
  return !comments_.empty() && comments_.front().front().position.offset <= next.offset;
}

// Writes the comments before `next` and what separates them from it.
void TokenWriter::write_comments(Place next, bool at_end) {
  constexpr std::array line_ends = {static_cast<char>(Space::new_line),
                                    static_cast<char>(Space::new_run)};
  const bool wants_line_end =
      spaces_.find_first_of(line_ends.data(), 0, line_ends.size()) != std::string::npos;
  const uint32_t first_line = lines_;
  const Comment* last = nullptr;
  while (comment_is_before(next)) {
    for (const Comment& comment : comments_.front()) {
      write_comment(comment, next);
      last = &comment;
    }
    comments_ = comments_.subspan(1);
  }
  if (at_end) return;

  if (is_block(*last) && next.line == last->end_line) write_space(Space::blank, 1);
  // Once its carriage returns are gone, the comment ends on another line.
  if (last->end_line != last_line_) may_have_moved_comments_ = true;
  const uint32_t from = last_line_;
  dropped_new_run_ = false;
  drop_spaces();
  write_spaces(spaces_.size());
  if (next.line > from) {
    write_space(dropped_new_run_ ? Space::new_run : Space::new_line,
                limited_lines(from, next.line));
  }
  if (wants_line_end && lines_ == first_line) may_have_moved_comments_ = true;
}

// Compares what is estimated with what the source has around the comments before `next`.
void TokenWriter::check_places(Place next) {
  const Comment& first = comments_.front().front();
  const std::string_view before = source_.substr(0, first.position.offset);
  const size_t token_end = before.find_last_not_of(" \t\r\n");
  if (token_end == std::string_view::npos) return;
  const auto line_ends = std::ranges::count(before.substr(token_end + 1), '\n');
  const Position behind = TokenLocator(source_).behind_blanks(first.position);
  if (!is_place_known_ || last_line_ + line_ends != first.position.line ||
      behind.offset != next.offset) {
    may_have_moved_comments_ = true;
  }
}

void TokenWriter::write_comment(const Comment& comment, Place next) {
  if (!is_empty_) separate_from_comment(comment, next);
  start_text({comment.position.offset, comment.position.line});
  layout_.verbatim(comment.text);
  end_text(comment.text, /*may_have_lines=*/true);
}

void TokenWriter::separate_from_comment(const Comment& comment, Place next) {
  const uint32_t line = comment.position.line;
  if (line == last_line_) {
    // A tab would look odd between two tokens of one line.
    write_space(line == next.line ? Space::blank : Space::comment_column, 1);
    return;
  }
  release_indentation();
  if (line > last_line_) write_space(Space::new_run, limited_lines(last_line_, line));
}

// Of the spaces held back, those that indent what follows apply to a comment on its own line; the
// first of the others is dropped for the comment's own line end.
void TokenWriter::release_indentation() {
  const size_t other = spaces_.find_first_not_of(
      std::string{static_cast<char>(Space::indent), static_cast<char>(Space::unindent)});
  if (other == std::string::npos) return;
  spaces_[other] = static_cast<char>(Space::nothing);
  write_spaces(other);
}

// Drops all spaces that are held back, save indentation.
void TokenWriter::drop_spaces() {
  for (char& c : spaces_) {
    const auto space = static_cast<Space>(c);
    if (space == Space::indent || space == Space::unindent) continue;
    if (space == Space::new_run) dropped_new_run_ = true;
    c = static_cast<char>(Space::nothing);
  }
}

void TokenWriter::write_spaces(size_t count) {
  for (const char c : std::string_view(spaces_).substr(0, count)) {
    switch (const auto space = static_cast<Space>(c)) {
      case Space::nothing:
        break;
      case Space::indent:
        ++indent_;
        break;
      case Space::unindent:
        --indent_;
        break;
      default:
        write_space(space, 1);
    }
  }
  count == spaces_.size() ? spaces_.clear() : void(spaces_.erase(0, count));
}

void TokenWriter::write_space(Space space, uint32_t count) {
  indent_line();
  is_empty_ = false;
  place_.offset += count;
  if (space == Space::blank) return layout_.text(" ");
  if (space == Space::align) return layout_.soft_tab();
  if (space == Space::comment_column) return layout_.tab();
  for (uint32_t i = 0; i < count; ++i) {
    space == Space::new_run ? layout_.end_run() : layout_.end_line();
  }
  place_.line += count;
  lines_ += count;
  at_line_start_ = true;
}

void TokenWriter::indent_line() {
  if (!at_line_start_) return;
  for (uint32_t i = 0; i < indent_; ++i) layout_.tab();
  place_.offset += indent_;
  at_line_start_ = false;
}

// The text that follows stands at `place` in the source.
void TokenWriter::start_text(Place place) {
  indent_line();
  place_ = place;
}

void TokenWriter::end_text(std::string_view text, bool may_have_lines) {
  is_empty_ = false;
  place_.offset += text.size();
  if (may_have_lines) {
    const auto count = static_cast<uint32_t>(std::ranges::count(text, '\n'));
    place_.line += count;
    lines_ += count;
  }
  last_line_ = place_.line;
}

}  // namespace alloy::syntax
