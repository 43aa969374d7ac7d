// A recursive parser over bytes; strings are searched 16 bytes at a time.
#include "signals/json/json_parser.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/text.h"

namespace alloy {

class JsonParser {
 public:
  JsonParser(std::string_view text, Scratch& scratch)
      : next_(text.data()), end_(text.data() + text.size()), scratch_(scratch) {}

  bool value(JsonValue& into);
  // Checks a value without keeping it.
  bool skip();
  bool select(const JsonSelection::Node& node, std::span<JsonValue> values);
  bool at_end() {
    skip_blanks();
    return next_ == end_;
  }
  char peek() {
    skip_blanks();
    return next_ == end_ ? '\0' : *next_;
  }
  const char* place() const { return next_; }
  bool take(char c) {
    skip_blanks();
    if (next_ == end_ || *next_ != c) return false;
    ++next_;
    return true;
  }

 private:
  static constexpr int depth_max = 5000;

  void skip_blanks() {
    while (next_ != end_ && (*next_ == ' ' || *next_ == '\n' || *next_ == '\r' || *next_ == '\t')) {
      ++next_;
    }
  }
  bool take_word(std::string_view word) {
    if (static_cast<size_t>(end_ - next_) < word.size() ||
        std::string_view(next_, word.size()) != word) {
      return false;
    }
    next_ += word.size();
    return true;
  }
  static const char* find_special(const char* from, const char* end);
  bool text(std::string_view& into);
  bool unescape(const char* start, std::string_view& into);
  bool unescape_one(char*& out);
  bool hex(uint32_t& into);
  bool skip_text();
  bool skip_number(bool& is_integer);
  bool number(JsonValue& into);
  bool array(JsonValue& into);
  bool object(JsonValue& into);
  template <class Each>
  bool members(Each each);

  const char* next_;
  const char* end_;
  Scratch& scratch_;
  int depth_ = 0;
  std::vector<JsonValue> elements_;  // Of all arrays that are open, one after the other.
  std::vector<JsonMember> members_;  // Likewise of objects.
};

// The first quote, backslash or control character.
const char* JsonParser::find_special(const char* from, const char* end) {
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i control = _mm_set1_epi8(0x1f);
  while (end - from >= 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    const __m128i is_control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes);
    const __m128i is_special = _mm_or_si128(
        _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)), is_control);
    const int mask = _mm_movemask_epi8(is_special);
    if (mask != 0) return from + __builtin_ctz(static_cast<unsigned>(mask));
    from += 16;
  }
#endif
  while (from != end && *from != '"' && *from != '\\' &&
         static_cast<unsigned char>(*from) >= 0x20) {
    ++from;
  }
  return from;
}

// Behind the opening quote.
bool JsonParser::text(std::string_view& into) {
  const char* start = next_;
  next_ = find_special(next_, end_);
  if (next_ == end_) return false;
  if (*next_ == '"') {
    into = {start, static_cast<size_t>(next_ - start)};
    ++next_;
    return true;
  }
  return *next_ == '\\' && unescape(start, into);
}

bool JsonParser::hex(uint32_t& into) {
  if (end_ - next_ < 4) return false;
  const auto [end, error] = std::from_chars(next_, next_ + 4, into, 16);
  if (error != std::errc() || end != next_ + 4) return false;
  next_ = end;
  return true;
}

bool JsonParser::unescape_one(char*& out) {
  ++next_;
  if (next_ == end_) return false;
  const char c = *next_++;
  switch (c) {
    case '"':
    case '\\':
    case '/':
      *out++ = c;
      return true;
    case 'b':
      *out++ = '\b';
      return true;
    case 'f':
      *out++ = '\f';
      return true;
    case 'n':
      *out++ = '\n';
      return true;
    case 'r':
      *out++ = '\r';
      return true;
    case 't':
      *out++ = '\t';
      return true;
    case 'u':
      break;
    default:
      return false;
  }
  uint32_t code = 0;
  if (!hex(code)) return false;
  if (code >= 0xd800 && code < 0xdc00 && end_ - next_ >= 6 && next_[0] == '\\' && next_[1] == 'u') {
    const char* before = next_;
    next_ += 2;
    uint32_t low = 0;
    if (!hex(low)) return false;
    if (low >= 0xdc00 && low < 0xe000)
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    else
      next_ = before;
  }
  if (code >= 0xd800 && code < 0xe000) code = 0xfffd;
  std::string encoded;
  append_utf8(encoded, code);
  for (const char byte : encoded) *out++ = byte;
  return true;
}

