// The mapping configuration: which Prometheus metric a StatsD name becomes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"
#include "base/error.h"
#include "components/prometheus/exporter_statsd/event.h"
#include "components/prometheus/exporter_statsd/quantiles.h"

namespace re2 {
class RE2;
}

namespace alloy::prometheus::exporter_statsd {

enum class ObserverKind : unsigned char { unsaid, histogram, summary };

struct Mapping {
  std::string match;
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;  // Their values may refer to parts.
  bool honor_labels = false;
  ObserverKind observer = ObserverKind::unsaid;
  std::shared_ptr<const re2::RE2> expression;  // Null: `match` is a glob.
  std::string help;
  bool is_dropped = false;
  std::optional<EventType> event_type;  // Only these.
  Duration ttl{};
  std::optional<double> scale;
  // As they hold for this mapping, defaults included.
  std::vector<double> buckets;
  WindowOptions summary;
};

struct MappingConfig {
  std::vector<Mapping> mappings;
  // For what no mapping matches.
  Mapping defaults;
  bool ignores_order = false;  // Whether exact parts of a glob go before a "*" that stands earlier.
};

// Errors read like those of the real program.
Result<MappingConfig> read_mapping_config(std::string_view yaml);

// What became of a name.
struct MappedName {
  const Mapping* mapping = nullptr;  // Null: nothing matches.
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;
};

// Finds the mapping of a name.
class Mapper {
 public:
  explicit Mapper(MappingConfig config);
  ~Mapper();
  Mapper(const Mapper&) = delete;
  Mapper& operator=(const Mapper&) = delete;

  MappedName find(std::string_view name, EventType type) const;
  const Mapping& defaults() const { return config_.defaults; }
  size_t size() const { return config_.mappings.size(); }

 private:
  struct GlobTree;

  const MappingConfig config_;
  std::unique_ptr<GlobTree> globs_;
};

}  // namespace alloy::prometheus::exporter_statsd
