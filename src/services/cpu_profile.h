// Where the process spends its CPU time: stacks of whatever runs, a hundred times a CPU second.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/task.h"

namespace alloy {

// Profiles for a while (or until asked to stop) and gives the profile in pprof's format. One at a
// time: fails when one is being made.
Task<Result<std::string>> profile_cpu(Duration duration, StopToken stop);

}  // namespace alloy
