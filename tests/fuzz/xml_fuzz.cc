// Whatever a server answers, reading it as XML ends with elements or an error.
#include <cstddef>
#include <cstdint>
#include <string>

#include "components/shared/xml.h"

namespace {

using alloy::XmlElement;

void check(const XmlElement& element, std::string_view outer) {
  ASSERT(!element.name.empty());
  ASSERT(element.source.empty() ||
         (element.source.data() >= outer.data() &&
          element.source.data() + element.source.size() <= outer.data() + outer.size()));
  for (const XmlElement& child : element.children) check(child, element.source);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto root = alloy::parse_xml(text);
  if (root) {
    check(*root, text);
  } else {
    ASSERT(!root.error().message().empty());
  }
  // What was escaped is read back as it was, unless it cannot be in XML at all.
  const auto again = alloy::parse_xml("<a>" + alloy::escape_xml(text) + "</a>");
  if (again) ASSERT(again->children.empty());
  return 0;
}
