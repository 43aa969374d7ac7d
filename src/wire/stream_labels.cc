// The labels of a stream as text.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "base/unicode.h"
#include "wire/loki_push_reader.h"

namespace alloy::wire {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool continues_name(char c) { return begins_name(c) || (c >= '0' && c <= '9'); }

class Parser {
 public:
  Parser(std::string_view text, LogBatchBuilder& texts, std::vector<Label>& labels)
      : text_(text), texts_(texts), labels_(labels) {}

  Result<void> parse() {
    labels_.clear();
    skip_space();
    if (const std::string_view name = take_name(true); !name.empty())
      labels_.push_back({metric_name_label, name});
    skip_space();
    if (!take('{')) {
      if (at_ == text_.size() && !labels_.empty()) return {};
      return refuse("expected \"{\"");
    }
    while (!take('}')) {
      TRY(parse_pair());
      skip_space();
      if (take(',')) {
        skip_space();
        continue;
      }
      if (!take('}')) return refuse("expected \",\" or \"}\"");
      break;
    }
    skip_space();
    if (at_ != text_.size()) return refuse("unexpected text");
    return sort();
  }

 private:
  Result<void> parse_pair() {
    skip_space();
    std::string_view name;
    if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) {
      TRY(name, take_string());
    } else {
      name = take_name(false);
    }
    if (name.empty()) return refuse("expected a label name");
    skip_space();
    if (at_ == text_.size() || text_[at_] != '=') {
      // A quoted name alone is that of the metric.
      labels_.push_back({metric_name_label, name});
      return {};
    }
    ++at_;
    skip_space();
    TRY(const std::string_view value, take_string());
    labels_.push_back({name, value});
    return {};
  }

  Result<void> sort() {
    std::ranges::sort(labels_, {}, &Label::name);
    const auto twice = std::ranges::adjacent_find(labels_, {}, &Label::name);
    if (twice != labels_.end())
      return refuse(fmt::format("label {} occurs twice", quote(twice->name)));
    return {};
  }

  std::string_view take_name(bool of_metric) {
    const size_t begin = at_;
    if (at_ < text_.size() && (begins_name(text_[at_]) || (of_metric && text_[at_] == ':'))) {
      while (at_ < text_.size() && (continues_name(text_[at_]) || (of_metric && text_[at_] == ':')))
        ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }

  // "…", '…' or `…`.
  Result<std::string_view> take_string() {
    if (at_ == text_.size()) return refuse("expected a string");
    const char quote = text_[at_];
    if (quote != '"' && quote != '\'' && quote != '`') return refuse("expected a string");
    const size_t begin = ++at_;
    bool has_escapes = false;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\' && quote != '`') {
        has_escapes = true;
        ++at_;
      }
      ++at_;
    }
    if (at_ >= text_.size()) return refuse("unterminated string");
    const std::string_view inside = text_.substr(begin, at_++ - begin);
    if (!has_escapes) return inside;
    return unescape(inside, quote);
  }

  // Go's escapes.
  Result<std::string_view> unescape(std::string_view rest, char quote) {
    std::string text;
    while (!rest.empty()) {
      const char c = rest.front();
      rest.remove_prefix(1);
      if (c != '\\') {
        text += c;
      } else if (rest.empty() || !unescape_one(rest, quote, text)) {
        return refuse("invalid escape");
      }
    }
    return texts_.keep(text);
  }

  static bool unescape_one(std::string_view& rest, char quote, std::string& text) {
    constexpr std::string_view names = "abfnrtv\\";
    constexpr std::string_view values = "\a\b\f\n\r\t\v\\";
    const char kind = rest.front();
    if (const size_t known = names.find(kind); known != std::string_view::npos || kind == quote) {
      text += kind == quote ? quote : values[known];
      rest.remove_prefix(1);
      return true;
    }
    const bool is_octal = kind >= '0' && kind <= '7';
    const size_t digits = is_octal ? 3 : kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    if (!is_octal) rest.remove_prefix(1);
    uint32_t number = 0;
    if (digits == 0 || rest.size() < digits) return false;
    const auto [end, error] =
        std::from_chars(rest.data(), rest.data() + digits, number, is_octal ? 8 : 16);
    if (error != std::errc() || end != rest.data() + digits) return false;
    rest.remove_prefix(digits);
    if (digits <= 3) {
      if (number > 0xff) return false;
      text += static_cast<char>(number);
      return true;
    }
    if (number > 0x10ffff || (number >= 0xd800 && number < 0xe000)) return false;
    append_utf8(text, number);
    return true;
  }

  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  std::unexpected<Error> refuse(std::string_view why) const {
    return fail(fmt::format("1:{}: parse error: {}", at_ + 1, why), ErrorKind::invalid);
  }

  const std::string_view text_;
  LogBatchBuilder& texts_;
  std::vector<Label>& labels_;
  size_t at_ = 0;
};

}  // namespace

Result<void> parse_stream_labels(std::string_view text, LogBatchBuilder& texts,
                                 std::vector<Label>& labels) {
  return Parser(text, texts, labels).parse();
}

}  // namespace alloy::wire
