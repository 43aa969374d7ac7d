// The components that are built into the program.
#pragma once

#include <span>

#include "component/component.h"

namespace alloy {

// Sorted by name. Generated from the folders below src/components.
std::span<const ComponentType* const> built_in_components();

}  // namespace alloy
