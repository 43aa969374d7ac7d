// The entries of both text formats.
#include "wire/exposition.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "wire/float_text.h"

namespace alloy::wire {

std::string_view unescape(std::string_view raw, LabelBuilder& keeper) {
  if (!raw.contains('\\')) return raw;
  std::string text;
  text.reserve(raw.size());
  for (size_t i = 0; i < raw.size(); ++i) {
    const char next = i + 1 < raw.size() ? raw[i + 1] : '\0';
    if (raw[i] == '\\' && (next == '\\' || next == '"' || next == 'n')) {
      text += next == 'n' ? '\n' : next;
      ++i;
    } else {
      text += raw[i];
    }
  }
  return keeper.keep(text);
}

ExpositionParser::ExpositionParser(std::string_view body, TextFormat format)
    : body_(body), format_(format), state_(State::initial) {}

ExpositionParser::Entry ExpositionParser::fail_with(std::string message) {
  error_.emplace(std::move(message), ErrorKind::invalid);
  return Entry::failed;
}

ExpositionParser::Entry ExpositionParser::fail_at(std::string_view expected, Token got) {
  // The byte behind the token is shown too, as the real parser does.
  const size_t end = std::min(body_.size(), position_ + 1);
  return fail_with(fmt::format("{}, got {} ({}) while parsing: {}", expected,
                               quote(body_.substr(token_start_, end - token_start_)),
                               quote(name_of(got)),
                               quote(body_.substr(entry_start_, end - entry_start_))));
}

void ExpositionParser::start_entry() {
  entry_start_ = position_;
  labels_.clear();
  has_name_ = false;
  has_exemplar_ = false;
  timestamp_ms_.reset();
}

ExpositionParser::Entry ExpositionParser::next() {
  if (error_) return Entry::failed;
  return format_ == TextFormat::prometheus ? next_prometheus() : next_open_metrics();
}

ExpositionParser::Entry ExpositionParser::next_prometheus() {
  Token first = Token::linebreak;
  while (first == Token::linebreak) {
    start_entry();
    first = token();
  }
  switch (first) {
    case Token::eof:
      return Entry::end;
    case Token::help:
    case Token::type:
      return read_metadata(first);
    case Token::comment:
      text_ = token_text();
      if (const Token end = token(); end != Token::linebreak) {
        return fail_at("expected newline after comment", end);
      }
      return Entry::comment;
    case Token::brace_open:
    case Token::metric_name:
      return read_series(first);
    default:
      return fail_at("expected a valid start token", first);
  }
}

ExpositionParser::Entry ExpositionParser::next_open_metrics() {
  start_entry();
  const Token first = token();
  switch (first) {
    case Token::eof_word:
      if (token() != Token::eof) return fail_with("unexpected data after # EOF");
      return Entry::end;
    case Token::eof:
      return fail_with("data does not end with # EOF");
    case Token::help:
    case Token::type:
    case Token::unit:
      return read_metadata(first);
    case Token::brace_open:
    case Token::metric_name:
      return read_series(first);
    default:
      return fail_at("expected a valid start token", first);
  }
}

ExpositionParser::Entry ExpositionParser::read_metadata(Token kind) {
  if (const Token name = token(); name != Token::metric_name) {
    return fail_at(fmt::format("expected metric name after {}", name_of(kind)), name);
  }
  name_ = token_text();
  if (name_.starts_with('"')) name_ = name_.substr(1, name_.size() - 2);
  const bool is_prometheus = format_ == TextFormat::prometheus;
  if (const Token text = token(); text != Token::text) {
    return fail_with(is_prometheus
                         ? fmt::format("expected text in {}, got {}", name_of(kind), name_of(text))
                         : fmt::format("expected text in {}", name_of(kind)));
  }
  text_ = token_text();
  if (!is_prometheus) text_.remove_suffix(1);  // The newline.
  if (!text_.empty()) text_.remove_prefix(1);
  if (kind == Token::type) {
    if (const Entry read = read_type(); read == Entry::failed) return read;
  }
  if (kind == Token::help && !is_utf8(text_)) {
    return fail_with(fmt::format("help text {} is not a valid utf8 string", quote(text_)));
  }
  if (kind == Token::unit) return check_unit();
  if (is_prometheus) {
    if (const Token end = token(); end != Token::linebreak) {
      return fail_at(fmt::format("expected newline after {}", name_of(kind)), end);
    }
  }
  return kind == Token::type ? Entry::type : Entry::help;
}

ExpositionParser::Entry ExpositionParser::read_type() {
  struct Spelling {
    std::string_view name;
    FamilyType type;
    bool in_prometheus;
    bool in_open_metrics;
  };
  static constexpr Spelling spellings[] = {
      {"counter", FamilyType::counter, true, true},
      {"gauge", FamilyType::gauge, true, true},
      {"histogram", FamilyType::histogram, true, true},
      {"summary", FamilyType::summary, true, true},
      {"untyped", FamilyType::unknown, true, false},
      {"unknown", FamilyType::unknown, false, true},
      {"gaugehistogram", FamilyType::gauge_histogram, false, true},
      {"info", FamilyType::info, false, true},
      {"stateset", FamilyType::stateset, false, true},
  };
  for (const Spelling& spelling : spellings) {
    const bool is_known =
        format_ == TextFormat::prometheus ? spelling.in_prometheus : spelling.in_open_metrics;
    if (is_known && spelling.name == text_) {
      type_ = spelling.type;
      return Entry::type;
    }
  }
  return fail_with(fmt::format("invalid metric type {}", quote(text_)));
}

ExpositionParser::Entry ExpositionParser::check_unit() {
  if (format_ == TextFormat::protobuf) return Entry::unit;
  if (!text_.empty() && (name_.size() <= text_.size() || !name_.ends_with(text_) ||
                         name_[name_.size() - text_.size() - 1] != '_')) {
    return fail_with(fmt::format("unit {} not a suffix of metric {}", quote(text_), quote(name_)));
  }
  return Entry::unit;
}

ExpositionParser::Entry ExpositionParser::read_series(Token first) {
  Token token_after = first;
  if (first == Token::metric_name) {
    // Blanks in front are part of the name for the real parser too: it is refused as invalid.
    name_ = entry_text();
    has_name_ = true;
    series_ = entry_text();
    token_after = token();
  }
  if (token_after == Token::brace_open) {
    if (const Entry read = read_labels(labels_, false); read == Entry::failed) return read;
    series_ = entry_text();
    token_after = token();
  }
  if (!has_name_) {
    return fail_with("metric name not set while parsing: " + quote(entry_text()));
  }
  return read_series_end(token_after);
}

ExpositionParser::Entry ExpositionParser::read_labels(std::vector<RawLabel>& labels,
                                                      bool is_exemplar) {
  Token next = token();
  while (next != Token::brace_close) {
    if (next != Token::label_name && next != Token::quoted) {
      return fail_at("expected label name", next);
    }
    std::string_view name = token_text();
    const bool is_quoted = next == Token::quoted;
    if (is_quoted) name = name.substr(1, name.size() - 2);
    next = token();
    if (next == Token::comma || next == Token::brace_close) {
      // A text alone is the metric's name.
      if (is_exemplar) return fail_at("expected label name", next);
      if (has_name_) {
        return fail_with("metric name already set while parsing: " + quote(entry_text()));
      }
      name_ = name;
      has_name_ = true;
      if (next == Token::comma) next = token();
      continue;
    }
    if (const Entry read = read_label(labels, name, next); read == Entry::failed) return read;
    next = token();
    if (next == Token::comma) {
      next = token();
    } else if (format_ != TextFormat::prometheus && next != Token::brace_close) {
      return fail_at("expected comma or brace close", next);
    }
  }
  return Entry::series;
}

ExpositionParser::Entry ExpositionParser::read_label(std::vector<RawLabel>& labels,
                                                     std::string_view name, Token equal) {
  if (equal != Token::equal) return fail_at("expected equal", equal);
  if (const Token value = token(); value != Token::label_value) {
    return fail_at("expected label value", value);
  }
  const std::string_view value = token_text();
  if (format_ != TextFormat::protobuf && !is_utf8(value)) {
    return fail_with("invalid UTF-8 label value: " + quote(value));
  }
  labels.push_back({name, value.substr(1, value.size() - 2)});
  return Entry::series;
}

ExpositionParser::Entry ExpositionParser::read_value(Token got, std::string_view after,
                                                     double& value) {
  if (got != Token::value) return fail_at(fmt::format("expected value after {}", after), got);
  const std::string_view text = token_text();
  const auto parsed = parse_float(format_ == TextFormat::prometheus ? text : text.substr(1));
  if (!parsed) {
    return fail_with(parsed.error().message() + " while parsing: " + quote(entry_text()));
  }
  value = *parsed;
  return Entry::series;
}

ExpositionParser::Entry ExpositionParser::read_series_end(Token first) {
  return format_ == TextFormat::prometheus ? read_prometheus_end(first)
                                           : read_open_metrics_end(first);
}

ExpositionParser::Entry ExpositionParser::read_prometheus_end(Token first) {
  if (const Entry read = read_value(first, "metric", value_); read == Entry::failed) return read;
  Token next = token();
  if (next == Token::linebreak) return Entry::series;
  if (next != Token::timestamp) return fail_at("expected timestamp or new record", next);
  const std::string_view text = token_text();
  int64_t timestamp = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), timestamp);
  if (error != std::errc()) {
    return fail_with("strconv.ParseInt: parsing " + quote(text) +
                     ": value out of range while parsing: " + quote(entry_text()));
  }
  timestamp_ms_ = timestamp;
  next = token();
  if (next != Token::linebreak) return fail_at("expected next entry after timestamp", next);
  return Entry::series;
}

