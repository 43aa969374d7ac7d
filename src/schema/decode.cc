#include "schema/decode.h"

#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "schema/find_field.h"
#include "schema/member_access.h"

namespace alloy {
namespace {

std::unexpected<EvaluationError> fail_at(const Evaluation& evaluation, syntax::Span span,
                                         std::string message) {
  return std::unexpected(
      EvaluationError::at({.range = {std::string(evaluation.file), span.start, span.end},
                           .message = std::move(message)}));
}

// The statements of one body on their way into one struct.
class BodyDecoder {
 public:
  BodyDecoder(const Schema& schema, syntax::Body body, const Evaluation& evaluation, void* into)
      : schema_(schema), body_(body), evaluation_(evaluation), into_(into) {}

  Evaluated<void> run() {
    for (const syntax::Statement* statement : body_) {
      auto decoded =
          syntax::visit(*statement, [this](const auto& node) { return decode_statement(node); });
      if (!decoded) return decoded;
    }
    return check_required(schema_);
  }

 private:
  Evaluated<void> decode_statement(const syntax::AttributeStatement& attribute);
  Evaluated<void> decode_statement(const syntax::BlockStatement& block);
  Evaluated<void> decode_next(const FoundField& found, const syntax::BlockStatement& block);
  Evaluated<void> decode_single(const FoundField& found, const syntax::BlockStatement& block);
  Evaluated<void> check_required(const Schema& schema);
  // How many blocks there are for the field.
  size_t count_blocks(const Field& field) const;
  bool is_seen(const Field& field) const { return std::ranges::find(seen_, &field) != seen_.end(); }