// At the first backslash. Control characters behind it pass, as they do in the real program.
bool JsonParser::unescape(const char* start, std::string_view& into) {
  const char* close = next_;  // Where the text ends at the latest: escapes are never shorter.
  while (close != end_ && *close != '"') close += *close == '\\' && close + 1 != end_ ? 2 : 1;
  char* out = scratch_.allocate_text(static_cast<size_t>(close - start));
  const char* const first = out;
  out = std::copy(start, next_, out);
  while (next_ != end_) {
    if (*next_ == '"') {
      ++next_;
      into = {first, static_cast<size_t>(out - first)};
      return true;
    }
    if (*next_ != '\\') {
      *out++ = *next_++;
    } else if (!unescape_one(out)) {
      return false;
    }
  }
  return false;
}

bool JsonParser::skip_text() {
  next_ = find_special(next_, end_);
  if (next_ == end_) return false;
  if (*next_ == '"') {
    ++next_;
    return true;
  }
  std::string_view unused;
  return *next_ == '\\' && unescape(next_, unused);
}

bool JsonParser::skip_number(bool& is_integer) {
  const auto digits = [&] {
    const char* start = next_;
    while (next_ != end_ && *next_ >= '0' && *next_ <= '9') ++next_;
    return next_ != start;
  };
  is_integer = true;
  if (*next_ == '-') ++next_;
  if (next_ != end_ && *next_ == '0') {
    ++next_;
    if (next_ != end_ && *next_ >= '0' && *next_ <= '9') return false;
  } else if (!digits()) {
    return false;
  }
  if (next_ != end_ && *next_ == '.') {
    is_integer = false;
    ++next_;
    if (!digits()) return false;
  }
  if (next_ != end_ && (*next_ == 'e' || *next_ == 'E')) {
    is_integer = false;
    ++next_;
    if (next_ != end_ && (*next_ == '+' || *next_ == '-')) ++next_;
    if (!digits()) return false;
  }
  return true;
}

