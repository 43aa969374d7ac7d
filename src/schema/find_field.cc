#include "schema/find_field.h"

namespace alloy {
namespace {

// The alternative of one-of blocks that a full name means.
const Field* find_alternative(const Field& one_of, std::string_view name) {
  if (!name.starts_with(one_of.name)) return nullptr;
  name.remove_prefix(one_of.name.size());
  if (!name.starts_with('.')) return nullptr;
  name.remove_prefix(1);
  for (const Field& field : one_of.type->element->schema().fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

}  // namespace

FoundField find_field(const Schema& schema, void* object, std::string_view name) {
  for (const Field& field : schema.fields) {
    switch (field.kind) {
      case FieldKind::label:
        break;
      case FieldKind::inlined: {
        void* inner = object == nullptr ? nullptr : field.member(object);
        if (FoundField found = find_field(field.type->schema(), inner, name)) return found;
        break;
      }
      case FieldKind::one_of:
        if (const Field* alternative = find_alternative(field, name)) {
          return {&field, object, alternative};
        }
        break;
      default:
        if (field.name == name) return {&field, object};
    }
  }
  return {};
}

FoundField find_label(const Schema& schema, void* object) {
  for (const Field& field : schema.fields) {
    if (field.kind == FieldKind::label) return {&field, object};
    if (field.kind != FieldKind::inlined) continue;
    void* inner = object == nullptr ? nullptr : field.member(object);
    if (FoundField found = find_label(field.type->schema(), inner)) return found;
  }
  return {};
}

}  // namespace alloy
