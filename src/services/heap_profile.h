// Where the process's memory was allocated: one in about 512 KiB of what operator new hands out is
// remembered with its stack, as long as it lives. Linking this file replaces operator new and
// delete of the whole program (except under sanitizers, which have their own).
#pragma once

#include <string>

namespace alloy {

// The profile in pprof's format, with the sampled sizes scaled up to what they stand for.
std::string heap_profile();

}  // namespace alloy
