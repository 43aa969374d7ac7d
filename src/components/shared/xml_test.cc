#include "components/shared/xml.h"

#include <doctest/doctest.h>

namespace alloy {

TEST_CASE("elements, attributes, text and entities are read") {
  const std::string_view text =
      "<?xml version=\"1.0\"?><!-- c --><a:root x='1 &lt;'><b>p&amp;q</b><c/>t"
      "<![CDATA[<raw>]]><b>&#65;&#x42;</b></a:root>\n";
  const auto root = parse_xml(text);
  REQUIRE(root);
  CHECK(root->name == "root");
  CHECK(root->attribute("x") == "1 <");
  CHECK((*root)["b"].text == "p&q");
  CHECK((*root)["b"].source == "p&amp;q");
  CHECK(root->has("c"));
  CHECK_FALSE(root->has("d"));
  CHECK((*root)["d"]["e"].text.empty());
  CHECK(root->text == "t<raw>");
  CHECK(root->children[2].text == "AB");
}

TEST_CASE("what is no XML is refused") {
  for (const std::string_view text :
       {"", "<a>", "<a></b>", "<a/><b/>", "<a x=1/>", "<a>&x;</a>", "<!DOCTYPE a><a/>", "<a", "x",
        "<a>&#xffffffff;</a>", "<>", "<a x='1'", "<a><![CDATA[</a>"})
    CHECK_FALSE(parse_xml(text));
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "<a>";
  CHECK_FALSE(parse_xml(deep));
}

TEST_CASE("text is escaped for XML") { CHECK(escape_xml("a<b>&c") == "a&lt;b&gt;&amp;c"); }

}  // namespace alloy
