// What stands on a line of its own, and what is aligned with what. Line breaks within arrays,
// objects and calls are the author's; everything else is decided here.
#include "syntax/printer.h"

#include "base/text.h"
#include "syntax/parser.h"
#include "syntax/token_writer.h"

namespace alloy::syntax {

namespace {

template <class Node>
bool is_multi_line(const Node& node) {
  return node.start.line != node.end.line;
}

class Printer {
 public:
  Printer(std::span<const CommentGroup> comments, size_t expected_bytes)
      : writer_(comments, expected_bytes) {}

  std::string print_file(const File& file) && {
    if (file.expression() != nullptr) {
      print(*file.expression());
    } else {
      print(file.body());
    }
    return std::move(writer_).finish();
  }

  std::string print_expression(const Expression& expression) && {
    print(expression);
    return std::move(writer_).finish();
  }

 private:
  // Blocks are set apart by an empty line; other statements keep one that was there.
  void print(Body body) {
    const Statement* previous = nullptr;
    for (const Statement* statement : body) {
      if (previous != nullptr && (statement->kind == StatementKind::block ||
                                  statement->start.line > previous->end.line + 1)) {
        writer_.space(Space::new_run);
      }
      visit(*statement, [this](const auto& node) { print(node); });
      writer_.space(is_multi_line(*statement) ? Space::new_run : Space::new_line);
      previous = statement;
    }
  }

  void print(const AttributeStatement& node) {
    writer_.at(node.name.position);
    writer_.identifier(node.name.name);
    print_assign();
    print(*node.value);
  }

  void print(const BlockStatement& node) {
    writer_.at(node.start);
    writer_.identifier(node.name);
    writer_.space(Space::blank);
    if (!node.label.empty()) {
      writer_.at(node.label_position);
      writer_.literal(TokenKind::string, with_quotes(node.label));
      writer_.space(Space::blank);
    }
    token(node.left_curly, TokenKind::left_curly);
    writer_.space(Space::indent);
    if (node.body.empty()) {
      writer_.space(Space::blank);
    } else {
      writer_.space(Space::new_run);
      print(node.body);
    }
    writer_.space(Space::unindent);
    token(node.end, TokenKind::right_curly);
  }

  void print(const Expression& node) {
    visit(node, [this](const auto& expression) { print(expression); });
  }

  void print(const LiteralExpression& node) {
    writer_.at(node.start);
    writer_.literal(node.literal_kind, node.text);
  }

  void print(const IdentifierExpression& node) {
    writer_.at(node.start);
    writer_.identifier(node.identifier.name);
  }

  void print(const AccessExpression& node) {
    print(*node.value);
    writer_.token(TokenKind::dot);
    writer_.identifier(node.name.name);
  }

  void print(const IndexExpression& node) {
    print(*node.value);
    token(node.left_bracket, TokenKind::left_bracket);
    print(*node.index);
    token(node.end, TokenKind::right_bracket);
  }

  void print(const UnaryExpression& node) {
    token(node.start, node.operation);
    print(*node.value);
  }

  void print(const BinaryExpression& node) {
    print(*node.left);
    writer_.space(Space::blank);
    token(node.operation_position, node.operation);
    writer_.space(Space::blank);
    print(*node.right);
  }

  void print(const ParenExpression& node) {
    writer_.token(TokenKind::left_paren);
    print(*node.inner);
    writer_.token(TokenKind::right_paren);
  }

  // Elements that start a line are indented, and their columns are their own.
  void print(const ArrayExpression& node) {
    token(node.start, TokenKind::left_bracket);
    uint32_t line = node.start.line;
    for (size_t i = 0; i < node.elements.size(); ++i) {
      const Expression& element = *node.elements[i];
      const bool starts_line = element.start.line != line;
      if (starts_line) {
        // Indented first, so that a comment before the line is indented too.
        writer_.space(Space::indent);
        writer_.space(Space::new_run);
      } else if (i > 0) {
        writer_.space(Space::blank);
      }
      print(element);
      line = element.end.line;
      if (i + 1 < node.elements.size()) writer_.token(TokenKind::comma);
      if (starts_line) writer_.space(Space::unindent);
    }
    if (!node.elements.empty() && node.end.line != line) {
      writer_.token(TokenKind::comma);
      writer_.space(Space::indent);
      writer_.space(Space::new_run);
      writer_.space(Space::unindent);
    }
    token(node.end, TokenKind::right_bracket);
  }

