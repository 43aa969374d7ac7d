// Finds where the tokens that a printer writes, one after the other, stand in the source.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "syntax/source.h"
#include "syntax/token.h"

namespace alloy::syntax {

class TokenLocator {
 public:
  explicit TokenLocator(std::string_view source) : source_(source) {}

  // The next token stands there, or further on.
  void skip_to(Position place) {
    if (place.offset > position_.offset) position_ = place;
  }

  // The place of the next token, which is the given one: a printer writes all tokens of the source
  // save commas before a closing bracket, which it may add or leave out.
  Position next(TokenKind kind, std::string_view text) {
    Position place = behind_blanks(position_);
    const bool at_comma = source_.substr(place.offset).starts_with(',');
    if (kind == TokenKind::comma && !at_comma) return position_;
    if (kind != TokenKind::comma && at_comma) {
      ++place.offset;
      place = behind_blanks(place);
    }
    position_ = behind(place, text);
    return place;
  }

  // Behind blanks, line ends and comments.
  Position behind_blanks(Position place) const {
    while (true) {
      const std::string_view rest = source_.substr(place.offset);
      const size_t blanks = std::min(rest.find_first_not_of(" \t\r\n\xEF\xBB\xBF"), rest.size());
      size_t size = blanks;
      if (rest.substr(blanks).starts_with("//")) {
        size = std::min(rest.find('\n', blanks), rest.size());
      } else if (rest.substr(blanks).starts_with("/*")) {
        size = rest.find("*/", blanks + 2) + 2;
      }
      if (size == 0) return place;
      place = behind(place, rest.substr(0, size));
    }
  }

 private:
  Position behind(Position place, std::string_view text) const {
    place.offset += static_cast<uint32_t>(text.size());
    place.line += static_cast<uint32_t>(std::ranges::count(text, '\n'));
    return place;
  }

  std::string_view source_;
  Position position_{.offset = 0, .line = 1, .column = 0};  // Behind the last token.
};

}  // namespace alloy::syntax