bool JsonParser::number(JsonValue& into) {
  const char* start = next_;
  bool is_integer = false;
  if (!skip_number(is_integer)) return false;
  if (is_integer && next_ - start <= 15 && *start != '-') {
    int64_t value = 0;
    for (const char* digit = start; digit != next_; ++digit) value = value * 10 + (*digit - '0');
    into = JsonValue::number(static_cast<double>(value));
    return true;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(start, next_, value);
  if (error == std::errc::result_out_of_range) {
    // Too small is nearly zero, too large is refused.
    value = std::strtod(std::string(start, next_).c_str(), nullptr);
    if (std::isinf(value)) return false;
  }
  into = JsonValue::number(value);
  return true;
}

bool JsonParser::value(JsonValue& into) {
  skip_blanks();
  if (next_ == end_) return false;
  switch (*next_) {
    case '"': {
      ++next_;
      std::string_view content;
      if (!text(content)) return false;
      into = JsonValue::text(content);
      return true;
    }
    case '{':
      return object(into);
    case '[':
      return array(into);
    case 't':
      into = JsonValue::boolean(true);
      return take_word("true");
    case 'f':
      into = JsonValue::boolean(false);
      return take_word("false");
    case 'n':
      into = JsonValue();
      return take_word("null");
    case '-':
    case '0' ... '9':
      return number(into);
    default:
      return false;
  }
}

// The members of an object; at its brace. `each` reads the value behind a name.
template <class Each>
bool JsonParser::members(Each each) {
  ++next_;
  if (++depth_ > depth_max) return false;
  if (!take('}')) {
    do {
      if (!take('"')) return false;
      std::string_view name;
      if (!text(name) || !take(':') || !each(name)) return false;
    } while (take(','));
    if (!take('}')) return false;
  }
  --depth_;
  return true;
}

bool JsonParser::object(JsonValue& into) {
  const size_t first = members_.size();
  const bool is_fine = members([&](std::string_view name) {
    JsonValue member;
    if (!value(member)) return false;
    for (size_t i = first; i < members_.size(); ++i) {
      if (members_[i].name != name) continue;
      members_[i].value = member;
      return true;
    }
    members_.push_back({name, member});
    return true;
  });
  if (is_fine) {
    into = JsonValue::object(scratch_.keep(std::span<const JsonMember>(members_).subspan(first)));
  }
  members_.resize(first);
  return is_fine;
}

bool JsonParser::array(JsonValue& into) {
  ++next_;
  if (++depth_ > depth_max) return false;
  const size_t first = elements_.size();
  if (!take(']')) {
    do {
      JsonValue element;
      if (!value(element)) return false;
      elements_.push_back(element);
    } while (take(','));
    if (!take(']')) return false;
  }
  --depth_;
  into = JsonValue::array(scratch_.keep(std::span<const JsonValue>(elements_).subspan(first)));
  elements_.resize(first);
  return true;
}

bool JsonParser::skip() {
  skip_blanks();
  if (next_ == end_) return false;
  switch (*next_) {
    case '"':
      ++next_;
      return skip_text();
    case '{':
      return members([this](std::string_view) { return skip(); });
    case '[':
      ++next_;
      if (++depth_ > depth_max) return false;
      if (!take(']')) {
        do {
          if (!skip()) return false;
        } while (take(','));
        if (!take(']')) return false;
      }
      --depth_;
      return true;
    case '-':
    case '0' ... '9': {
      bool is_integer = false;
      const char* start = next_;
      if (!skip_number(is_integer)) return false;
      if (next_ - start < 300 && is_integer) return true;
      JsonValue unused;  // Numbers may be too large.
      next_ = start;
      return number(unused);
    }
    default: {
      JsonValue unused;
      return value(unused);
    }
  }
}

bool JsonParser::select(const JsonSelection::Node& node, std::span<JsonValue> values) {
  return members([&](std::string_view name) {
    for (const JsonSelection::Node& child : node.children) {
      if (child.name != name) continue;
      if (child.index >= 0) return value(values[static_cast<size_t>(child.index)]);
      if (peek() == '{') return select(child, values);
      break;
    }
    return skip();
  });
}

std::optional<JsonValue> parse_json(std::string_view text, Scratch& scratch) {
  JsonParser parser(text, scratch);
  JsonValue value;
  if (!parser.value(value) || !parser.at_end()) return std::nullopt;
  return value;
}

bool JsonSelection::add(std::span<const std::string> path) {
  Node* node = &root_;
  for (size_t i = 0; i < path.size(); ++i) {
    const auto found = std::ranges::find(node->children, path[i], &Node::name);
    const bool is_last = i + 1 == path.size();
    if (found == node->children.end()) {
      node->children.push_back({.name = path[i]});
      node = &node->children.back();
      continue;
    }
    // A value that is wanted itself, and once more as a part of it, or another time.
    if (is_last || found->index >= 0) return false;
    node = &*found;
  }
  node->index = static_cast<int>(count_++);
  return true;
}

bool JsonSelection::read(std::string_view text, Scratch& scratch,
                         std::span<JsonValue> values) const {
  std::ranges::fill(values, JsonValue());
  JsonParser parser(text, scratch);
  if (parser.peek() != '{') {
    JsonValue value;
    return parser.value(value) && value.is_null() && parser.at_end();
  }
  return parser.select(root_, values) && parser.at_end();
}

std::optional<std::vector<std::string_view>> split_json_array(std::string_view text) {
  Scratch scratch;
  JsonParser parser(text, scratch);
  if (!parser.take('[')) return std::nullopt;
  std::vector<std::string_view> elements;
  if (!parser.take(']')) {
    do {
      parser.peek();
      const char* start = parser.place();
      if (!parser.skip()) return std::nullopt;
      elements.emplace_back(start, static_cast<size_t>(parser.place() - start));
    } while (parser.take(','));
    if (!parser.take(']')) return std::nullopt;
  }
  if (!parser.at_end()) return std::nullopt;
  return elements;
}

}  // namespace alloy
