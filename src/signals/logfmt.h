// Reads lines of logfmt: key=value key="quoted \"value\"" key.
#pragma once

#include <optional>
#include <string_view>

#include "signals/scratch.h"

namespace alloy {

class LogfmtReader {
 public:
  // Unquoted values are written into the scratch memory.
  LogfmtReader(std::string_view text, Scratch& scratch)
      : next_(text.data()), end_(text.data() + text.size()), scratch_(scratch) {}

  struct Pair {
    std::string_view key;
    std::string_view value;  // Empty if there is none.
  };
  // The next pair; none at the end, or at something malformed.
  bool next(Pair& pair);
  bool failed() const { return failed_; }

 private:
  bool fail() {
    failed_ = true;
    return false;
  }
  bool quoted(std::string_view& value);

  const char* next_;
  const char* end_;
  Scratch& scratch_;
  bool failed_ = false;
};

}  // namespace alloy