  // Values of fields that start consecutive lines are aligned, until one of several lines.
  void print(const ObjectExpression& node) {
    token(node.start, TokenKind::left_curly);
    writer_.space(Space::indent);
    uint32_t line = node.start.line;
    for (size_t i = 0; i < node.fields.size(); ++i) {
      const ObjectField& field = node.fields[i];
      if (field.name.position.line != line) {
        const bool continues_run = i > 0 && !is_multi_line(*node.fields[i - 1].value);
        writer_.space(continues_run ? Space::new_line : Space::new_run);
      } else if (i > 0) {
        writer_.space(Space::blank);
      }
      line = field.name.position.line;
      print(field);
      if (i + 1 < node.fields.size()) writer_.token(TokenKind::comma);
    }
    if (!node.fields.empty() && node.end.line != line) {
      writer_.token(TokenKind::comma);
      writer_.space(Space::new_run);
    }
    writer_.space(Space::unindent);
    token(node.end, TokenKind::right_curly);
  }

  void print(const ObjectField& field) {
    writer_.at(field.name.position);
    if (field.quoted) {
      print_quoted_name(field.name.name);
    } else {
      writer_.identifier(field.name.name);
    }
    print_assign();
    print(*field.value);
  }

  // Arguments that start a line are indented.
  void print(const CallExpression& node) {
    print(*node.value);
    writer_.token(TokenKind::left_paren);
    uint32_t line = node.left_paren.line;
    for (size_t i = 0; i < node.arguments.size(); ++i) {
      const Expression& argument = *node.arguments[i];
      const bool starts_line = argument.start.line != line;
      if (starts_line) {
        writer_.space(Space::new_run);
        writer_.space(Space::indent);
      }
      print(argument);
      line = argument.end.line;
      if (i + 1 < node.arguments.size()) {
        writer_.token(TokenKind::comma);
        writer_.space(Space::blank);
      }
      if (starts_line) writer_.space(Space::unindent);
    }
    if (!node.arguments.empty() && node.end.line != line) {
      writer_.token(TokenKind::comma);
      writer_.space(Space::new_run);
    }
    writer_.token(TokenKind::right_paren);
  }

  void print_assign() {
    writer_.space(Space::align);
    writer_.token(TokenKind::assign);
    writer_.space(Space::blank);
  }

  void token(Position position, TokenKind kind) {
    writer_.at(position);
    writer_.token(kind);
  }

  // A raw name becomes a quoted one unless that would need escapes.
  void print_quoted_name(std::string_view name) {
    if (with_quotes(name).front() == '`') {
      const std::string quoted = quote(name);
      if (quoted.size() == name.size() + 2) return writer_.literal(TokenKind::string, quoted);
    }
    writer_.literal(TokenKind::string, with_quotes(name));
  }

  // What stands between quotes in the source, with them.
  static std::string_view with_quotes(std::string_view inside) {
    return {inside.data() - 1, inside.size() + 2};
  }

  TokenWriter writer_;
};

}  // namespace

std::string print(const File& file) {
  const size_t size = file.source()->text.size();
  return Printer(file.comments(), size + size / 4).print_file(file);
}

std::string print(const Expression& expression) {
  return Printer({}, 0).print_expression(expression);
}

Diagnosed<std::string> format(SourcePointer source) {
  auto file = parse_file(std::move(source));
  if (!file) return std::unexpected(std::move(file).error());
  std::string text = print(**file);
  text += '\n';
  return text;
}

}  // namespace alloy::syntax
