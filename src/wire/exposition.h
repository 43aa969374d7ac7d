// Reads the text formats in which targets expose their metrics: Prometheus text (0.0.4, 1.0.0) and
// OpenMetrics text, with the rules and error texts of Prometheus' own parsers.
//
// The body is read in place, entry by entry, without allocating. Whoever has seen a series before
// recognises it by its bytes and skips the parsing of its labels: see rest() and next_known().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "signals/metric_batch.h"

namespace alloy::wire {

// The last one is what write_as_text() makes: OpenMetrics, but what the protobuf format does not
// ask for is not checked.
enum class TextFormat : uint8_t { prometheus, open_metrics, protobuf };

// A label as it stands in the body, escapes and all.
struct RawLabel {
  std::string_view name;
  std::string_view value;
};

struct RawExemplar {
  std::vector<RawLabel> labels;
  double value = 0;
  std::optional<int64_t> timestamp_ms;
  bool is_escaped = true;
};

// Undoes the escapes of label values and quoted names: \\ \" \n; others stay as they are. Without
// a copy where there is none.
std::string_view unescape(std::string_view raw, LabelBuilder& keeper);

class ExpositionParser {
 public:
  enum class Entry : uint8_t {
    end,
    failed,   // See error(); nothing can be read any more.
    unknown,  // Only from next_known(): this is not that series.
    series,
    type,
    help,
    unit,
    comment,
  };

  // The body must stay where it is, and end with a newline if it is Prometheus text
  // (with_last_newline).
  ExpositionParser(std::string_view body, TextFormat format);

  static void with_last_newline(std::string& body) { body += '\n'; }

  Entry next();

  // Everything that has not been read.
  std::string_view rest() const { return body_.substr(position_); }
  // Reads the next entry, whose first `size` bytes the caller knows to be a series that this kind
  // of parser has read before. Its labels are not looked at.
  Entry next_known(size_t size);

  // Of a series: its bytes in the body, which mean the same labels wherever they stand (in one
  // format, under one TYPE).
  std::string_view series() const { return series_; }
  double value() const { return value_; }
  std::optional<int64_t> timestamp_ms() const { return timestamp_ms_; }
  // The metric's name and the labels, unless it was read by next_known().
  std::string_view metric_name() const { return name_; }
  const std::vector<RawLabel>& raw_labels() const { return labels_; }

  // Null if the series has none.
  const RawExemplar* exemplar() const { return has_exemplar_ ? &exemplar_ : nullptr; }

  // Of TYPE, HELP and UNIT: the family, and the text (still escaped) or the type.
  std::string_view family() const { return name_; }
  std::string_view text() const { return text_; }
  FamilyType type() const { return type_; }

  const Error& error() const { return *error_; }

 private:
  // The tokens and states of Prometheus' lexers, which its error texts name.
  enum class Token : uint8_t {
    invalid,
    eof,
    linebreak,
    whitespace,
    help,
    type,
    unit,
    eof_word,
    text,
    comment,
    metric_name,
    quoted,
    brace_open,
    brace_close,
    label_name,
    label_value,
    equal,
    comma,
    timestamp,
    value,
  };
  enum class State : uint8_t {
    initial,
    comment,
    metadata_name,
    metadata_text,
    labels,
    label_value,
    value,
    timestamp,
    exemplar,
    exemplar_label_value,
    exemplar_timestamp,
  };
  static std::string_view name_of(Token token);

  void start_entry();
  Entry next_prometheus();
  Entry next_open_metrics();
  Entry read_metadata(Token kind);
  Entry read_type();
  Entry check_unit();
  Entry read_series(Token first);
  Entry read_series_end(Token first);
  Entry read_prometheus_end(Token first);
  Entry read_open_metrics_end(Token first);
  Entry read_labels(std::vector<RawLabel>& labels, bool is_exemplar);
  Entry read_label(std::vector<RawLabel>& labels, std::string_view name, Token token);
  Entry read_exemplar();
  Entry read_value(Token token, std::string_view after, double& value);
  Entry read_seconds(std::string_view what, std::optional<int64_t>& timestamp_ms);
  bool read_simple_end(size_t size);

  Token token();
  Token lex_prometheus();
  Token lex_open_metrics();
  Token lex_initial();
  Token lex_comment();
  Token lex_metadata_name();
  Token lex_metadata_text();
  Token lex_labels();
  Token lex_label_value();
  Token lex_exemplar_label_value();
  Token lex_prometheus_end();
  Token lex_open_metrics_end();
  Token lex_quoted(Token kind, State after);
  Token lex_name(Token kind, State after);
  Token lex_until(std::string_view ends, Token kind, State after);
  Token accept(size_t size, Token kind, State after);

  Entry fail_with(std::string message);
  Entry fail_at(std::string_view expected, Token got);
  std::string_view token_text() const {
    return body_.substr(token_start_, position_ - token_start_);
  }
  std::string_view entry_text() const {
    return body_.substr(entry_start_, position_ - entry_start_);
  }
  char at(size_t place) const { return place < body_.size() ? body_[place] : '\0'; }

  std::string_view body_;
  TextFormat format_;
  State state_;
  size_t position_ = 0;
  size_t token_start_ = 0;
  size_t entry_start_ = 0;

  std::string_view series_;
  std::string_view name_;
  bool has_name_ = false;
  std::vector<RawLabel> labels_;
  double value_ = 0;
  std::optional<int64_t> timestamp_ms_;
  bool has_exemplar_ = false;
  RawExemplar exemplar_;
  std::string_view text_;
  FamilyType type_ = FamilyType::unknown;
  std::optional<Error> error_;
};

}  // namespace alloy::wire
