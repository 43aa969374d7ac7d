// Configurations of Promtail.
#pragma once

#include "convert/convert.h"
#include "convert/source_fields.h"

namespace alloy::convert::promtail {

Conversion convert(const Input& input);

}  // namespace alloy::convert::promtail
