#include "convert/source_fields.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "schema/find_field.h"
#include "schema/member_access.h"
#include "values/stdlib/yaml_scalar.h"

namespace alloy::convert {
namespace {

// The fields of a tls_config, whichever program it is of. The last has no counterpart, which
// check_http_client() says.
constexpr Rename tls_names[] = {
    {"ca", "ca_pem"}, {"cert", "cert_pem"}, {"key", "key_pem"}, {"max_version", ""}};

std::string_view renamed(std::span<const Rename> renames, std::string_view name) {
  auto found = std::ranges::find(renames, name, &Rename::source);
  return found == renames.end() ? name : found->ours;
}

struct Unit {
  std::string_view name;
  Duration length;
};
// The order in which they may follow each other.
constexpr Unit prometheus_units[] = {{"y", 365 * 24h}, {"w", 7 * 24h}, {"d", 24h}, {"h", 1h},
                                     {"m", 1min},      {"s", 1s},      {"ms", 1ms}};

std::string_view go_type(const MemberType& type) {
  switch (type.kind) {
    case MemberKind::boolean:
      return "bool";
    case MemberKind::integer:
      return type.is_signed ? "int" : "uint";
    case MemberKind::floating:
      return "float64";
    case MemberKind::list:
      return "[]string";
    case MemberKind::map:
      return "map[string]string";
    default:
      return "string";
  }
}

}  // namespace

Result<Duration> parse_any_duration(std::string_view text) {
  const auto invalid = [&] {
    return fail(fmt::format("not a valid duration string: {}", quote(text)), ErrorKind::invalid);
  };
  if (text.empty()) return fail("empty duration string", ErrorKind::invalid);
  Duration total{};
  auto unit = std::begin(prometheus_units);
  for (std::string_view rest = text; !rest.empty();) {
    int64_t count = 0;
    const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
    const std::string_view tail = rest.substr(static_cast<size_t>(end - rest.data()));
    if (problem != std::errc() || count < 0) return invalid();
    if (tail.empty() && rest == "0") return total;
    const size_t letters = std::min(tail.find_first_of("0123456789"), tail.size());
    unit = std::find_if(unit, std::end(prometheus_units),
                        [&](const Unit& one) { return one.name == tail.substr(0, letters); });
    if (unit == std::end(prometheus_units)) {
      if (auto of_go = parse_duration(text)) return *of_go;
      return invalid();
    }
    if (count > Duration::max() / unit->length) return fail("duration out of range");
    total += count * unit->length;
    rest = tail.substr(letters);
    ++unit;
  }
  return total;
}

Value duration_value(Duration duration) { return Value::string(format_duration(duration)); }

void SourceReader::mistake(size_t line, std::string what) {
  mistakes_.push_back(fmt::format("line {}: {}", line, what));
}

void SourceReader::unknown_field(const YamlMember& member, std::string_view type) {
  mistake(member.line, fmt::format("field {} not found in type {}", member.key, type));
}

void SourceReader::refuse(std::string what) {
  if (refusal_.empty()) refusal_ = std::move(what);
}

Result<> SourceReader::result() const {
  if (!mistakes_.empty()) {
    return fail(fmt::format("yaml: unmarshal errors:\n  {}", fmt::join(mistakes_, "\n  ")),
                ErrorKind::invalid);
  }
  if (!refusal_.empty()) return fail(refusal_, ErrorKind::invalid);
  return {};
}

void SourceReader::wrong_type(const YamlNode& node, std::string_view type) {
  mistake(node.line, fmt::format("cannot unmarshal {} into {}", node.describe(), type));
}

std::span<const YamlNode> SourceReader::items(const YamlNode* node, std::string_view type) {
  if (node == nullptr || node->is_null()) return {};
  if (!node->is_list()) {
    wrong_type(*node, fmt::format("[]{}", type));
    return {};
  }
  return node->items;
}

void SourceReader::check_names(const YamlNode& map, std::string_view type,
                               std::span<const std::string_view> names) {
  if (!map.is_map()) {
    if (!map.is_null()) wrong_type(map, type);
    return;
  }
  for (const YamlMember& member : map.members) {
    if (std::ranges::find(names, member.key) == names.end()) unknown_field(member, type);
  }
}

Value SourceReader::text_map(const YamlNode& node) {
  if (node.is_null()) return {};
  if (!node.is_map()) {
    wrong_type(node, "map[string]string");
    return {};
  }
  std::vector<Object::Member> members;
  for (const YamlMember& member : node.members) {
    if (!member.value.is_scalar() && !member.value.is_null()) wrong_type(member.value, "string");
    members.push_back({member.key, Value::string(member.value.text)});
  }
  return Value::object(Object::sorted(std::move(members)));
}

Value SourceReader::value(const YamlNode& node, const MemberType& optional_type) {
  const MemberType& type = without_optional(optional_type);
  if (node.is_null()) return {};
  if (type.kind == MemberKind::list) {
    if (!node.is_list()) {
      wrong_type(node, go_type(type));
      return {};
    }
    std::vector<Value> elements;
    for (const YamlNode& item : node.items) elements.push_back(value(item, *type.element));
    return Value::array(std::move(elements));
  }
  if (type.kind == MemberKind::map) {
    if (!node.is_map()) {
      wrong_type(node, go_type(type));
      return {};
    }
    std::vector<Object::Member> members;
    for (const YamlMember& member : node.members)
      members.push_back({member.key, value(member.value, *type.element)});
    return Value::object(Object::sorted(std::move(members)));
  }
  if (!node.is_scalar()) {
    wrong_type(node, go_type(type));
    return {};
  }
  if (type.kind == MemberKind::duration) {
    auto duration = parse_any_duration(node.text);
    if (!duration) {
      refuse(duration.error().message());
      return {};
    }
    return duration_value(*duration);
  }
  if (type.value_type != ValueType::boolean && type.value_type != ValueType::number)
    return Value::string(node.text);
  auto scalar = stdlib::resolve_yaml_scalar(node.is_quoted ? "!" : "", node.text);
  if (!scalar || scalar->type() != type.value_type) {
    wrong_type(node, go_type(type));
    return {};
  }
  return *scalar;
}

void SourceReader::read(const YamlNode& map, const SourceMap& source, Draft& into) {
  if (map.is_null()) return;
  if (!map.is_map()) return wrong_type(map, source.type);
  for (const YamlMember& member : map.members) read_member(member, source, into);
}

void SourceReader::read_member(const YamlMember& member, const SourceMap& source, Draft& into) {
  std::string_view name = renamed(source.renames, member.key);
  if (name.empty()) return;
  FoundField found;
  if (source.schema != nullptr) {
    found = find_field(*source.schema, nullptr, name);
    const std::string_view in_tls = renamed(tls_names, name);
    if (in_tls.empty() && find_field(*source.schema, nullptr, "min_version")) return;
    if (!found) found = find_field(*source.schema, nullptr, in_tls);
  }
  if (!found) return unknown_field(member, source.type);
  const Field& field = *found.field;
  if (field.kind == FieldKind::attribute) {
    into.set(field.name, value(member.value, *field.type));
  } else {
    read_block(member.value, field, into);
  }
}

void SourceReader::read_block(const YamlNode& node, const Field& field, Draft& into) {
  if (field.kind == FieldKind::blocks) {
    for (const YamlNode& item : items(&node, field.name))
      read(item, {field.name, &field.type->element->schema()}, into.add(field.name));
    return;
  }
  const MemberType& type = without_optional(*field.type);
  if (type.kind != MemberKind::structure || node.is_null()) return;
  Draft& block = into.block(field.name);
  block.is_kept = field.type->kind == MemberKind::optional;
  read(node, {"config.plain", &type.schema()}, block);
}

}  // namespace alloy::convert
