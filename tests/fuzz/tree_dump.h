// A tree as text without positions: equal for two texts that mean the same.
#pragma once

#include <string>

#include "base/text.h"
#include "syntax/ast.h"

namespace alloy::syntax {

class TreeDump {
 public:
  std::string dump(const File& file) && {
    if (file.expression() != nullptr) add(*file.expression());
    add(file.body());
    return std::move(out_);
  }

 private:
  void add(Body body) {
    for (const Statement* statement : body) {
      visit(*statement, [this](const auto& node) { add(node); });
    }
  }

  void add(const AttributeStatement& node) {
    word(node.name.name, "=");
    add(*node.value);
    out_ += '\n';
  }
  void add(const BlockStatement& node) {
    word(node.name, node.label);
    out_ += "{\n";
    add(node.body);
    out_ += "}\n";
  }

  void add(const Expression& expression) {
    out_ += '(';
    visit(expression, [this](const auto& node) { add(node); });
    out_ += ')';
  }
  void add(const LiteralExpression& node) { word(name_of(node.literal_kind), node.text); }
  void add(const IdentifierExpression& node) { word("name", node.identifier.name); }
  void add(const ArrayExpression& node) {
    out_ += "array ";
    for (const Expression* element : node.elements) add(*element);
  }
  void add(const ObjectExpression& node) {
    out_ += "object ";
    for (const ObjectField& field : node.fields) {
      word(field.quoted ? "quoted" : "plain", field.name.name);
      add(*field.value);
    }
  }
  void add(const AccessExpression& node) {
    add(*node.value);
    word(".", node.name.name);
  }
  void add(const IndexExpression& node) {
    out_ += "index ";
    add(*node.value);
    add(*node.index);
  }
  void add(const CallExpression& node) {
    out_ += "call ";
    add(*node.value);
    for (const Expression* argument : node.arguments) add(*argument);
  }
  void add(const UnaryExpression& node) {
    out_ += name_of(node.operation);
    add(*node.value);
  }
  void add(const BinaryExpression& node) {
    add(*node.left);
    out_ += name_of(node.operation);
    add(*node.right);
  }
  void add(const ParenExpression& node) {
    out_ += "paren ";
    add(*node.inner);
  }

  void word(std::string_view kind, std::string_view text) {
    out_ += kind;
    append_quoted(out_, text);
  }

  std::string out_;
};

}  // namespace alloy::syntax
