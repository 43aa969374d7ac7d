// Every collector there is, and which of them run.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "components/prometheus/exporter_unix/collector.h"

namespace alloy::prometheus::exporter_unix {

struct CollectorType {
  std::string_view name;
  bool is_default = false;
  CreateCollector create = nullptr;
};

// By name.
std::span<const CollectorType> collector_types();

// Those that the arguments ask for. Names that only other systems have, or nobody, are told in the
// log: the real program takes them too.
std::vector<const CollectorType*> choose_collectors(const Arguments& arguments,
                                                    const Logger& logger);

// Whether there is a proc and a sys file system for those of the collectors that read nothing else.
Result<> check_paths(std::span<const CollectorType* const> types, const Paths& paths);

}  // namespace alloy::prometheus::exporter_unix
