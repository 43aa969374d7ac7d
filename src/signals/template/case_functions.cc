// Functions that change the case of texts, or divide words by it.
#include <vector>

#include "base/text.h"
#include "base/unicode.h"
#include "signals/go_strings.h"
#include "signals/template/functions.h"

namespace alloy::go_template {
namespace {

bool is_upper(char32_t c) { return to_lower(c) != c; }
bool is_lower(char32_t c) { return is_letter(c) && !is_upper(c); }
bool is_connector(char32_t c) { return c == '-' || c == '_' || is_space(c); }

std::vector<char32_t> code_points(std::string_view text) {
  std::vector<char32_t> out;
  while (!text.empty()) out.push_back(next_code_point(text));
  return out;
}

std::string encoded(const std::vector<char32_t>& code_points) {
  std::string text;
  for (const char32_t c : code_points) append_utf8(text, c);
  return text;
}

bool give(std::string text, Value& out) {
  out = Value::text(std::move(text));
  return true;
}

bool lower(Arguments in, Value& out, Failure&) { return give(to_lower(in[0].as_text()), out); }
bool upper(Arguments in, Value& out, Failure&) { return give(to_upper(in[0].as_text()), out); }

// Changes the first letter of each word.
template <char32_t (*change)(char32_t)>
std::string change_words(std::string_view text, bool (*separates)(char32_t)) {
  auto letters = code_points(text);
  bool is_start = true;
  for (char32_t& c : letters) {
    const bool is_separator = separates(c);
    if (is_start && !is_separator) c = change(c);
    is_start = is_separator;
  }
  return encoded(letters);
}

// As strings.Title: letters, digits and underscores are no ends of words.
bool ends_word(char32_t c) {
  if (c < 0x80) return !((c >= '0' && c <= '9') || is_letter(c) || c == '_');
  return !is_letter(c) && !is_digit(c) && is_space(c);
}

bool title(Arguments in, Value& out, Failure&) {
  return give(change_words<to_upper>(in[0].as_text(), ends_word), out);
}
bool untitle(Arguments in, Value& out, Failure&) {
  return give(change_words<to_lower>(in[0].as_text(), is_space), out);
}

bool swap_case(Arguments in, Value& out, Failure&) {
  auto letters = code_points(in[0].as_text());
  for (char32_t& c : letters) c = is_upper(c) ? to_lower(c) : to_upper(c);
  return give(encoded(letters), out);
}

bool initials(Arguments in, Value& out, Failure&) {
  std::vector<char32_t> found;
  bool is_start = true;
  for (const char32_t c : code_points(in[0].as_text())) {
    if (is_start && !is_space(c)) found.push_back(c);
    is_start = is_space(c);
  }
  return give(encoded(found), out);
}

bool camel_case(Arguments in, Value& out, Failure&) {
  const auto letters = code_points(in[0].as_text());
  std::vector<char32_t> made;
  size_t i = 0;
  while (i < letters.size() && is_connector(letters[i])) made.push_back(letters[i++]);
  bool is_start = true;       // Of a word.
  bool is_upper_run = false;  // Capitals from its start on, which become small.
  for (; i < letters.size(); ++i) {
    const char32_t c = letters[i];
    if (is_connector(c)) {
      const bool is_last = i + 1 == letters.size();
      // One connector joins; more of them, and those at the end, stay.
      if (is_last || is_connector(letters[i + 1])) made.push_back(c);
      is_start = true;
      continue;
    }
    if (is_start) {
      is_upper_run = is_upper(c);
      made.push_back(to_upper(c));
    } else if (is_upper_run && is_upper(c)) {
      made.push_back(to_lower(c));
    } else {
      is_upper_run = false;
      made.push_back(c);
    }
    is_start = false;
  }
  return give(encoded(made), out);
}

// Puts a connector between words: where a capital follows a small letter, before the last of
// several capitals that begins a word, and before numbers, which take small letters with them.
template <char connector>
bool divide(Arguments in, Value& out, Failure&) {
  const auto letters = code_points(in[0].as_text());
  std::vector<char32_t> made;
  const auto is_number_word = [&](size_t at) {
    // Whether the digits from here on begin a word: small letters follow them.
    while (at < letters.size() && is_digit(letters[at])) ++at;
    return at < letters.size() && is_lower(letters[at]);
  };
  bool in_number_word = false;
  for (size_t i = 0; i < letters.size(); ++i) {
    const char32_t c = letters[i];
    if (is_connector(c)) {
      made.push_back(connector);
      in_number_word = false;
      continue;
    }
    const char32_t before = i > 0 ? letters[i - 1] : U'_';
    const bool after_word = is_letter(before) || is_digit(before);
    bool divides = false;
    if (is_upper(c)) {
      const bool small_follows = i + 1 < letters.size() && is_lower(letters[i + 1]);
      divides = after_word && (!is_upper(before) || small_follows);
      in_number_word = false;
    } else if (is_digit(c) && !is_digit(before) && !in_number_word) {
      in_number_word = is_number_word(i);
      divides = after_word && in_number_word;
    }
    if (divides) made.push_back(connector);
    made.push_back(to_lower(c));
  }
  return give(encoded(made), out);
}

}  // namespace

const Function case_functions[] = {
    {"ToLower", "s", lower},         {"ToUpper", "s", upper},
    {"camelcase", "s", camel_case},  {"initials", "s", initials},
    {"kebabcase", "s", divide<'-'>}, {"lower", "s", lower},
    {"snakecase", "s", divide<'_'>}, {"swapcase", "s", swap_case},
    {"title", "s", title},           {"untitle", "s", untitle},
    {"upper", "s", upper},           {},
};

}  // namespace alloy::go_template
