// Imports whose content comes from a component: import.http is remote.http.
#pragma once

#include <memory>

#include "component/component.h"
#include "runtime/import_source.h"

namespace alloy::runtime {

// A source around a component that exports `content` and is told a `url`.
std::unique_ptr<ImportSource> make_component_import(Environment& environment,
                                                    const ComponentType& type);

}  // namespace alloy::runtime
