#include "components/prometheus/exporter_static/metric_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "signals/number_text.h"

namespace alloy::prometheus::exporter_static {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// As Go's %q shows a single byte.
std::string quote_byte(char c) {
  const std::string quoted = quote({&c, 1});
  const std::string_view inside = std::string_view(quoted).substr(1, quoted.size() - 2);
  return fmt::format("'{}'", inside == "\\\"" ? "\"" : c == '\'' ? "\\'" : inside);
}

// Reads one text and writes it anew.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<std::string> read() {
    while (at_ < text_.size()) {
      ++line_;
      TRY(read_line());
    }
    return std::move(out_);
  }

 private:
  // All of these start at the current character, and leave what they have not read.
  Result<> read_line();
  Result<> read_comment();
  Result<> read_metadata(std::string_view keyword);
  Result<> read_type(std::string_view name);
  Result<> read_series();
  Result<> read_labels(std::string_view name);
  Result<std::string_view> read_label_name(std::string_view name);
  Result<> read_label_value(std::string_view label);
  Result<> read_numbers();

  std::string_view read_name(bool may_have_colons);
  std::string_view read_word();
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  bool at_line_end() const { return text_[at_] == '\n'; }
  // Behind the last character there is nothing to look at: every line has to be ended.
  Result<> need_more() const {
    return at_ < text_.size() ? Result<>() : mistake("unexpected end of input stream");
  }
  std::unexpected<Error> mistake(std::string_view what) const {
    return fail(fmt::format("text format parsing error in line {}: {}", line_, what));
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t line_ = 0;
  std::string out_;
  std::set<std::string_view> with_help_;
  std::set<std::string_view> with_type_;
};

Result<> Reader::read_line() {
  skip_blanks();
  // Blanks alone may end the text.
  if (at_ == text_.size()) return {};
  if (at_line_end()) {
    ++at_;
    return {};
  }
  if (text_[at_] == '#') {
    ++at_;
    return read_comment();
  }
  return read_series();
}

// Other comments than the two known ones mean nothing.
Result<> Reader::read_comment() {
  skip_blanks();
  TRY(need_more());
  const std::string_view keyword = read_word();
  if (keyword == "HELP" || keyword == "TYPE") {
    skip_blanks();
    TRY(need_more());
    if (!at_line_end()) return read_metadata(keyword);
  }
  at_ = std::min(text_.find('\n', at_), text_.size());
  TRY(need_more());
  ++at_;
  return {};
}

Result<> Reader::read_metadata(std::string_view keyword) {
  const std::string_view name = read_name(/*may_have_colons=*/true);
  TRY(need_more());
  if (name.empty() || (!at_line_end() && !is_blank(text_[at_]))) {
    return mistake("invalid metric name in comment");
  }
  skip_blanks();
  TRY(need_more());
  if (keyword == "TYPE") return read_type(name);
  if (!with_help_.insert(name).second) {
    return mistake(fmt::format("second HELP line for metric name {}", quote(name)));
  }
  const size_t end = text_.find('\n', at_);
  if (end == std::string_view::npos) return mistake("unexpected end of input stream");
  out_ += fmt::format("# HELP {} {}\n", name, text_.substr(at_, end - at_));
  at_ = end + 1;
  return {};
}

Result<> Reader::read_type(std::string_view name) {
  static constexpr std::array<std::string_view, 5> known = {"counter", "gauge", "histogram",
                                                            "summary", "untyped"};
  if (!with_type_.insert(name).second) {
    return mistake(fmt::format(
        "second TYPE line for metric name {}, or TYPE reported after samples", quote(name)));
  }
  const size_t end = text_.find('\n', at_);
  if (end == std::string_view::npos) return mistake("unexpected end of input stream");
  const std::string_view type = text_.substr(at_, end - at_);
  std::string lower(type);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  if (std::ranges::find(known, lower) == known.end()) {
    return mistake(fmt::format("unknown metric type {}", quote(type)));
  }
  out_ += fmt::format("# TYPE {} {}\n", name, lower);
  at_ = end + 1;
  return {};
}

Result<> Reader::read_series() {
  const std::string_view name = read_name(/*may_have_colons=*/true);
  if (name.empty()) return mistake("invalid metric name");
  with_type_.insert(name);
  out_ += name;
  skip_blanks();
  TRY(need_more());
  if (text_[at_] == '{') {
    ++at_;
    TRY(read_labels(name));
  }
  return read_numbers();
}

