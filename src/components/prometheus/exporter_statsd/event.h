// One measurement that a program sent.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace alloy::prometheus::exporter_statsd {

enum class EventType : unsigned char { counter, gauge, observer };

constexpr std::string_view event_type_name(EventType type) {
  return type == EventType::counter ? "counter" : type == EventType::gauge ? "gauge" : "observer";
}

using EventLabels = std::map<std::string, std::string>;

struct Event {
  EventType type = EventType::counter;
  std::string name;
  double value = 0;
  bool is_relative = false;  // A gauge that changes by the value.
  EventLabels labels;
};

using Events = std::vector<Event>;

// Letters, digits and underscores stay, everything else becomes an underscore; a digit in front
// gets one before it. Of several dashes in a row one is left.
std::string escape_metric_name(std::string_view name);

}  // namespace alloy::prometheus::exporter_statsd
