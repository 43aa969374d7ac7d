#include "values/value_error.h"

#include <fmt/format.h>

#include "base/text.h"

namespace alloy {

std::string ValueError::to_string() const {
  switch (kind) {
    case Kind::message:
      return message;
    case Kind::type:
      return fmt::format("expected {}, got {}", name_of(expected), name_of(part.type()));
    case Kind::missing_key:
      break;
  }
  return fmt::format("key {} does not exist", quote(message));
}

std::string ValueError::predicate() const {
  switch (kind) {
    case Kind::message:
      return message;
    case Kind::type:
      return fmt::format("should be {}, got {}", name_of(expected), name_of(part.type()));
    case Kind::missing_key:
      break;
  }
  return fmt::format("does not have field named {}", quote(message));
}

}  // namespace alloy
