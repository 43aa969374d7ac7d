#include "schema/check_strictly.h"

#include <algorithm>

#include <fmt/format.h>

#include "schema/decode.h"
#include "schema/member_access.h"

namespace alloy {
namespace {

// Sees no more than the standard library.
const Variables& no_variables() {
  static const Variables none;
  return none;
}

// The expressions directly below one.
struct Children {
  using List = std::vector<const syntax::Expression*>;

  List operator()(const syntax::LiteralExpression&) { return {}; }
  List operator()(const syntax::IdentifierExpression&) { return {}; }
  List operator()(const syntax::AccessExpression& node) { return {node.value}; }
  List operator()(const syntax::ArrayExpression& node) {
    return {node.elements.begin(), node.elements.end()};
  }
  List operator()(const syntax::ObjectExpression& node) {
    List values;
    for (const auto& field : node.fields) values.push_back(field.value);
    return values;
  }
  List operator()(const syntax::IndexExpression& node) { return {node.value, node.index}; }
  List operator()(const syntax::CallExpression& node) {
    List parts = {node.value};
    parts.insert(parts.end(), node.arguments.begin(), node.arguments.end());
    return parts;
  }
  List operator()(const syntax::UnaryExpression& node) { return {node.value}; }
  List operator()(const syntax::BinaryExpression& node) { return {node.left, node.right}; }
  List operator()(const syntax::ParenExpression& node) { return {node.inner}; }
};

bool is_receiver(const MemberType& type) {
  return type.kind == MemberKind::custom && type.value_type == ValueType::capsule &&
         type.element == nullptr;
}

// False only for what is certainly wrong: much converts into something else.
bool are_compatible(const MemberType& wanted, const MemberType& given) {
  if (!is_receiver(given)) return true;
  if (is_receiver(wanted)) return wanted.name == given.name;
  return wanted.kind == MemberKind::any || wanted.kind == MemberKind::custom;
}

const syntax::AttributeStatement* find_attribute(const syntax::BlockStatement& block,
                                                 std::string_view name) {
  for (const syntax::Statement* statement : block.body) {
    const auto* attribute = syntax::as<syntax::AttributeStatement>(*statement);
    if (attribute != nullptr && attribute->name.name == name) return attribute;
  }
  return nullptr;
}

}  // namespace

bool StrictChecker::is_known(const syntax::Expression& expression) const {
  return std::ranges::all_of(references(expression), is_known_);
}

bool StrictChecker::has_mistake_in(syntax::Span span) const {
  return std::ranges::any_of(found_, [&](const syntax::Diagnostic& known) {
    const uint32_t place = known.range.start.offset;
    return known.severity == syntax::Severity::error && known.range.file == file_ &&
           place >= span.start.offset && place <= span.end.offset;
  });
}

void StrictChecker::add(syntax::Span span, const EvaluationError& error) {
  syntax::Diagnostic diagnostic = error.diagnostic();
  // Mistakes about a block as a whole have no place of their own, nor have those about a null.
  if (!diagnostic.range.start.valid()) {
    diagnostic.range = {std::string(file_), span.start, span.end};
  }
  found_.add(std::move(diagnostic));
}

// The largest parts that are known are evaluated: nothing else can be said about the others.
bool StrictChecker::check_parts(const syntax::Expression& expression) {
  if (is_known(expression)) {
    if (has_mistake_in(expression.span())) return false;
    const auto value = evaluate(expression, {.scope = no_variables(), .file = file_});
    if (!value) add(expression.span(), value.error());
    return value.has_value();
  }
  for (const auto* part : syntax::visit(expression, Children{})) check_parts(*part);
  return false;
}

void StrictChecker::check_types(const MemberType& type, const syntax::Expression& expression) {
  const MemberType& wanted = without_optional(type);
  if (const auto* array = syntax::as<syntax::ArrayExpression>(expression)) {
    if (wanted.kind != MemberKind::list) return;
    for (const auto* element : array->elements) check_types(*wanted.element, *element);
    return;
  }
  if (expression.kind != syntax::ExpressionKind::access) return;
  const auto found = references(expression);
  // Else it is not a path of names alone.
  if (found.size() != 1 || found[0].span() != expression.span()) return;
  const MemberType* given = type_of_(found[0]);
  if (given == nullptr || are_compatible(wanted, without_optional(*given))) return;
  const auto name = [](const MemberType& t) {
    return t.value_type == ValueType::capsule ? t.name : name_of(t.value_type);
  };
  const syntax::Span span = expression.span();
  found_.add_error(
      {std::string(file_), span.start, span.end},
      fmt::format("expected {}, got {}", name(wanted), name(without_optional(*given))));
}

bool StrictChecker::check_attribute(const FoundField& found,
                                    const syntax::AttributeStatement& attribute) {
  if (has_mistake_in(attribute.span())) return false;
  if (!check_parts(*attribute.value)) {
    check_types(*found.field->type, *attribute.value);
    return false;
  }
  const Evaluation evaluation{.scope = no_variables(), .file = file_};
  const auto value = evaluate(*attribute.value, evaluation);
  const auto decoded = decode_value(*found.field->type, *value, found.member());
  if (decoded) return true;
  add(attribute.value->span(), locate(*attribute.value, *value, decoded.error(), evaluation));
  return false;
}

bool StrictChecker::check_map(const syntax::BlockStatement& block) {
  bool is_right = true;
  for (const syntax::Statement* statement : block.body) {
    const auto* attribute = syntax::as<syntax::AttributeStatement>(*statement);
    const bool is_checked = attribute != nullptr && !has_mistake_in(attribute->span());
    is_right = is_checked && check_parts(*attribute->value) && is_right;
  }
  return is_right;
}

// A block within another one.
bool StrictChecker::check_block(const Schema& outer, const syntax::BlockStatement& block) {
  const FoundField found = find_field(outer, nullptr, block.name);
  if (!found || found.field->kind == FieldKind::attribute) return false;
  const MemberType* type = found.alternative != nullptr             ? found.alternative->type
                           : found.field->kind == FieldKind::blocks ? found.field->type->element
                                                                    : found.field->type;
  while (type->kind == MemberKind::optional) type = type->element;
  if (type->kind == MemberKind::map) return check_map(block);
  const Schema& schema = type->schema();
  const std::shared_ptr<void> object = schema.create();
  if (!check_content(schema, block, object.get()) || has_mistake_in(block.span())) return false;
  const Evaluation evaluation{.scope = no_variables(), .file = file_};
  const auto decoded = decode_into(schema, block, evaluation, object.get());
  if (!decoded) add(block.header_span(), decoded.error());
  return decoded.has_value();
}

bool StrictChecker::check_content(const Schema& schema, const syntax::BlockStatement& block,
                                  void* object) {
  bool attributes_are_right = true;
  bool blocks_are_right = true;
  for (const syntax::Statement* statement : block.body) {
    if (const auto* inner = syntax::as<syntax::BlockStatement>(*statement)) {
      blocks_are_right = check_block(schema, *inner) && blocks_are_right;
      continue;
    }
    const auto& attribute = static_cast<const syntax::AttributeStatement&>(*statement);
    const FoundField found = find_field(schema, object, attribute.name.name);
    const bool is_right =
        found && found.field->kind == FieldKind::attribute && check_attribute(found, attribute);
    attributes_are_right = is_right && attributes_are_right;
  }
  if (attributes_are_right) ask_strictly(schema, block, object);
  return attributes_are_right && blocks_are_right;
}

void StrictChecker::ask_strictly(const Schema& schema, const syntax::BlockStatement& block,
                                 const void* object) {
  for (const Field& field : schema.fields) {
    if (field.kind == FieldKind::inlined) {
      ask_strictly(field.type->schema(), block, field.member_of(object));
    }
  }
  if (schema.check_strictly == nullptr) return;
  for (FieldMistake& mistake : schema.check_strictly(object)) {
    const auto* attribute = find_attribute(block, mistake.field);
    const syntax::Span span = attribute != nullptr ? attribute->value->span() : block.header_span();
    found_.add_error({std::string(file_), span.start, span.end}, std::move(mistake.message));
  }
}

void StrictChecker::check(const Schema& schema, const syntax::BlockStatement& block) {
  const std::shared_ptr<void> object = schema.create();
  if (!check_content(schema, block, object.get()) || has_mistake_in(block.span())) return;
  const Evaluation evaluation{.scope = no_variables(), .file = file_};
  const auto decoded = decode_into(schema, block.body, evaluation, object.get());
  if (!decoded) add(block.header_span(), decoded.error());
}

}  // namespace alloy
