// Drafts as text.
#include <fmt/format.h>

#include "base/text.h"
#include "convert/draft.h"
#include "schema/decode.h"
#include "schema/encode.h"
#include "schema/find_field.h"
#include "schema/member_access.h"
#include "syntax/literal.h"
#include "syntax/printer.h"
#include "values/secret.h"

namespace alloy::convert {
namespace {

void append_value(std::string& out, const Value& value);

void append_array(std::string& out, const Array& array) {
  out += '[';
  for (size_t i = 0; i < array.size(); ++i) {
    if (i > 0) out += ", ";
    append_value(out, array.at(i));
  }
  out += ']';
}

void append_object(std::string& out, const Object& object) {
  if (object.size() == 0) {
    out += "{}";
    return;
  }
  out += "{\n";
  for (const auto& [key, value] : object.members()) {
    out += syntax::is_identifier(key) ? key : quote(key);
    out += " = ";
    append_value(out, value);
    out += ",\n";
  }
  out += '}';
}

void append_value(std::string& out, const Value& value) {
  if (const SecretText* secret = value.secret()) {
    out += quote(secret->text());
  } else if (value.is_string()) {
    out += quote(value.as_string());
  } else if (value.is_boolean()) {
    out += value.as_boolean() ? "true" : "false";
  } else if (value.is_number()) {
    out += value.as_number().to_string();
  } else if (value.is_array()) {
    append_array(out, *value.as_array());
  } else if (ObjectPointer object = value.to_object()) {
    append_object(out, *object);
  } else {
    out += "null";
  }
}

// Writes statements in the order of a schema.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  Result<> block(std::string_view name, const Schema& schema, const Draft& draft) {
    if (!is_first_) out_ += '\n';
    out_ += name;
    if (!draft.label.empty()) out_ += " " + quote(draft.label);
    out_ += " {";
    Writer body(out_);
    const std::shared_ptr<void> standard = schema.create();
    TRY(body.statements(schema, standard.get(), draft));
    if (body.is_first_) out_ += ' ';
    out_ += "}\n";
    is_first_ = false;
    return {};
  }

 private:
  Result<> statements(const Schema& schema, void* standard, const Draft& draft) {
    for (const Field& field : schema.fields) {
      if (field.kind == FieldKind::label) continue;
      if (field.kind == FieldKind::inlined) {
        TRY(statements(field.type->schema(), field.member(standard), draft));
      } else {
        TRY(statement(field, field.member(standard), draft));
      }
    }
    return {};
  }

  Result<> statement(const Field& field, void* standard, const Draft& draft) {
    for (const Draft::Entry& entry : draft.entries()) {
      if (field.kind == FieldKind::one_of) {
        TRY(alternative(field, entry));
        continue;
      }
      if (entry.name != field.name) continue;
      if (const auto* expression = std::get_if<Expression>(&entry.content)) {
        attribute(field.name, expression->text);
      } else if (const auto* value = std::get_if<Value>(&entry.content)) {
        TRY(attribute(field, *value, standard));
      } else {
        TRY(inner_block(field, std::get<Draft>(entry.content)));
      }
    }
    return {};
  }

  Result<> alternative(const Field& field, const Draft::Entry& entry) {
    const size_t prefix = field.name.size();
    if (!entry.name.starts_with(field.name) || entry.name.size() <= prefix ||
        entry.name[prefix] != '.') {
      return {};
    }
    FoundField found =
        find_field(field.type->element->schema(), nullptr, entry.name.substr(prefix + 1));
    if (!found) return fail(fmt::format("there is no block {}", entry.name));
    return inner(entry.name, without_optional(*found.field->type), std::get<Draft>(entry.content));
  }

  Result<> inner_block(const Field& field, const Draft& draft) {
    if (!draft.is_kept && draft.empty()) return {};
    const MemberType& type =
        field.kind == FieldKind::blocks ? *field.type->element : without_optional(*field.type);
    return inner(field.name, type, draft);
  }

  // Blocks that are maps have attributes of any name.
  Result<> inner(std::string_view name, const MemberType& type, const Draft& draft) {
    if (type.kind == MemberKind::structure) {
      if (is_first_) out_ += '\n';
      return block(name, type.schema(), draft);
    }
    out_ += fmt::format("\n{} {{\n", name);
    for (const Draft::Entry& entry : draft.entries()) {
      if (const auto* value = std::get_if<Value>(&entry.content)) {
        out_ += entry.name + " = ";
        append_value(out_, *value);
        out_ += '\n';
      }
    }
    out_ += "}\n";
    is_first_ = false;
    return {};
  }

  // Lists and maps that were set are written even if they are empty.
  Result<> attribute(const Field& field, const Value& value, void* standard) {
    const MemberType& type = *field.type;
    const Value before = encode_value(type, standard);
    const bool was_zero = is_zero(type, standard);
    auto decoded = decode_value(type, value, standard);
    if (!decoded) return fail(fmt::format("{}: {}", field.name, decoded.error().to_string()));
    const Value after = encode_value(type, standard);
    const bool is_collection = after.is_array() || after.is_object();
    if (field.presence == Presence::optional && !is_collection &&
        ((was_zero && is_zero(type, standard)) || same(before, after))) {
      return {};
    }
    std::string text;
    append_value(text, after);
    attribute(field.name, text);
    return {};
  }

  static bool same(const Value& left, const Value& right) {
    const SecretText* left_secret = left.secret();
    const SecretText* right_secret = right.secret();
    if (left_secret != nullptr && right_secret != nullptr)
      return left_secret->text() == right_secret->text();
    return equal(left, right);
  }

  void attribute(std::string_view name, std::string_view text) {
    if (is_first_) out_ += '\n';
    out_ += fmt::format("{} = {}\n", name, text);
    is_first_ = false;
  }

  std::string& out_;
  bool is_first_ = true;
};

}  // namespace

Result<std::string> write(const std::vector<Component>& components, Catalogue catalogue) {
  std::string text;
  Writer writer(text);
  for (const Component& component : components) {
    const Schema* schema = find_arguments(catalogue, component.name);
    if (schema == nullptr)
      return fail(
          fmt::format("{}: this program has no component {}", component.id(), component.name));
    auto written = writer.block(component.name, *schema, component.arguments);
    if (!written) return fail(fmt::format("{}: {}", component.id(), written.error().message()));
  }
  if (text.empty()) return text;
  auto formatted = syntax::format(syntax::make_source("", text));
  if (!formatted) return fail(formatted.error()[0].message);
  return *formatted;
}

Result<> check(const Schema& schema, const Draft& draft) {
  const std::shared_ptr<void> object = schema.create();
  for (const Draft::Entry& entry : draft.entries()) {
    const auto* value = std::get_if<Value>(&entry.content);
    FoundField found = find_field(schema, object.get(), entry.name);
    if (value == nullptr || !found) continue;
    auto decoded = decode_value(*found.field->type, *value, found.member());
    if (!decoded) return fail(decoded.error().to_string(), ErrorKind::invalid);
  }
  return schema.validate == nullptr ? Result<>() : schema.validate(object.get());
}

}  // namespace alloy::convert
