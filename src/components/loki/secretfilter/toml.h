// Reads as much TOML (toml.io) as rule files have: tables, arrays of tables, texts, numbers,
// booleans and arrays. Dates and inline tables are refused.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"

namespace alloy::loki::secretfilter {

class TomlValue;
using TomlTable = std::map<std::string, TomlValue, std::less<>>;
using TomlArray = std::vector<TomlValue>;

class TomlValue {
 public:
  std::variant<bool, double, std::string, std::shared_ptr<TomlArray>, std::shared_ptr<TomlTable>>
      content;

  // Null if it is something else.
  const std::string* text() const { return std::get_if<std::string>(&content); }
  const double* number() const { return std::get_if<double>(&content); }
  const bool* boolean() const { return std::get_if<bool>(&content); }
  const TomlArray* array() const {
    const auto* found = std::get_if<std::shared_ptr<TomlArray>>(&content);
    return found == nullptr ? nullptr : found->get();
  }
  const TomlTable* table() const {
    const auto* found = std::get_if<std::shared_ptr<TomlTable>>(&content);
    return found == nullptr ? nullptr : found->get();
  }
};

// "line 3: a text that doesn't end"
Result<TomlTable> parse_toml(std::string_view text);

}  // namespace alloy::loki::secretfilter
