// Times at which routes are mute or active: in resources, and in Alertmanager's configuration.
#pragma once

#include "components/shared/json.h"
#include "values/value.h"

namespace alloy::mimir::alerts_kubernetes {

// A list of {times, weekdays, daysOfMonth, months, years}. Fails for what Alertmanager would
// refuse.
Result<Value> read_time_intervals(JsonNode list);

}  // namespace alloy::mimir::alerts_kubernetes
