// Encodings of text files: where their lines end, and how a line becomes UTF-8.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace alloy::loki::source_file {

class TextEncoding {
 public:
  // By a name of IANA's registry ("UTF-16LE", "windows-1252"); an empty one is UTF-8 as it comes.
  static Result<TextEncoding> find(const std::string& name);

  TextEncoding();
  TextEncoding(TextEncoding&&) noexcept;
  TextEncoding& operator=(TextEncoding&&) noexcept;
  ~TextEncoding();

  // Whether lines are passed on byte for byte.
  bool is_verbatim() const { return converter_ == nullptr; }
  std::string_view newline() const { return newline_; }
  // Where the first line ends, counted without its newline; npos if it doesn't. `text` begins at
  // the start of a character.
  size_t find_newline(std::string_view text) const;
  // Where the last newline ends; 0 if there is none.
  size_t end_of_last_line(std::string_view text) const;
  // The line as UTF-8, without a carriage return at its end; what is no text becomes U+FFFD.
  void append_decoded(std::string& out, std::string_view line);
  std::string_view without_carriage_return(std::string_view line) const;

 private:
  struct Converter;
  std::unique_ptr<Converter> converter_;
  std::string newline_ = "\n";
  std::string carriage_return_ = "\r";
};

// What a byte order mark at the beginning of a file says: its length, and the name of the encoding
// if it decides on one (or "UTF-8").
struct ByteOrderMark {
  size_t size = 0;
  std::string encoding;
};
ByteOrderMark find_byte_order_mark(std::string_view beginning);

}  // namespace alloy::loki::source_file
