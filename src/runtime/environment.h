// What all modules of one controller share.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "runtime/controller.h"

namespace alloy::runtime {

struct Environment {
  ControllerOptions options;
  std::unordered_map<std::string_view, const ComponentType*> components;

  explicit Environment(ControllerOptions o) : options(std::move(o)) {
    for (const ComponentType* type : options.components) components.emplace(type->name, type);
  }
};

// Joins module and component ids: "mod.a" and "local.file.b".
inline std::string join_path(std::string_view module, std::string_view id) {
  if (module.empty()) return std::string(id);
  return fmt::format("{}/{}", module, id);
}

}  // namespace alloy::runtime
