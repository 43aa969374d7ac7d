// Whether a container will still write logs, by what the API server says of its pod.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace alloy::loki {

// Reads the pod as JSON. Fails where it says nothing of the container.
Result<bool> has_container_ended(std::string_view pod_json, std::string_view container,
                                 std::string_view uid, WallTime now);

}  // namespace alloy::loki
