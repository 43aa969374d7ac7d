// XML-RPC (xmlrpc.com/spec.md).
#include "components/discovery/uyuni/xml_rpc.h"

#include <fmt/format.h>

namespace alloy::discovery::uyuni {

std::string xml_text(std::string_view text) {
  return fmt::format("<value><string>{}</string></value>", escape_xml(text));
}

std::string xml_number(int64_t number) {
  return fmt::format("<value><int>{}</int></value>", number);
}

std::string xml_numbers(const std::vector<int64_t>& numbers) {
  std::string xml = "<value><array><data>";
  for (const int64_t number : numbers) xml += xml_number(number);
  return xml + "</data></array></value>";
}

std::string xml_call(std::string_view method, std::initializer_list<std::string> parameters) {
  std::string xml = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><methodCall><methodName>{}</methodName><params>",
      method);
  for (const std::string& parameter : parameters) xml += "<param>" + parameter + "</param>";
  return xml + "</params></methodCall>";
}

Result<XmlElement> xml_result(std::string_view answer) {
  TRY(const auto root, parse_xml(answer));
  if (root.has("fault")) {
    const XmlElement& fault = root["fault"]["value"];
    return fail(fmt::format("{} (code {})", xml_scalar(xml_member(fault, "faultString")),
                            xml_scalar(xml_member(fault, "faultCode"))));
  }
  return root["params"]["param"]["value"];
}

std::string_view xml_scalar(const XmlElement& value) {
  return value.children.empty() ? value.text : value.children[0].text;
}

std::vector<const XmlElement*> xml_elements(const XmlElement& value) {
  std::vector<const XmlElement*> elements;
  for (const XmlElement& element : value["array"]["data"].children) elements.push_back(&element);
  return elements;
}

const XmlElement& xml_member(const XmlElement& value, std::string_view name) {
  static const XmlElement nothing;
  for (const XmlElement& member : value["struct"].children)
    if (member["name"].text == name) return member["value"];
  return nothing;
}

}  // namespace alloy::discovery::uyuni
