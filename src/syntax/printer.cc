// What stands on a line of its own, and what is aligned with what. Line breaks within arrays,
// objects and calls are the author's; everything else is decided here.
#include "syntax/printer.h"

#include <algorithm>
#include <ranges>

#include "base/text.h"
#include "syntax/parser.h"
#include "syntax/token_writer.h"

namespace alloy::syntax {

namespace {

// Comments within statements find their place in two or three rounds.
constexpr int rounds_max = 10;

template <class Node>
bool is_multi_line(const Node& node) {
  return node.start.line != node.end.line;
}

class Printer {
 public:
  Printer(const File& file, Places places) : writer_(file, places) {}
  Printer() = default;

  std::string print_file(const File& file) {
    if (file.expression() != nullptr) {
      print(*file.expression());
    } else {
      print(file.body());
    }
    return std::move(writer_).finish();
  }

  // Whether the result may differ when it is printed again: comments stand within statements, and
  // where they go is estimated (see TokenWriter); or what stood on several lines is on one now.
  bool may_be_unstable() const { return may_be_unstable_ || writer_.may_have_moved_comments(); }

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
    const uint32_t first_line = writer_.lines();
    print_assign(*node.value);
    print(*node.value);
    note_lines(node, first_line);
  }

  void print(const BlockStatement& node) {
    writer_.at(node.start);
    writer_.dotted_name(node.name);
    const uint32_t first_line = writer_.lines();
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
    note_lines(node, first_line);
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
    print_assign(*field.value);
    const uint32_t first_line = writer_.lines();
    print(*field.value);
    note_lines(*field.value, first_line);
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

  void print_assign(const Expression& value) {
    writer_.space(Space::align);
    writer_.token(TokenKind::assign);
    writer_.space(Space::blank);
    if (writer_.has_comment_before(value.start)) may_be_unstable_ = true;
  }

  // To be called behind a node of which `first_line` is the line it was started on.
  template <class Node>
  void note_lines(const Node& node, uint32_t first_line) {
    if (is_multi_line(node) != (writer_.lines() != first_line)) may_be_unstable_ = true;
  }

  void token(Position position, TokenKind kind) {
    writer_.at(position);
    writer_.token(kind);
  }

  // A raw name becomes a quoted one unless that would need escapes.
  void print_quoted_name(std::string_view name) {
    if (!name.empty() && with_quotes(name).front() == '`') {
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
  bool may_be_unstable_ = false;
};

bool has_comments_of(const File& file, const File& other) {
  const auto same_text = [](const Comment& a, const Comment& b) { return a.text == b.text; };
  return std::ranges::equal(file.comments() | std::views::join, other.comments() | std::views::join,
                            same_text);
}

FilePointer print_with_exact_places(const File& file) {
  auto printed = parse_file(file.name(), Printer(file, Places::exact).print_file(file));
  ASSERT(printed.has_value());
  return *std::move(printed);
}

// Where comments go by estimation, a line comment may end up where its line end breaks a statement.
FilePointer print_with_estimated_places(const File& file) {
  auto printed = parse_file(file.name(), Printer(file, Places::estimated).print_file(file));
  if (!printed || !has_comments_of(file, **printed)) return print_with_exact_places(file);
  return *std::move(printed);
}

// Prints again and again until nothing moves any more; null if that doesn't come to an end.
FilePointer print_until_stable(const File& file, FilePointer (*print_once)(const File&)) {
  FilePointer printed = print_once(file);
  for (int round = 0; round < rounds_max; ++round) {
    FilePointer again = print_once(*printed);
    if (again->source()->text == printed->source()->text) return printed;
    printed = std::move(again);
  }
  return nullptr;
}

// Whatever this gives, it gives again for its own result.
std::string print_stably(const File& file) {
  FilePointer printed = print_until_stable(file, print_with_estimated_places);
  if (printed == nullptr) {
    const FilePointer exact = print_until_stable(file, print_with_exact_places);
    ASSERT(exact != nullptr);
    printed = print_until_stable(*exact, print_with_estimated_places);
    if (printed == nullptr) printed = exact;
  }
  return printed->source()->text;
}

}  // namespace

std::string print(const File& file) {
  Printer printer(file, Places::estimated);
  std::string text = printer.print_file(file);
  return printer.may_be_unstable() ? print_stably(file) : text;
}

std::string print(const Expression& expression) { return Printer().print_expression(expression); }

Diagnosed<std::string> format(SourcePointer source) {
  auto file = parse_file(std::move(source));
  if (!file) return std::unexpected(std::move(file).error());
  std::string text = print(**file);
  text += '\n';
  return text;
}

}  // namespace alloy::syntax
