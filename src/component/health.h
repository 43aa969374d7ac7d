// How a component is doing, as the API, the UI and /-/healthy show it.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace alloy {

// In rising order of severity: of several reports the worst one counts.
enum class HealthState : unsigned char { healthy, unknown, unhealthy, exited };

std::string_view name_of(HealthState state);

struct Health {
  HealthState state = HealthState::unknown;
  std::string message;
  WallTime updated{};
};

// The worse of two reports; of equally bad ones the newer.
const Health& worse(const Health& left, const Health& right);

}  // namespace alloy
