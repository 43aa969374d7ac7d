#include "schema/reference.h"

#include <fmt/format.h>

#include "base/text.h"
#include "schema/encode.h"
#include "schema/member_access.h"
#include "values/secret.h"

namespace alloy {
namespace {

// A default as the configuration would spell it; empty where there is nothing worth saying.
std::string default_text(const Value& value) {
  switch (value.type()) {
    case ValueType::boolean:
      return value.as_boolean() ? "true" : "false";
    case ValueType::number:
      return value.as_number().to_string();
    case ValueType::string:
      return quote(value.as_string());
    case ValueType::array: {
      std::string text;
      for (size_t i = 0; i < value.as_array()->size(); ++i) {
        if (i > 0) text += ", ";
        text += default_text(value.as_array()->at(i));
      }
      return fmt::format("[{}]", text);
    }
    case ValueType::object: {
      std::string text;
      for (const auto& [key, member] : value.as_object()->members()) {
        if (!text.empty()) text += ", ";
        text += fmt::format("{} = {}", quote(key), default_text(member));
      }
      return fmt::format("{{{}}}", text);
    }
    default:
      return {};
  }
}

// Text inside a cell of a table.
std::string cell(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

// A block of the schema, with the name that leads to it from the top.
struct Section {
  std::string path;
  std::string name;
  const Field* field;
  const MemberType* type;
};

class ReferenceWriter {
 public:
  explicit ReferenceWriter(std::string_view heading) : heading_(heading) {}

  std::string write(const Schema& schema) {
    write_tables(schema, "");
    for (size_t i = 0; i < pending_.size(); ++i) {
      Section section = pending_[i];
      out_ += fmt::format("\n{} `{}`\n\n{}\n\n", heading_, section.path, section.field->doc);
      const Schema& inner = section.type->schema();
      write_tables(inner, section.path);
    }
    return std::move(out_);
  }

 private:
  void write_tables(const Schema& schema, const std::string& path);
  void write_attributes(const Schema& schema, const void* defaults, bool& has_head);
  void write_label(const Schema& schema);
  void write_blocks(const Schema& schema, const std::string& path, bool& has_head);
  void write_block(const Field& field, std::string name, const MemberType& type,
                   const std::string& path, std::string_view count, bool& has_head);

  std::string heading_;
  std::string out_;
  std::vector<Section> pending_;
};

void ReferenceWriter::write_tables(const Schema& schema, const std::string& path) {
  size_t before = out_.size();
  std::shared_ptr<void> defaults = schema.create();
  write_label(schema);
  bool has_head = false;
  write_attributes(schema, defaults.get(), has_head);
  has_head = false;
  write_blocks(schema, path, has_head);
  if (out_.size() == before) out_ += "There is nothing to set.\n";
}

void ReferenceWriter::write_label(const Schema& schema) {
  for (const Field& field : schema.fields) {
    if (field.kind == FieldKind::inlined) write_label(field.type->schema());
    if (field.kind == FieldKind::label) {
      out_ += fmt::format("The label is required: {}\n\n", field.doc);
    }
  }
}

void ReferenceWriter::write_attributes(const Schema& schema, const void* defaults, bool& has_head) {
  for (const Field& field : schema.fields) {
    const void* member = field.member_of(defaults);
    if (field.kind == FieldKind::inlined) {
      write_attributes(field.type->schema(), member, has_head);
    }
    if (field.kind != FieldKind::attribute) continue;
    if (!std::exchange(has_head, true)) {
      out_ += "| Attribute | Type | Description | Default | Required |\n";
      out_ += "| --- | --- | --- | --- | --- |\n";
    }
    bool is_required = field.presence == Presence::required;
    std::string text;
    if (!is_required && !is_zero(*field.type, member)) {
      text = default_text(encode_value(*field.type, member));
    } else if (!is_required && field.type->kind == MemberKind::boolean) {
      text = "false";
    }
    if (!text.empty()) text = fmt::format("`{}`", text);
    out_ += fmt::format("| `{}` | `{}` | {} | {} | {} |\n", field.name, type_text(*field.type),
                        cell(field.doc), cell(text), is_required ? "yes" : "no");
  }
}

void ReferenceWriter::write_blocks(const Schema& schema, const std::string& path, bool& has_head) {
  for (const Field& field : schema.fields) {
    std::string name(field.name);
    switch (field.kind) {
      case FieldKind::inlined:
        write_blocks(field.type->schema(), path, has_head);
        break;
      case FieldKind::block:
        write_block(field, name, without_optional(*field.type), path,
                    field.presence == Presence::required ? "exactly one" : "at most one", has_head);
        break;
      case FieldKind::blocks:
        write_block(field, name, *field.type->element, path,
                    field.presence == Presence::required ? "at least one" : "any number", has_head);
        break;
      case FieldKind::one_of:
        for (const Field& inner : field.type->element->schema().fields) {
          write_block(inner, fmt::format("{}.{}", name, inner.name), without_optional(*inner.type),
                      path, "any number", has_head);
        }
        break;
      default:
        break;
    }
  }
}

void ReferenceWriter::write_block(const Field& field, std::string name, const MemberType& type,
                                  const std::string& path, std::string_view count, bool& has_head) {
  if (!std::exchange(has_head, true)) {
    if (out_.ends_with("|\n")) out_ += '\n';
    out_ += "| Block | Description | How many |\n| --- | --- | --- |\n";
  }
  std::string full = path.empty() ? name : fmt::format("{} > {}", path, name);
  out_ += fmt::format("| `{}` | {} | {} |\n", name, cell(field.doc), count);
  if (type.kind == MemberKind::map) return;
  // A block inside itself is described once, where it is first met.
  for (const Section& section : pending_) {
    if (section.type == &type && section.name == name && full.starts_with(section.path)) return;
  }
  pending_.push_back({std::move(full), std::move(name), &field, &type});
}

}  // namespace

std::string reference_markdown(const Schema& schema, std::string_view heading) {
  return ReferenceWriter(heading).write(schema);
}

std::string type_text(const MemberType& type) {
  switch (type.kind) {
    case MemberKind::list:
      return fmt::format("list({})", type_text(*type.element));
    case MemberKind::map:
      return fmt::format("map({})", type_text(*type.element));
    case MemberKind::optional:
      return type_text(*type.element);
    default:
      return std::string(type.name);
  }
}

}  // namespace alloy
