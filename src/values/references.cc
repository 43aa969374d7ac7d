#include "values/references.h"

#include <algorithm>

namespace alloy {
namespace {

void collect(const syntax::Expression& expression, std::vector<Reference>& found);

// The path that an access ends, if it consists of names only.
bool collect_path(const syntax::Expression& expression, Reference& reference) {
  if (const auto* identifier = syntax::as<syntax::IdentifierExpression>(expression)) {
    reference.names.push_back(identifier->identifier);
    return true;
  }
  const auto* access = syntax::as<syntax::AccessExpression>(expression);
  if (access == nullptr || !collect_path(*access->value, reference)) return false;
  reference.names.push_back(access->name);
  return true;
}

struct Collector {
  std::vector<Reference>& found;

  void operator()(const syntax::LiteralExpression&) {}
  void operator()(const syntax::IdentifierExpression& node) {
    found.push_back({{node.identifier}});
  }
  void operator()(const syntax::AccessExpression& node) {
    Reference reference;
    if (collect_path(node, reference)) {
      found.push_back(std::move(reference));
    } else {
      collect(*node.value, found);
    }
  }
  void operator()(const syntax::ArrayExpression& node) {
    for (const auto* element : node.elements) collect(*element, found);
  }
  void operator()(const syntax::ObjectExpression& node) {
    for (const auto& field : node.fields) collect(*field.value, found);
  }
  void operator()(const syntax::IndexExpression& node) {
    collect(*node.value, found);
    collect(*node.index, found);
  }
  void operator()(const syntax::CallExpression& node) {
    collect(*node.value, found);
    for (const auto* argument : node.arguments) collect(*argument, found);
  }
  void operator()(const syntax::UnaryExpression& node) { collect(*node.value, found); }
  void operator()(const syntax::BinaryExpression& node) {
    collect(*node.left, found);
    collect(*node.right, found);
  }
  void operator()(const syntax::ParenExpression& node) { collect(*node.inner, found); }
};

void collect(const syntax::Expression& expression, std::vector<Reference>& found) {
  syntax::visit(expression, Collector{found});
}

void collect(syntax::Body body, std::vector<Reference>& found) {
  for (const syntax::Statement* statement : body) {
    if (const auto* attribute = syntax::as<syntax::AttributeStatement>(*statement)) {
      collect(*attribute->value, found);
    } else if (const auto* block = syntax::as<syntax::BlockStatement>(*statement)) {
      collect(block->body, found);
    }
  }
}

}  // namespace

std::string Reference::to_string() const {
  std::string text;
  for (const syntax::Identifier& name : names) {
    if (!text.empty()) text += '.';
    text += name.name;
  }
  return text;
}

std::vector<Reference> references(const syntax::Expression& expression) {
  std::vector<Reference> found;
  collect(expression, found);
  return found;
}

std::vector<Reference> references(syntax::Body body) {
  std::vector<Reference> found;
  collect(body, found);
  return found;
}

}  // namespace alloy
