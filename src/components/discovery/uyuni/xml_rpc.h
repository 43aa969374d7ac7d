// Calls of methods by XML-RPC, and their results.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "components/shared/xml.h"

namespace alloy::discovery::uyuni {

// A parameter of a call, as XML.
std::string xml_text(std::string_view text);
std::string xml_number(int64_t number);
std::string xml_numbers(const std::vector<int64_t>& numbers);

// The body of a call.
std::string xml_call(std::string_view method, std::initializer_list<std::string> parameters);

// The <value> that a call resulted in; `answer` must outlive it. Faults are errors.
Result<XmlElement> xml_result(std::string_view answer);

// What is inside a <value>: text of any scalar type, the elements of an array, a struct's member.
std::string_view xml_scalar(const XmlElement& value);
std::vector<const XmlElement*> xml_elements(const XmlElement& value);
const XmlElement& xml_member(const XmlElement& value, std::string_view name);

}  // namespace alloy::discovery::uyuni
