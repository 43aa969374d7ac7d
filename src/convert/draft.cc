#include "convert/draft.h"

#include <algorithm>

#include <fmt/format.h>

namespace alloy::convert {

Draft::Entry* Draft::find(std::string_view name) {
  auto found = std::ranges::find(entries_, name, &Entry::name);
  return found == entries_.end() ? nullptr : &*found;
}

const Draft::Entry* Draft::find(std::string_view name) const {
  return const_cast<Draft*>(this)->find(name);
}

void Draft::set(std::string_view name, Value value) {
  remove(name);
  if (!value.is_null()) entries_.push_back({std::string(name), std::move(value)});
}

void Draft::set(std::string_view name, Expression expression) {
  remove(name);
  entries_.push_back({std::string(name), std::move(expression)});
}

Draft& Draft::add(std::string_view name) {
  add(name, Draft());
  return std::get<Draft>(entries_.back().content);
}

void Draft::add(std::string_view name, Draft block) {
  entries_.push_back({std::string(name), std::move(block)});
}

Draft& Draft::block(std::string_view name) {
  Entry* found = find(name);
  return found == nullptr ? add(name) : std::get<Draft>(found->content);
}

void Draft::remove(std::string_view name) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.name == name; });
}

Value Draft::value(std::string_view name) const {
  const Entry* found = find(name);
  const Value* value = found == nullptr ? nullptr : std::get_if<Value>(&found->content);
  return value == nullptr ? Value() : *value;
}

bool Draft::empty() const {
  return std::ranges::all_of(entries_, [](const Entry& entry) {
    const Draft* block = std::get_if<Draft>(&entry.content);
    return block != nullptr && !block->is_kept && block->empty();
  });
}

std::string Component::id() const {
  return arguments.label.empty() ? name : fmt::format("{}.{}", name, arguments.label);
}

const Schema* find_arguments(Catalogue catalogue, std::string_view component) {
  auto found = std::ranges::find(catalogue, component, &ComponentType::name);
  return found == catalogue.end() ? nullptr : (*found)->arguments;
}

}  // namespace alloy::convert
