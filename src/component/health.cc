#include "component/health.h"

namespace alloy {

std::string_view name_of(HealthState state) {
  switch (state) {
    case HealthState::healthy:
      return "healthy";
    case HealthState::unknown:
      return "unknown";
    case HealthState::unhealthy:
      return "unhealthy";
    case HealthState::exited:
      return "exited";
  }
  return "unknown";
}

const Health& worse(const Health& left, const Health& right) {
  if (left.state != right.state) return left.state > right.state ? left : right;
  return right.updated > left.updated ? right : left;
}

}  // namespace alloy
