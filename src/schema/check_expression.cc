#include "schema/check_expression.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "schema/decode.h"
#include "schema/fields.h"
#include "schema/find_field.h"
#include "schema/member_access.h"
#include "values/operators.h"

namespace alloy {
namespace {

class ExpressionChecker {
 public:
  ExpressionChecker(std::string_view file, syntax::Diagnostics& found)
      : file_(file), found_(found) {}

  void check(const MemberType& type, const syntax::Expression& expression) {
    syntax::visit(expression, [&](const auto& node) { check_node(without_optional(type), node); });
  }

 private:
  void check_node(const MemberType& type, const syntax::LiteralExpression& node);
  void check_node(const MemberType& type, const syntax::ArrayExpression& node);
  void check_node(const MemberType& type, const syntax::ObjectExpression& node);
  void check_node(const MemberType& type, const syntax::UnaryExpression& node);
  void check_node(const MemberType& type, const syntax::BinaryExpression& node);
  // Whatever else there is needs evaluating.
  void check_node(const MemberType&, const syntax::Expression&) {}

  void check_structure(const Schema& schema, const syntax::ObjectExpression& node);
  void check_required(const Schema& schema, const std::vector<std::string_view>& seen,
                      const syntax::ObjectExpression& node);
  void check_element(const MemberType& type, const syntax::LiteralExpression& node);
  void check_value(const MemberType& type, const Value& value, syntax::Span span);
  void add(syntax::Span span, std::string message) {
    found_.add_error({std::string(file_), span.start, span.end}, std::move(message));
  }

  std::string_view file_;
  syntax::Diagnostics& found_;
};

// Whether the type takes the value, by decoding it into a throw-away member.
Converted<> try_decode(const MemberType& type, const Value& value) {
  switch (type.kind) {
    case MemberKind::string: {
      std::string member;
      return decode_value(type, value, &member);
    }
    case MemberKind::secret: {
      Secret member;
      return decode_value(type, value, &member);
    }
    case MemberKind::optional_secret: {
      OptionalSecret member;
      return decode_value(type, value, &member);
    }
    case MemberKind::any:
      return {};
    case MemberKind::structure: {
      std::shared_ptr<void> member = type.schema().create();
      return decode_value(type, value, member.get());
    }
    case MemberKind::list:
      return value.is_null() ? Converted<>()
                             : std::unexpected(ValueError::wrong_type(value, ValueType::array));
    case MemberKind::map:
      return value.is_null() ? Converted<>()
                             : std::unexpected(ValueError::wrong_type(value, ValueType::object));
    case MemberKind::custom:
      return type.custom->try_decode(value);
    default: {
      // All others are numbers of at most eight bytes.
      alignas(std::max_align_t) std::byte member[sizeof(int64_t)] = {};
      return decode_value(type, value, member);
    }
  }
}

void ExpressionChecker::check_value(const MemberType& type, const Value& value, syntax::Span span) {
  auto decoded = try_decode(type, value);
  if (!decoded) add(span, decoded.error().to_string());
}

void ExpressionChecker::check_node(const MemberType& type, const syntax::LiteralExpression& node) {
  auto value = literal_value(node);
  if (!value) return add(node.span(), value.error().message());
  check_value(type, *value, node.span());
}

void ExpressionChecker::check_node(const MemberType& type, const syntax::ArrayExpression& node) {
  if (type.kind == MemberKind::any) return;
  if (type.element != nullptr && type.kind != MemberKind::map) {
    for (const syntax::Expression* element : node.elements) check(*type.element, *element);
    return;
  }
  if (type.value_type != ValueType::array)
    return add(node.span(), fmt::format("expected {}, got array", name_of(type.value_type)));
  if (type.kind != MemberKind::custom) return;
  for (const syntax::Expression* element : node.elements)
    if (const auto* literal = syntax::as<syntax::LiteralExpression>(*element))
      check_element(type, *literal);
}

// An element of a list whose type decodes it as a whole.
void ExpressionChecker::check_element(const MemberType& type,
                                      const syntax::LiteralExpression& node) {
  const auto value = literal_value(node);
  if (!value) return add(node.span(), value.error().message());
  const auto decoded = type.custom->try_decode(Value::array({*value}));
  if (!decoded) add(node.span(), decoded.error().to_string());
}

void ExpressionChecker::check_node(const MemberType& type, const syntax::ObjectExpression& node) {
  switch (type.kind) {
    case MemberKind::any:
      return;
    case MemberKind::map:
      for (const auto& field : node.fields) check(*type.element, *field.value);
      return;
    case MemberKind::structure:
      return check_structure(type.schema(), node);
    default:
      break;
  }
  if (type.value_type == ValueType::object) return;
  add(node.span(), fmt::format("expected {}, got object", name_of(type.value_type)));
}

void ExpressionChecker::check_structure(const Schema& schema,
                                        const syntax::ObjectExpression& node) {
  std::vector<std::string_view> seen;
  for (const auto& field : node.fields) {
    FoundField found = find_field(schema, nullptr, field.name.name);
    if (!found) {
      add({field.name.position, field.value->end},
          fmt::format("unrecognized attribute name \"{}\"", field.name.name));
      continue;
    }
    seen.push_back(field.name.name);
    check(*found.field->type, *field.value);
  }
  check_required(schema, seen, node);
}

void ExpressionChecker::check_required(const Schema& schema,
                                       const std::vector<std::string_view>& seen,
                                       const syntax::ObjectExpression& node) {
  for (const Field& field : schema.fields) {
    if (field.kind == FieldKind::inlined) check_required(field.type->schema(), seen, node);
    if (field.kind != FieldKind::attribute || field.presence == Presence::optional) continue;
    if (std::ranges::find(seen, field.name) != seen.end()) continue;
    add(node.span(), fmt::format("missing required attribute \"{}\"", field.name));
  }
}

void ExpressionChecker::check_node(const MemberType& type, const syntax::UnaryExpression& node) {
  const auto* literal = syntax::as<syntax::LiteralExpression>(*node.value);
  if (literal == nullptr) return;
  auto operand = literal_value(*literal);
  if (!operand) return add(literal->span(), operand.error().message());
  auto value = apply_unary(node.operation, *operand);
  if (!value) return add(literal->span(), value.error().to_string());
  check_value(type, *value, literal->span());
}

void ExpressionChecker::check_node(const MemberType& type, const syntax::BinaryExpression& node) {
  const auto* left = syntax::as<syntax::LiteralExpression>(*node.left);
  const auto* right = syntax::as<syntax::LiteralExpression>(*node.right);
  if (left == nullptr || right == nullptr) return;
  auto a = literal_value(*left);
  auto b = literal_value(*right);
  if (!a || !b) return add(node.span(), (a ? b : a).error().message());
  auto value = apply_binary(*a, node.operation, *b);
  if (!value) return add(node.span(), value.error().error.to_string());
  check_value(type, *value, node.span());
}

}  // namespace

void check_expression(const MemberType& type, const syntax::Expression& expression,
                      std::string_view file, syntax::Diagnostics& found) {
  ExpressionChecker(file, found).check(type, expression);
}

}  // namespace alloy
