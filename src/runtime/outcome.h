// What evaluating a block comes to.
#pragma once

#include <expected>
#include <string>

#include "syntax/diagnostics.h"
#include "values/evaluate.h"

namespace alloy::runtime {

struct Failure {
  std::string message;              // One sentence, which the node's health shows.
  syntax::Diagnostics diagnostics;  // The places; empty: the block as a whole.
  bool may_pass = false;            // Whether trying again without a change may help.

  static Failure whole(std::string message) { return {.message = std::move(message)}; }
  // Of an expression or a block that could not be decoded; keeps the place.
  static Failure decoding(const EvaluationError& error) {
    Failure failure{.message = "decoding configuration: " + error.to_string()};
    if (error.has_place()) failure.diagnostics.add(error.diagnostic());
    return failure;
  }
};

using Outcome = std::expected<void, Failure>;

inline std::unexpected<Failure> failed(std::string message) {
  return std::unexpected(Failure::whole(std::move(message)));
}

}  // namespace alloy::runtime
