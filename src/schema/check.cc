#include "schema/check.h"

#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "base/closest_name.h"
#include "schema/check_expression.h"
#include "schema/find_field.h"

namespace alloy {
namespace {

class BlockChecker {
 public:
  BlockChecker(std::string_view file, syntax::Diagnostics& found) : file_(file), found_(found) {}

  void check(const Schema& schema, const syntax::BlockStatement& block);

 private:
  struct Seen {
    std::vector<std::string_view> attributes;
    std::map<std::string_view, size_t> blocks;  // With how often there is one.
  };

  void check_block(const Schema& schema, const Seen& seen, const syntax::BlockStatement& block);
  void check_attribute(const Schema& schema, Seen& seen,
                       const syntax::AttributeStatement& attribute);
  void check_required(const Schema& schema, const Seen& seen, const syntax::BlockStatement& block);
  void check_content(const MemberType& type, const syntax::BlockStatement& block);
  void add(syntax::Span span, std::string message) {
    found_.add_error({std::string(file_), span.start, span.end}, std::move(message));
  }
  // Reports a name that the schema doesn't have, with the one that may have been meant.
  void add_unknown(const Schema& schema, std::string_view kind, std::string_view name,
                   syntax::Span span);

  std::string_view file_;
  syntax::Diagnostics& found_;
};

void collect_names(const Schema& schema, std::vector<std::string_view>& names) {
  for (const Field& field : schema.fields) {
    if (field.kind == FieldKind::inlined) {
      collect_names(field.type->schema(), names);
    } else if (field.kind != FieldKind::label) {
      names.push_back(field.name);
    }
  }
}

void BlockChecker::add_unknown(const Schema& schema, std::string_view kind, std::string_view name,
                               syntax::Span span) {
  std::vector<std::string_view> names;
  collect_names(schema, names);
  syntax::Diagnostic unknown{.range = {std::string(file_), span.start, span.end},
                             .message = fmt::format("unrecognized {} name \"{}\"", kind, name)};
  if (std::string note = did_you_mean(name, names); !note.empty()) unknown.notes = {note};
  found_.add(std::move(unknown));
}

void BlockChecker::check(const Schema& schema, const syntax::BlockStatement& block) {
  Seen seen;
  for (const syntax::Statement* statement : block.body) {
    if (const auto* inner = syntax::as<syntax::BlockStatement>(*statement)) {
      ++seen.blocks[inner->name];
    }
  }
  for (const syntax::Statement* statement : block.body) {
    if (const auto* inner = syntax::as<syntax::BlockStatement>(*statement)) {
      check_block(schema, seen, *inner);
    } else if (const auto* attribute = syntax::as<syntax::AttributeStatement>(*statement)) {
      check_attribute(schema, seen, *attribute);
    }
  }
  check_required(schema, seen, block);
}

void BlockChecker::check_content(const MemberType& type, const syntax::BlockStatement& block) {
  const MemberType* content = &type;
  while (content->kind == MemberKind::optional) content = content->element;
  if (content->kind != MemberKind::map) return check(content->schema(), block);
  if (!block.label.empty()) {
    add(block.header_span(), fmt::format("block \"{}\" requires empty label", block.name));
  }
}

void BlockChecker::check_block(const Schema& schema, const Seen& seen,
                               const syntax::BlockStatement& block) {
  FoundField found = find_field(schema, nullptr, block.name);
  if (!found) return add_unknown(schema, "block", block.name, block.span());
  switch (found.field->kind) {
    case FieldKind::attribute:
      return add(block.span(),
                 fmt::format("\"{}\" must be an attribute, but is used as a block", block.name));
    case FieldKind::one_of:
      return check_content(*found.alternative->type, block);
    case FieldKind::blocks:
      return check_content(*found.field->type->element, block);
    default:
      break;
  }
  if (seen.blocks.at(block.name) > 1) {
    return add(block.span(), fmt::format("block \"{}\" may only be specified once", block.name));
  }
  check_content(*found.field->type, block);
}

void BlockChecker::check_attribute(const Schema& schema, Seen& seen,
                                   const syntax::AttributeStatement& attribute) {
  std::string_view name = attribute.name.name;
  FoundField found = find_field(schema, nullptr, name);
  if (!found) return add_unknown(schema, "attribute", name, attribute.span());
  if (found.field->kind != FieldKind::attribute) {
    return add(attribute.span(),
               fmt::format("\"{}\" must be a block, but is used as an attribute", name));
  }
  if (std::ranges::find(seen.attributes, name) != seen.attributes.end()) {
    return add(attribute.span(), fmt::format("attribute \"{}\" may only be provided once", name));
  }
  seen.attributes.push_back(name);
  check_expression(*found.field->type, *attribute.value, file_, found_);
}

void BlockChecker::check_required(const Schema& schema, const Seen& seen,
                                  const syntax::BlockStatement& block) {
  for (const Field& field : schema.fields) {
    if (field.kind == FieldKind::inlined) {
      check_required(field.type->schema(), seen, block);
      continue;
    }
    if (field.presence == Presence::optional || field.kind == FieldKind::label) continue;
    bool is_attribute = field.kind == FieldKind::attribute;
    bool is_there = is_attribute
                        ? (std::ranges::find(seen.attributes, field.name) != seen.attributes.end())
                        : seen.blocks.contains(field.name);
    if (is_there) continue;
    add(block.span(), fmt::format("missing required {} \"{}\"",
                                  is_attribute ? "attribute" : "block", field.name));
  }
}

}  // namespace

syntax::Diagnostics check_block(const Schema& schema, const syntax::BlockStatement& block,
                                std::string_view file) {
  syntax::Diagnostics found;
  BlockChecker(file, found).check(schema, block);
  return found;
}

}  // namespace alloy
