// Names of family types.
#include "signals/metric_batch.h"

namespace alloy {

std::string_view name_of(FamilyType type) {
  switch (type) {
    case FamilyType::counter:
      return "counter";
    case FamilyType::gauge:
      return "gauge";
    case FamilyType::histogram:
      return "histogram";
    case FamilyType::gauge_histogram:
      return "gaugehistogram";
    case FamilyType::summary:
      return "summary";
    case FamilyType::info:
      return "info";
    case FamilyType::stateset:
      return "stateset";
    case FamilyType::unknown:
      break;
  }
  return "unknown";
}

}  // namespace alloy
