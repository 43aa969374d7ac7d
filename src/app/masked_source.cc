#include "app/masked_source.h"

#include <algorithm>
#include <vector>

#include "syntax/parser.h"
#include "syntax/printer.h"

namespace alloy::app {
namespace {

using syntax::BlockStatement;
using syntax::Expression;
using syntax::Span;

// Finds the string literals of an expression.
struct StringFinder {
  std::vector<Span>& found;

  void walk(const Expression& expression) { syntax::visit(expression, *this); }

  void operator()(const syntax::LiteralExpression& literal) {
    if (literal.literal_kind == syntax::TokenKind::string) found.push_back(literal.span());
  }
  void operator()(const syntax::ArrayExpression& array) {
    for (const auto* element : array.elements) walk(*element);
  }
  void operator()(const syntax::ObjectExpression& object) {
    for (const auto& field : object.fields) walk(*field.value);
  }
  void operator()(const syntax::IdentifierExpression&) {}
  void operator()(const syntax::AccessExpression& access) { walk(*access.value); }
  void operator()(const syntax::IndexExpression& index) {
    walk(*index.value);
    walk(*index.index);
  }
  void operator()(const syntax::CallExpression& call) {
    for (const auto* argument : call.arguments) walk(*argument);
  }
  void operator()(const syntax::UnaryExpression& unary) { walk(*unary.value); }
  void operator()(const syntax::BinaryExpression& binary) {
    walk(*binary.left);
    walk(*binary.right);
  }
  void operator()(const syntax::ParenExpression& paren) { walk(*paren.inner); }
};

bool may_be_secret(const MemberType& type) {
  switch (type.kind) {
    case MemberKind::secret:
    case MemberKind::optional_secret:
    case MemberKind::any:
      return true;
    case MemberKind::list:
    case MemberKind::map:
    case MemberKind::optional:
      return may_be_secret(*type.element);
    case MemberKind::structure:
      return std::ranges::any_of(type.schema().fields,
                                 [](const Field& field) { return may_be_secret(*field.type); });
    default:
      return false;
  }
}

// The struct that blocks of this type are.
const Schema* block_schema(const MemberType& type) {
  const MemberType* inner = &type;
  while (inner->kind == MemberKind::list || inner->kind == MemberKind::optional)
    inner = inner->element;
  return inner->kind == MemberKind::structure ? &inner->schema() : nullptr;
}

const Field* find_field(std::span<const Field> fields, std::string_view name) {
  for (const Field& field : fields) {
    if (field.kind == FieldKind::inlined) {
      if (const Field* found = find_field(field.inlined_fields, name)) return found;
    } else if (field.kind == FieldKind::one_of) {
      if (!name.starts_with(field.name) || name.size() <= field.name.size()) continue;
      const Schema* choice = block_schema(*field.type);
      if (choice == nullptr) continue;
      if (const Field* found = find_field(choice->fields, name.substr(field.name.size() + 1)))
        return found;
    } else if (field.kind != FieldKind::label && field.name == name) {
      return &field;
    }
  }
  return nullptr;
}

class Masker {
 public:
  explicit Masker(const FindSchema& find_schema) : find_schema_(find_schema) {}

  void walk_top(syntax::Body body) {
    for (const auto* statement : body) {
      const auto* block = syntax::as<BlockStatement>(*statement);
      if (block == nullptr) continue;
      if (block->name == "declare" || block->name == "template") {
        walk_top(block->body);
      } else if (block->name == "foreach") {
        walk_foreach(block->body);
      } else {
        walk(block->body, find_schema_(block->name));
      }
    }
  }

  std::string apply(std::string text) {
    std::ranges::sort(found_, std::greater(), [](const Span& span) { return span.start.offset; });
    for (const Span& span : found_)
      text.replace(span.start.offset, span.end.offset + 1 - span.start.offset, "\"(secret)\"");
    return text;
  }

 private:
  void walk_foreach(syntax::Body body) {
    for (const auto* statement : body) {
      if (const auto* attribute = syntax::as<syntax::AttributeStatement>(*statement)) {
        if (attribute->name.name == "collection") mask(*attribute->value);
      } else if (const auto* block = syntax::as<BlockStatement>(*statement)) {
        walk_top(block->body);
      }
    }
  }

  void walk(syntax::Body body, const Schema* schema) {
    for (const auto* statement : body) {
      if (const auto* attribute = syntax::as<syntax::AttributeStatement>(*statement)) {
        const Field* field = schema ? find_field(schema->fields, attribute->name.name) : nullptr;
        if (field == nullptr || may_be_secret(*field->type)) mask(*attribute->value);
      } else if (const auto* block = syntax::as<BlockStatement>(*statement)) {
        const Field* field = schema ? find_field(schema->fields, block->name) : nullptr;
        walk(block->body, field ? block_schema(*field->type) : nullptr);
      }
    }
  }

  void mask(const Expression& expression) { StringFinder{found_}.walk(expression); }

  const FindSchema& find_schema_;
  std::vector<Span> found_;
};

}  // namespace

std::string mask_secrets(const syntax::SourcePointer& source, const FindSchema& find_schema) {
  const auto file = syntax::parse_file(source);
  if (!file) return "// This file can't be parsed.\n";
  Masker masker(find_schema);
  masker.walk_top((*file)->body());
  auto masked = syntax::make_source(source->name, masker.apply(source->text));
  return syntax::format(std::move(masked)).value_or("");
}

}  // namespace alloy::app
