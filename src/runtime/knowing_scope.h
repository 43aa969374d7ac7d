// A scope that can also say, before anything is evaluated, whether a path leads anywhere.
#pragma once

#include <span>
#include <string_view>

#include "values/scope.h"

namespace alloy::runtime {

using Path = std::span<const std::string_view>;

class KnowingScope : public Scope {
 public:
  virtual bool knows(Path path) const = 0;
};

}  // namespace alloy::runtime
