// Judges a configuration without running any of it: `alloy validate`.
//
// It finds what the text alone shows: unknown, repeated and missing blocks and attributes, literals
// of a wrong type, references that lead nowhere, cycles, and what the program's flags do not allow.
// Modules from elsewhere are not fetched; of them only the name is known.
//
// This is as much as the real program looks at. Strictly, it also evaluates what is known before
// anything runs, and warns of exports that nothing uses (see validate_strict.h).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/stability.h"
#include "component/component.h"
#include "runtime/config_source.h"
#include "syntax/diagnostics.h"

namespace alloy::runtime {

// A service of the program, and what its block takes (null: it has none).
struct ServiceBlock {
  std::string_view name;
  const Schema* arguments = nullptr;
};

struct ValidateOptions {
  std::span<const ComponentType* const> components;
  std::vector<ServiceBlock> services;
  Stability stability_min = Stability::generally_available;
  bool community_enabled = false;
  bool is_strict = false;
};

// Everything that is wrong; nothing if the configuration is fine.
syntax::Diagnostics validate(const ConfigSource& source, const ValidateOptions& options);

}  // namespace alloy::runtime
