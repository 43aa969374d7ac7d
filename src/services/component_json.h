// Components as the web API shows them.
#pragma once

#include <span>
#include <string>

#include "base/clock.h"
#include "component/directory.h"

namespace alloy {

// Appends one component as a JSON object, with the fields in the order of the real API.
void append_component_json(std::string& out, const ComponentInfo& component);
// Appends an array of them.
void append_components_json(std::string& out, std::span<const ComponentInfo> components);

// RFC 3339 with nanoseconds in the local zone, without trailing zeros. A time that was never set is
// Go's zero time.
std::string format_local_time(WallTime time);

}  // namespace alloy