ExpositionParser::Entry ExpositionParser::read_seconds(std::string_view what,
                                                       std::optional<int64_t>& timestamp_ms) {
  const auto seconds = parse_float(token_text().substr(1));
  if (!seconds) {
    return fail_with(seconds.error().message() + " while parsing: " + quote(entry_text()));
  }
  const double milliseconds = *seconds * 1000;
  if (!std::isfinite(*seconds) || std::abs(milliseconds) >= 9.2e18) {
    return fail_with(fmt::format(
        "invalid {} {}", what,
        std::isfinite(*seconds) ? fmt::format("{:f}", *seconds) : format_float(*seconds)));
  }
  timestamp_ms = static_cast<int64_t>(milliseconds);
  return Entry::series;
}

ExpositionParser::Entry ExpositionParser::read_open_metrics_end(Token first) {
  if (const Entry read = read_value(first, "metric", value_); read == Entry::failed) return read;
  Token next = token();
  if (next == Token::timestamp) {
    if (const Entry read = read_seconds("timestamp", timestamp_ms_); read == Entry::failed) {
      return read;
    }
    next = token();
    if (next != Token::linebreak && next != Token::comment) {
      return fail_at("expected next entry after timestamp", next);
    }
  }
  switch (next) {
    case Token::linebreak:
      return Entry::series;
    case Token::comment:
      return read_exemplar();
    case Token::eof:
      return fail_with("data does not end with # EOF");
    default:
      // What is wrong with the rest of the line is found where the next entry should start, but
      // the sample counts.
      return Entry::series;
  }
}

