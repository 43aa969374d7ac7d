// The positions of a source that keeps cursors: in its data directory, saved while it runs.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/executor.h"
#include "components/loki/shared/positions.h"

namespace alloy::loki {

// Makes the directory, and reads its positions.yml.
Task<Result<std::shared_ptr<PositionsFile>>> open_saved_positions(Executor& executor,
                                                                  std::string folder);

// Saves what has changed every second until asked to stop.
Task<> keep_saving(std::shared_ptr<PositionsFile> positions, Executor& executor, Clock& clock,
                   StopToken stop);
// The last time, when nothing changes any more.
Task<> save_at_last(std::shared_ptr<PositionsFile> positions, Executor& executor);

}  // namespace alloy::loki
