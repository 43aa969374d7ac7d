// Reading the XML that some servers answer with: elements, attributes and text. No document types,
// no entities but the five that XML itself has, no namespaces (a prefix is left out of the name).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace alloy {

struct XmlElement {
  std::string name;
  std::vector<std::pair<std::string, std::string>> attributes;
  std::string text;         // What is directly inside, without that of children.
  std::string_view source;  // Everything inside as it was written; a part of the parsed text.
  std::vector<XmlElement> children;

  // The first child of that name, or an empty element.
  const XmlElement& operator[](std::string_view child) const;
  bool has(std::string_view child) const;
  std::string_view attribute(std::string_view attribute_name) const;
};

// The root element. `text` must outlive what `source` is used for.
Result<XmlElement> parse_xml(std::string_view text);

// With the characters that XML gives a meaning replaced.
std::string escape_xml(std::string_view text);

}  // namespace alloy