ExpositionParser::Entry ExpositionParser::read_exemplar() {
  exemplar_.labels.clear();
  exemplar_.timestamp_ms.reset();
  Entry read = read_labels(exemplar_.labels, true);
  if (read == Entry::failed) return read;
  read = read_value(token(), "exemplar labels", exemplar_.value);
  if (read == Entry::failed) return read;
  Token next = token();
  if (next == Token::timestamp) {
    read = read_seconds("exemplar timestamp", exemplar_.timestamp_ms);
    if (read == Entry::failed) return read;
    next = token();
    if (next != Token::linebreak) {
      return fail_at("expected next entry after exemplar timestamp", next);
    }
  }
  if (next == Token::eof) return fail_with("data does not end with # EOF");
  if (next != Token::linebreak) return fail_at("expected timestamp or comment", next);
  has_exemplar_ = true;
  return Entry::series;
}

// The end of nearly every line, without the lexer: a blank, a plain number and a newline, perhaps a
// timestamp of Prometheus text in between. False: nothing is decided.
bool ExpositionParser::read_simple_end(size_t size) {
  if (body_.empty() || body_.back() != '\n') return false;  // Then nothing below leaves the body.
  const char* p = body_.data() + position_ + size;
  if (*p != ' ') return false;
  p = read_simple_decimal(p + 1, value_);
  if (p == nullptr) return false;
  if (*p == ' ' && format_ == TextFormat::prometheus) {
    double timestamp = 0;
    p = read_simple_decimal(p + 1, timestamp);
    if (p == nullptr || timestamp < 0 || timestamp != std::floor(timestamp)) return false;
    if (p[-1] == '.') return false;
    timestamp_ms_ = static_cast<int64_t>(timestamp);
  }
  if (*p != '\n') {
    timestamp_ms_.reset();
    return false;
  }
  position_ = static_cast<size_t>(p + 1 - body_.data());
  return true;
}

ExpositionParser::Entry ExpositionParser::next_known(size_t size) {
  if (error_ || size == 0 || size >= body_.size() - position_) return Entry::unknown;
  const size_t end = position_ + size;
  if (body_[end - 1] != '}') {
    // A bare name, as long as no further letter and no label set follows.
    const size_t after = body_.find_first_not_of(" \t", end);
    if (after == end || after == std::string_view::npos || body_[after] == '{') {
      return Entry::unknown;
    }
  }
  entry_start_ = position_;
  has_exemplar_ = false;
  timestamp_ms_.reset();
  series_ = body_.substr(position_, size);
  if (read_simple_end(size)) [[likely]]
    return Entry::series;
  labels_.clear();
  name_ = {};
  position_ = end;
  state_ = State::value;
  return read_series_end(token());
}

}  // namespace alloy::wire