Result<> Reader::read_labels(std::string_view name) {
  std::set<std::string_view> seen;
  out_ += '{';
  while (true) {
    skip_blanks();
    TRY(need_more());
    if (text_[at_] == '}') break;
    TRY(const std::string_view label, read_label_name(name));
    if (!seen.insert(label).second) {
      return mistake(fmt::format("duplicate label names for metric {}", quote(name)));
    }
    if (seen.size() > 1) out_ += ',';
    TRY(read_label_value(label));
    skip_blanks();
    TRY(need_more());
    if (text_[at_] == '}') break;
    if (text_[at_] != ',') {
      return mistake(fmt::format("unexpected end of label value {}", quote(label)));
    }
    ++at_;
  }
  ++at_;
  out_ += '}';
  return {};
}

Result<std::string_view> Reader::read_label_name(std::string_view name) {
  const std::string_view label = read_name(/*may_have_colons=*/false);
  TRY(need_more());
  if (label.empty()) return mistake(fmt::format("invalid label name for metric {}", quote(name)));
  if (label == "__name__") return mistake(fmt::format("label name {} is reserved", quote(label)));
  skip_blanks();
  TRY(need_more());
  if (text_[at_] != '=') {
    return mistake(fmt::format("expected '=' after label name, found {}", quote_byte(text_[at_])));
  }
  ++at_;
  return label;
}

Result<> Reader::read_label_value(std::string_view label) {
  skip_blanks();
  TRY(need_more());
  if (text_[at_] != '"') {
    return mistake(
        fmt::format("expected '\"' at start of label value, found {}", quote_byte(text_[at_])));
  }
  const size_t start = ++at_;
  for (;; ++at_) {
    TRY(need_more());
    const char c = text_[at_];
    if (c == '"') break;
    if (c == '\n') {
      return mistake(fmt::format("label value {} contains unescaped new-line",
                                 quote(text_.substr(start, at_ - start))));
    }
    if (c != '\\') continue;
    ++at_;
    TRY(need_more());
    if (!std::string_view("\"\\n").contains(text_[at_])) {
      return mistake(fmt::format("invalid escape sequence '\\{}'", text_[at_]));
    }
  }
  const std::string_view value = text_.substr(start, at_ - start);
  ++at_;
  if (!is_utf8(value)) return mistake(fmt::format("invalid label value {}", quote(value)));
  out_ += fmt::format("{}=\"{}\"", label, value);
  return {};
}

Result<> Reader::read_numbers() {
  skip_blanks();
  TRY(need_more());
  const std::string_view value = read_word();
  TRY(need_more());
  if (!parse_double(value)) {
    return mistake(fmt::format("expected float as value, got {}", quote(value)));
  }
  out_ += fmt::format(" {}", value);
  skip_blanks();
  TRY(need_more());
  if (!at_line_end()) {
    const std::string_view timestamp = read_word();
    TRY(need_more());
    int64_t milliseconds = 0;
    const char* end = timestamp.data() + timestamp.size();
    if (const auto read = std::from_chars(timestamp.data(), end, milliseconds);
        read.ec != std::errc() || read.ptr != end) {
      return mistake(fmt::format("expected integer as timestamp, got {}", quote(timestamp)));
    }
    out_ += fmt::format(" {}", milliseconds);
    skip_blanks();
    TRY(need_more());
    if (!at_line_end()) {
      return mistake(fmt::format("spurious string after timestamp: {}", quote(read_word())));
    }
  }
  out_ += '\n';
  ++at_;
  return {};
}

std::string_view Reader::read_name(bool may_have_colons) {
  const size_t start = at_;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (!is_letter(c) && !(may_have_colons && c == ':') && !(at_ > start && is_digit(c))) break;
    ++at_;
  }
  return text_.substr(start, at_ - start);
}

std::string_view Reader::read_word() {
  const size_t start = at_;
  while (at_ < text_.size() && !is_blank(text_[at_]) && text_[at_] != '\n') ++at_;
  return text_.substr(start, at_ - start);
}

}  // namespace

Result<std::string> tidy_metric_text(std::string_view text) { return Reader(text).read(); }

}  // namespace alloy::prometheus::exporter_static
