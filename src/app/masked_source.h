// A configuration's text without its secrets, for support bundles.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "schema/fields.h"
#include "syntax/source.h"

namespace alloy::app {

// What a top-level block takes; null if that is not known.
using FindSchema = std::function<const Schema*(std::string_view block_name)>;

// The text in the standard layout, with every string that may end up as a secret replaced by
// "(secret)": those written for secret arguments, and those written where it is not known for what
// (arguments of custom components, collections of foreach). A text that can't be parsed is replaced
// as a whole.
std::string mask_secrets(const syntax::SourcePointer& source, const FindSchema& find_schema);

}  // namespace alloy::app
