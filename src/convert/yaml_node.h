// A YAML document as a tree that knows its lines: the form in which other programs' configurations
// are read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace alloy::convert {

struct YamlMember;

struct YamlNode {
  enum class Kind : unsigned char { null, scalar, list, map };

  Kind kind = Kind::null;
  std::string text;        // Scalars: as it stands there, without quotes.
  bool is_quoted = false;  // Scalars: never anything else than a text.
  size_t line = 0;         // From 1.
  std::vector<YamlNode> items;
  std::vector<YamlMember> members;  // In the order of the document.

  bool is_null() const { return kind == Kind::null; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_list() const { return kind == Kind::list; }
  bool is_map() const { return kind == Kind::map; }
  // The value of the key; null if there is none.
  const YamlNode* find(std::string_view key) const;
  // The text of the scalar below the key; empty if there is none.
  std::string_view text_of(std::string_view key) const;

  // "!!str `abc`", "!!seq", "!!map": how Go's YAML library names it in errors.
  std::string describe() const;
};

struct YamlMember {
  std::string key;
  size_t line;  // Of the key.
  YamlNode value;
};

// The first document of the text; null for an empty one. Anchors and merge keys are resolved.
// Errors: "yaml: line 3: ..." for malformed texts and for keys that stand twice.
Result<YamlNode> read_yaml(const std::string& text);

}  // namespace alloy::convert
