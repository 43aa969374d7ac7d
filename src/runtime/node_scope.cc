#include "runtime/node_scope.h"

#include <algorithm>

namespace alloy::runtime {
namespace {

bool starts_with(Path path, std::span<const std::string_view> prefix) {
  return path.size() >= prefix.size() && std::ranges::equal(path.first(prefix.size()), prefix);
}

// The object that leads to `value` by the names of `path`, merged into `object`.
Value insert(const Value& object, Path path, Value value) {
  if (path.empty()) return value;
  std::vector<Object::Member> members;
  Value inner;
  if (object.is_object()) {
    for (const auto& member : object.as_object()->members()) {
      if (member.key == path.front())
        inner = member.value;
      else
        members.push_back(member);
    }
  }
  members.push_back({std::string(path.front()), insert(inner, path.subspan(1), std::move(value))});
  return Value::object(Object::sorted(std::move(members)));
}

}  // namespace

void ModuleVariables::set(std::string name, Value value) {
  values_.emplace_back(std::move(name), std::move(value));
}

Scope::Found ModuleVariables::resolve(Path path) const {
  for (const auto& [name, value] : values_)
    if (name == path.front()) return {value, 1};
  return outer_ != nullptr ? outer_->resolve(path) : Found{};
}

bool ModuleVariables::knows(Path path) const {
  for (const auto& [name, value] : values_)
    if (name == path.front()) return true;
  return outer_ != nullptr && outer_->knows(path);
}

Scope::Found NodeScope::resolve(Path path) const {
  const Node* best = nullptr;
  bool has_siblings = false;
  for (const auto& node : binding_->references) {
    if (node->path().front() != path.front()) continue;
    has_siblings = true;
    if (starts_with(path, node->path()) &&
        (best == nullptr || node->path().size() > best->path().size()))
      best = node.get();
  }
  if (best != nullptr) {
    if (auto value = best->value()) return {*std::move(value), best->path().size()};
  } else if (has_siblings) {
    // A component's namespace hides what else has its name, such as functions.
    if (Value value = siblings(path.front()); !value.is_null()) return {std::move(value), 1};
  }
  return outer_ != nullptr ? outer_->resolve(path) : Found{};
}

Value NodeScope::siblings(std::string_view first) const {
  Value object;
  for (const auto& node : binding_->references) {
    if (node->path().front() != first) continue;
    if (auto value = node->value())
      object = insert(object, Path(node->path()).subspan(1), *std::move(value));
  }
  return object;
}

bool NodeScope::knows(Path path) const {
  for (const auto& node : binding_->references)
    if (starts_with(path, node->path())) return true;
  return outer_ != nullptr && outer_->knows(path);
}

}  // namespace alloy::runtime
