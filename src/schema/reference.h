// Reference documentation from schemas.
#pragma once

#include <string>
#include <string_view>

#include "schema/fields.h"

namespace alloy {

// Markdown: a table of the attributes and a table of the blocks, then the same for every block.
// `heading` is the depth of the headings of blocks: "##" or more.
std::string reference_markdown(const Schema& schema, std::string_view heading = "##");

// How the documentation writes the type: "list(string)", "map(secret)", "duration".
std::string type_text(const MemberType& type);

}  // namespace alloy
