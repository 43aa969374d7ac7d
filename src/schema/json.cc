#include "schema/json.h"

#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "schema/encode.h"
#include "schema/find_field.h"
#include "schema/member_access.h"
#include "values/capsule.h"

namespace alloy {
namespace {

// Whether members of the type can equal their default at all. Lists and maps can't: the real
// program shows them as soon as there is a default or an element.
bool is_comparable(const MemberType& type) {
  switch (type.kind) {
    case MemberKind::list:
    case MemberKind::map:
      return false;
    case MemberKind::structure:
      for (const Field& field : type.schema().fields) {
        if (!is_comparable(*field.type)) return false;
      }
      return true;
    default:
      return type.is_comparable;
  }
}

bool equals_default(const MemberType& type, const void* member, const void* standard) {
  if (is_zero(type, member) && is_zero(type, standard)) return true;
  // Optionals are shown whenever they are set.
  if (type.kind == MemberKind::optional) return false;
  return is_comparable(type) && equal_members(type, member, standard);
}

// Whether capsules are called by their own names or by their type: a name is known where the place
// for the capsule is made for its type, and lost where anything could stand.
enum class CapsuleNames : unsigned char { hidden, shown };

CapsuleNames capsule_names(const MemberType& type) {
  const MemberType* inner = &type;
  while (inner->element != nullptr && inner->kind != MemberKind::custom) inner = inner->element;
  return inner->kind == MemberKind::custom ? CapsuleNames::shown : CapsuleNames::hidden;
}

// With the characters escaped that mean something to HTML, as Go's encoder does.
void append_escaped(std::string& out, std::string_view text) {
  const size_t begin = out.size();
  append_json_string(out, text);
  if (std::string_view(out).substr(begin).find_first_of("<>&") == std::string_view::npos) return;
  const std::string plain = out.substr(begin);
  out.resize(begin);
  for (const char c : plain) {
    if (c == '<' || c == '>' || c == '&') {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
}

Result<> append_value(std::string& out, const Value& value, CapsuleNames names);

Result<> append_object(std::string& out, const Object& object, CapsuleNames names) {
  out += R"({"type":"object","value":[)";
  bool is_first = true;
  for (const auto& [key, value] : object.members()) {
    if (!std::exchange(is_first, false)) out += ',';
    out += R"({"key":)";
    append_escaped(out, key);
    out += R"(,"value":)";
    TRY(append_value(out, value, names));
    out += '}';
  }
  out += "]}";
  return {};
}

Result<> append_array(std::string& out, const Array& array, CapsuleNames names) {
  out += R"({"type":"array","value":[)";
  for (size_t i = 0; i < array.size(); ++i) {
    if (i > 0) out += ',';
    TRY(append_value(out, array.at(i), names));
  }
  out += "]}";
  return {};
}

void append_text(std::string& out, std::string_view type, std::string_view text) {
  fmt::format_to(std::back_inserter(out), R"({{"type":"{}","value":)", type);
  append_escaped(out, text);
  out += '}';
}

Result<> append_number(std::string& out, Number number) {
  double value = number.as_floating();
  if (!std::isfinite(value)) {
    return fail("json: unsupported value: " + format_decimal(value), ErrorKind::invalid);
  }
  fmt::format_to(std::back_inserter(out), R"({{"type":"number","value":{}}})",
                 format_json_number(value));
  return {};
}

Result<> append_value(std::string& out, const Value& value, CapsuleNames names) {
  switch (value.type()) {
    case ValueType::null:
      out += R"({"type":"null","value":null})";
      return {};
    case ValueType::boolean:
      out += value.as_boolean() ? R"({"type":"bool","value":true})"
                                : R"({"type":"bool","value":false})";
      return {};
    case ValueType::number:
      return append_number(out, value.as_number());
    case ValueType::string:
      append_text(out, "string", value.as_string());
      return {};
    case ValueType::array:
      return append_array(out, *value.as_array(), names);
    case ValueType::object:
      return append_object(out, *value.as_object(), names);
    case ValueType::function:
      append_text(out, "function", "function");
      return {};
    case ValueType::capsule:
      break;
  }
  if (ObjectPointer object = value.as_capsule()->to_object())
    return append_object(out, *object, names);
  bool shows_name = names == CapsuleNames::shown || value.secret() != nullptr;
  std::string display = shows_name ? value.as_capsule()->display() : std::string();
  append_text(out, "capsule", display.empty() ? value.describe() : display);
  return {};
}

// Writes statements, separated by commas, into an array.
class BodyWriter {
 public:
  explicit BodyWriter(std::string& out) : out_(out) {}

  Result<> body(const Schema& schema, const void* object) {
    std::shared_ptr<void> standard = schema.create();
    return array([&] { return statements(schema, object, standard.get()); });
  }

 private:
  template <class Content>
  Result<> array(Content content) {
    out_ += '[';
    bool was_first = std::exchange(is_first_, true);
    TRY(content());
    is_first_ = was_first;
    out_ += ']';
    return {};
  }

  void separate() {
    if (!std::exchange(is_first_, false)) out_ += ',';
  }

  Result<> statements(const Schema& schema, const void* object, const void* standard);
  Result<> statement(const Field& field, const void* member);
  Result<> attribute(std::string_view name, const Value& value, CapsuleNames names);
  Result<> block(std::string_view name, const MemberType& type, const void* member);
  Result<> map_block(std::string_view name, const MemberType& type, const void* member);
  Result<> alternatives(const Field& field, const void* member);
  void open_block(std::string_view name, std::string_view label);

  std::string& out_;
  bool is_first_ = true;
};

Result<> BodyWriter::statements(const Schema& schema, const void* object, const void* standard) {
  for (const Field& field : schema.fields) {
    const void* member = field.member_of(object);
    const void* default_member = field.member_of(standard);
    if (field.kind == FieldKind::label) continue;
    if (field.kind == FieldKind::inlined) {
      TRY(statements(field.type->schema(), member, default_member));
      continue;
    }
    if (field.presence == Presence::optional &&
        equals_default(*field.type, member, default_member)) {
      continue;
    }
    TRY(statement(field, member));
  }
  return {};
}

Result<> BodyWriter::statement(const Field& field, const void* member) {
  switch (field.kind) {
    case FieldKind::attribute:
      return attribute(field.name, encode_value(*field.type, member), capsule_names(*field.type));
    case FieldKind::block:
      return block(field.name, *field.type, member);
    case FieldKind::blocks: {
      const ListOperations& list = *field.type->list;
      for (size_t i = 0; i < list.size(member); ++i) {
        TRY(block(field.name, *field.type->element, list.element(const_cast<void*>(member), i)));
      }
      return {};
    }
    case FieldKind::one_of:
      return alternatives(field, member);
    default:
      return {};
  }
}

Result<> BodyWriter::attribute(std::string_view name, const Value& value, CapsuleNames names) {
  separate();
  out_ += R"({"name":)";
  append_json_string(out_, name);
  out_ += R"(,"type":"attr","value":)";
  TRY(append_value(out_, value, names));
  out_ += '}';
  return {};
}

void BodyWriter::open_block(std::string_view name, std::string_view label) {
  separate();
  out_ += R"({"name":)";
  append_json_string(out_, name);
  out_ += R"(,"type":"block",)";
  if (!label.empty()) {
    out_ += R"("label":)";
    append_json_string(out_, label);
    out_ += ',';
  }
  out_ += R"("body":)";
}

Result<> BodyWriter::block(std::string_view name, const MemberType& type, const void* member) {
  if (type.kind == MemberKind::optional) {
    const void* content = type.optional->get(const_cast<void*>(member));
    return content == nullptr ? Result<>() : block(name, *type.element, content);
  }
  if (type.kind == MemberKind::map) return map_block(name, type, member);
  const Schema& schema = type.schema();
  if (is_zero(schema, member)) {
    open_block(name, "");
    out_ += "[]}";
    return {};
  }
  FoundField label = find_label(schema, const_cast<void*>(member));
  open_block(name, label ? as_member<std::string>(label.member()) : std::string());
  TRY(body(schema, member));
  out_ += '}';
  return {};
}

Result<> BodyWriter::map_block(std::string_view name, const MemberType& type, const void* member) {
  open_block(name, "");
  Value value = encode_value(type, member);
  TRY(array([&]() -> Result<> {
    for (const auto& [key, element] : value.as_object()->members()) {
      TRY(attribute(key, element, capsule_names(*type.element)));
    }
    return {};
  }));
  out_ += '}';
  return {};
}

// Of each element the alternative that is set.
Result<> BodyWriter::alternatives(const Field& field, const void* member) {
  const ListOperations& list = *field.type->list;
  const Schema& schema = field.type->element->schema();
  for (size_t i = 0; i < list.size(member); ++i) {
    const void* element = list.element(const_cast<void*>(member), i);
    for (const Field& alternative : schema.fields) {
      const void* content = alternative.member_of(element);
      if (is_zero(*alternative.type, content)) continue;
      std::string name = fmt::format("{}.{}", field.name, alternative.name);
      TRY(block(name, *alternative.type, content));
      break;
    }
  }
  return {};
}

}  // namespace

Result<> append_value_json(std::string& out, const Value& value) {
  return append_value(out, value, CapsuleNames::hidden);
}

Result<> append_body_json(std::string& out, const Schema& schema, const void* object) {
  return BodyWriter(out).body(schema, object);
}

}  // namespace alloy
