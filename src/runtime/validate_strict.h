// The part of `validate --strict` that the real program has nothing like.
//
// Errors: expressions of the standard library alone that fail, whatever a struct refuses by itself,
// texts that don't parse (regular expressions, selectors, templates), exports and standard
// functions that there are not. Warnings: components of whose exports nothing is used. What depends
// on the machine (files, environment) is never evaluated.
#pragma once

#include "runtime/validated_module.h"
#include "syntax/diagnostics.h"

namespace alloy::runtime {

// Adds to `found`, which holds what was found without being strict.
void validate_strictly(const ValidatedModule& root, const ValidateOptions& options,
                       const VariableNames& variables, syntax::Diagnostics& found);

}  // namespace alloy::runtime