  const Schema& schema_;
  syntax::Body body_;
  const Evaluation& evaluation_;
  void* into_;
  std::vector<const Field*> seen_;
  std::vector<std::string_view> attributes_;
  std::map<const Field*, size_t> next_;  // For lists of blocks: where the next one goes.
};

Evaluated<void> BodyDecoder::decode_statement(const syntax::AttributeStatement& attribute) {
  std::string_view name = attribute.name.name;
  if (std::ranges::find(attributes_, name) != attributes_.end()) {
    return fail_at(evaluation_, attribute.span(),
                   fmt::format("attribute \"{}\" may only be provided once", name));
  }
  attributes_.push_back(name);
  FoundField found = find_field(schema_, into_, name);
  if (!found) {
    return fail_at(evaluation_, attribute.span(),
                   fmt::format("unrecognized attribute name \"{}\"", name));
  }
  if (found.field->kind != FieldKind::attribute) {
    return fail_at(evaluation_, attribute.span(),
                   fmt::format("\"{}\" must be a block, but is used as an attribute", name));
  }
  seen_.push_back(found.field);
  auto value = evaluate(*attribute.value, evaluation_);
  if (!value) return std::unexpected(std::move(value).error());
  auto decoded = decode_value(*found.field->type, *value, found.member());
  if (!decoded) {
    return std::unexpected(locate(*attribute.value, *value, decoded.error(), evaluation_));
  }
  return {};
}

size_t BodyDecoder::count_blocks(const Field& field) const {
  return static_cast<size_t>(std::ranges::count_if(body_, [&](const syntax::Statement* statement) {
    const auto* block = syntax::as<syntax::BlockStatement>(*statement);
    return block != nullptr && find_field(schema_, into_, block->name).field == &field;
  }));
}

Evaluated<void> BodyDecoder::decode_statement(const syntax::BlockStatement& block) {
  FoundField found = find_field(schema_, into_, block.name);
  if (!found) {
    return fail_at(evaluation_, block.span(),
                   fmt::format("unrecognized block name \"{}\"", block.name));
  }
  switch (found.field->kind) {
    case FieldKind::attribute:
      return fail_at(
          evaluation_, block.span(),
          fmt::format("\"{}\" must be an attribute, but is used as a block", block.name));
    case FieldKind::block:
      return decode_single(found, block);
    default:
      return decode_next(found, block);
  }
}

// Decodes a map of whatever attributes the block has.
Evaluated<void> decode_map_block(const MemberType& type, const syntax::BlockStatement& block,
                                 const Evaluation& evaluation, void* member) {
  if (!block.label.empty()) {
    return fail_at(evaluation, block.header_span(),
                   fmt::format("block \"{}\" requires empty label", block.name));
  }
  for (const syntax::Statement* statement : block.body) {
    const auto* attribute = syntax::as<syntax::AttributeStatement>(*statement);
    if (attribute == nullptr) {
      return fail_at(evaluation, statement->span(), "nested blocks not supported here");
    }
    auto value = evaluate(*attribute->value, evaluation);
    if (!value) return std::unexpected(std::move(value).error());
    void* element = type.map->insert(member, std::string(attribute->name.name));
    auto decoded = decode_value(*type.element, *value, element);
    if (!decoded) {
      return std::unexpected(locate(*attribute->value, *value, decoded.error(), evaluation));
    }
  }
  return {};
}

// Decodes a block into a member of a struct type, an optional of one, or a map.
Evaluated<void> decode_block(const MemberType& type, const syntax::BlockStatement& block,
                             const Evaluation& evaluation, void* member) {
  switch (type.kind) {
    case MemberKind::optional:
      return decode_block(*type.element, block, evaluation, type.optional->emplace(member));
    case MemberKind::map:
      return decode_map_block(type, block, evaluation, member);
    default:
      return decode_into(type.schema(), block, evaluation, member);
  }
}

Evaluated<void> BodyDecoder::decode_single(const FoundField& found,
                                           const syntax::BlockStatement& block) {
  if (count_blocks(*found.field) > 1) {
    return fail_at(evaluation_, block.span(),
                   fmt::format("block \"{}\" may only be specified once", block.name));
  }
  seen_.push_back(found.field);
  return decode_block(*found.field->type, block, evaluation_, found.member());
}

Evaluated<void> BodyDecoder::decode_next(const FoundField& found,
                                         const syntax::BlockStatement& block) {
  const ListOperations& list = *found.field->type->list;
  auto [next, is_first] = next_.try_emplace(found.field, 0);
  if (is_first) {
    seen_.push_back(found.field);
    list.assign(found.member(), count_blocks(*found.field));
  }
  void* element = list.element(found.member(), next->second++);
  if (found.alternative == nullptr) {
    return decode_block(*found.field->type->element, block, evaluation_, element);
  }
  return decode_block(*found.alternative->type, block, evaluation_,
                      found.alternative->member(element));
}

Evaluated<void> BodyDecoder::check_required(const Schema& schema) {
  for (const Field& field : schema.fields) {
    if (field.kind == FieldKind::inlined) {
      auto checked = check_required(field.type->schema());
      if (!checked) return checked;
      continue;
    }
    if (field.presence == Presence::optional || field.kind == FieldKind::label) continue;
    if (is_seen(field)) continue;
    return std::unexpected(EvaluationError::whole(
        fmt::format("missing required {} \"{}\"",
                    field.kind == FieldKind::attribute ? "attribute" : "block", field.name)));
  }
  return {};
}

// Gives the struct the block's label, or explains that it may have none or must have one.
Evaluated<void> decode_label(const Schema& schema, const syntax::BlockStatement& block,
                             const Evaluation& evaluation, void* into) {
  FoundField label = find_label(schema, into);
  if (block.label.empty() == !label) {
    if (label) as_member<std::string>(label.member()) = block.label;
    return {};
  }
  return fail_at(evaluation, block.header_span(),
                 label
                     ? fmt::format("block \"{}\" requires non-empty label", block.name)
                     : fmt::format("block \"{}\" does not support specifying labels", block.name));
}

Evaluated<void> decode_body(const Schema& schema, syntax::Body body, const Evaluation& evaluation,
                            void* into) {
  auto decoded = BodyDecoder(schema, body, evaluation, into).run();
  if (!decoded || schema.validate == nullptr) return decoded;
  if (auto valid = schema.validate(into); !valid) {
    return std::unexpected(EvaluationError::whole(valid.error().message()));
  }
  return {};
}

}  // namespace

Evaluated<void> decode_into(const Schema& schema, syntax::Body body, const Evaluation& evaluation,
                            void* into) {
  schema.reset(into);
  return decode_body(schema, body, evaluation, into);
}

Evaluated<void> decode_into(const Schema& schema, const syntax::BlockStatement& block,
                            const Evaluation& evaluation, void* into) {
  schema.reset(into);
  auto labelled = decode_label(schema, block, evaluation, into);
  if (!labelled) return labelled;
  return decode_body(schema, block.body, evaluation, into);
}

Evaluated<std::shared_ptr<void>> decode(const Schema& schema, syntax::Body body,
                                        const Evaluation& evaluation) {
  std::shared_ptr<void> object = schema.create();
  auto decoded = decode_body(schema, body, evaluation, object.get());
  if (!decoded) return std::unexpected(std::move(decoded).error());
  return object;
}

}  // namespace alloy
