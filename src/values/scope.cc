#include "values/scope.h"

namespace alloy {

Scope::Found Variables::resolve(std::span<const std::string_view> path) const {
  if (auto found = values_.find(path.front()); found != values_.end()) return {found->second, 1};
  return outer_ == nullptr ? Found{} : outer_->resolve(path);
}

}  // namespace alloy
