// Cuts a stream into messages (RFC 6587): each behind its length, or each on a line of its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace alloy::loki::source_syslog {

class Splitter {
 public:
  struct Options {
    // Lines may begin in any way, and each may say its length or not.
    bool is_raw = false;
    char delimiter = '\n';
    size_t length_max = 8192;  // Of a message that says its length.
  };

  explicit Splitter(Options options) : options_(options) {}

  void add(std::string_view bytes);
  // Nothing more will come: what is left is a message.
  void finish() { is_finished_ = true; }
  // The next message, valid until the next call of add(); none: wait for more bytes.
  std::optional<std::string_view> next();
  // Why the stream can't be read any further; empty: it can.
  const std::string& error() const { return error_; }

 private:
  enum class Framing : unsigned char { unknown, lines, counted };

  std::string_view rest() const { return std::string_view(buffer_).substr(begin_); }
  Framing framing();
  std::optional<std::string_view> next_counted();
  std::optional<std::string_view> next_line();
  size_t line_end(std::string_view text) const;

  // A line that is longer is cut.
  static constexpr size_t line_bytes_max = 1 << 20;

  const Options options_;
  std::string buffer_;
  size_t begin_ = 0;
  Framing framing_ = Framing::unknown;  // Of the stream, once its first byte is known.
  bool is_finished_ = false;
  std::string error_;
};

}  // namespace alloy::loki::source_syslog
