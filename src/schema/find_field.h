// Finding the field that a statement means.
#pragma once

#include <string_view>

#include "schema/fields.h"

namespace alloy {

// A field and the struct it belongs to: inlined fields belong to a member of the struct that was
// searched.
struct FoundField {
  const Field* field = nullptr;
  void* owner = nullptr;
  // For one-of blocks: the alternative, a field of the elements.
  const Field* alternative = nullptr;

  explicit operator bool() const { return field != nullptr; }
  void* member() const { return field->member(owner); }
};

// The attribute or block of the name, in the struct and everything inlined into it. One-of blocks
// are found by their full name ("stage.json"). `object` may be null where only the description
// matters.
FoundField find_field(const Schema& schema, void* object, std::string_view name);

// The field for the label; none if the block takes no label.
FoundField find_label(const Schema& schema, void* object);

}  // namespace alloy
