// The patterns of LogQL: "<ip> - <user> [<_>] <method>": captures between texts that are looked
// for.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace alloy {

class LinePattern {
 public:
  static Result<LinePattern> create(std::string_view pattern);

  // In their order, without those called "_".
  const std::vector<std::string>& names() const { return names_; }
  // Fills in the texts of the captures; how many were found before the text ended, or didn't go on
  // as the pattern does.
  size_t match(std::string_view text, std::span<std::string_view> captures) const;

 private:
  struct Part {
    std::string text;  // Of a literal, or the name of a capture.
    bool is_capture = false;
  };

  std::vector<Part> parts_;
  std::vector<std::string> names_;
};

}  // namespace alloy
