#include "convert/promtail/stages.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "schema/find_field.h"
#include "schema/member_access.h"

namespace alloy::convert::promtail {
namespace {

struct Context {
  const Schema& process;
  Diagnostics& diagnostics;
};

using Convert = void (*)(const YamlNode& config, const Context& context, Draft& stage);

struct Stage {
  std::string_view name;
  std::string_view ours = {};  // If it is called otherwise.
  Convert convert = nullptr;   // If its fields are not ours.
};

const Schema& stage_schema(const Context& context, std::string_view name) {
  const FoundField found = find_field(context.process, nullptr, fmt::format("stage.{}", name));
  return without_optional(*found.alternative->type).schema();
}

// Sets what the schema knows, and warns about what it does not.
void read_fields(const YamlNode& config, std::string_view stage, const Schema& schema,
                 const Context& context, Draft& into,
                 std::initializer_list<std::string_view> elsewhere = {}) {
  SourceReader reader;
  for (const YamlMember& member : config.members) {
    if (std::ranges::find(elsewhere, member.key) != elsewhere.end()) continue;
    const FoundField found = find_field(schema, nullptr, member.key);
    if (!found || found.field->kind != FieldKind::attribute) {
      context.diagnostics.add(
          Severity::warning,
          fmt::format("pipeline_stages.{} has no field {}, which is ignored", stage, member.key));
      continue;
    }
    into.set(found.field->name, reader.value(member.value, *found.field->type));
  }
  if (auto right = reader.result(); !right) {
    context.diagnostics.add(Severity::error, fmt::format("invalid pipeline_stages.{}: {}", stage,
                                                         right.error().message()));
  }
}

// {values = {name = source}}; a missing source is null.
void convert_map(const YamlNode& config, const Context&, Draft& stage) {
  std::vector<Object::Member> members;
  for (const YamlMember& member : config.members) {
    members.push_back(
        {member.key, member.value.is_null() ? Value() : Value::string(member.value.text)});
  }
  stage.set("values", Value::object(Object::sorted(std::move(members))));
}

void convert_list(const YamlNode& config, const Context&, Draft& stage) {
  std::vector<Value> values;
  for (const YamlNode& item : config.items) values.push_back(Value::string(item.text));
  stage.set("values", Value::array(std::move(values)));
}

void convert_logfmt(const YamlNode& config, const Context& context, Draft& stage) {
  read_fields(config, "logfmt", stage_schema(context, "logfmt"), context, stage, {"mapping"});
  std::vector<Object::Member> members;
  if (const YamlNode* mapping = config.find("mapping")) {
    for (const YamlMember& member : mapping->members)
      members.push_back({member.key, Value::string(member.value.text)});
  }
  stage.set("mapping", Value::object(Object::sorted(std::move(members))));
}

// A Go value as %v and %T print it.
std::string go_text(const YamlNode& node) {
  std::string text;
  if (node.is_scalar()) return node.text;
  if (node.is_null()) return "<nil>";
  for (const YamlMember& member : node.members)
    text += fmt::format("{}{}:{}", text.empty() ? "" : " ", member.key, go_text(member.value));
  for (const YamlNode& item : node.items)
    text += fmt::format("{}{}", text.empty() ? "" : " ", go_text(item));
  return node.is_map() ? fmt::format("map[{}]", text) : fmt::format("[{}]", text);
}

std::string_view go_type(const YamlNode& node) {
  if (node.is_map()) return "map[interface {}]interface {}";
  return node.is_list() ? "[]interface {}" : "int";
}

// The source as one text; false if it is none.
bool convert_drop_source(const YamlNode& source, const Context& context, Draft& stage) {
  const auto refuse = [&](std::string_view place, const YamlNode& what) {
    context.diagnostics.add(Severity::error,
                            fmt::format("invalid pipeline_stages.drop.source{} field type '{}': {}",
                                        place, go_type(what), go_text(what)));
    return false;
  };
  std::string text = source.text;
  if (source.is_map()) return refuse("", source);
  for (size_t i = 0; i < source.items.size(); ++i) {
    const YamlNode& item = source.items[i];
    if (!item.is_scalar()) return refuse(fmt::format("[{}]", i), item);
    text += (i == 0 ? "" : ",") + item.text;
  }
  if (!text.empty()) stage.set("source", Value::string(text));
  return true;
}

// 1KB and the like are 1024 bytes, as in everything of Loki.
void convert_size(const YamlNode& size, const Context& context, Draft& stage) {
  auto bytes = parse_byte_size(size.text);
  if (!bytes) {
    std::string upper = size.text;
    std::ranges::transform(upper, upper.begin(), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    bytes = parse_byte_size(upper);
    if (!bytes) {
      context.diagnostics.add(
          Severity::error,
          fmt::format("invalid pipeline_stages.drop.longer_than field: strconv.UnmarshalText: "
                      "parsing {}: invalid syntax",
                      quote(upper)));
      return;
    }
  }
  stage.set("longer_than", Value::string(format_byte_size(*bytes)));
}

void convert_drop(const YamlNode& config, const Context& context, Draft& stage) {
  read_fields(config, "drop", stage_schema(context, "drop"), context, stage,
              {"source", "older_than", "longer_than"});
  if (const YamlNode* source = config.find("source");
      source != nullptr && !convert_drop_source(*source, context, stage)) {
    return;
  }
  if (const YamlNode* older = config.find("older_than")) {
    auto duration = parse_duration(older->text);
    if (!duration) {
      context.diagnostics.add(Severity::error,
                              fmt::format("invalid pipeline_stages.drop.older_than field: {}",
                                          duration.error().message()));
      return;
    }
    stage.set("older_than", duration_value(*duration));
  }
  if (const YamlNode* longer = config.find("longer_than")) convert_size(*longer, context, stage);
}

void convert_match(const YamlNode& config, const Context& context, Draft& stage) {
  read_fields(config, "match", stage_schema(context, "match"), context, stage, {"stages"});
  if (const YamlNode* stages = config.find("stages"))
    convert_stages(*stages, context.process, context.diagnostics, stage);
}

// Metrics are a map by name, and each has its own block.
void convert_metrics(const YamlNode& config, const Context& context, Draft& stage) {
  std::vector<const YamlMember*> metrics;
  for (const YamlMember& metric : config.members) metrics.push_back(&metric);
  std::ranges::sort(metrics, {}, &YamlMember::key);
  const Schema& schema = stage_schema(context, "metrics");
  for (const YamlMember* metric : metrics) {
    std::string type(metric->value.text_of("type"));
    std::ranges::transform(type, type.begin(), [](char c) { return static_cast<char>(c | 0x20); });
    const std::string name = fmt::format("metric.{}", type);
    const FoundField found = find_field(schema, nullptr, name);
    if (!found) {
      context.diagnostics.add(
          Severity::error, fmt::format("failed to create metric process stage {}: unknown type {}",
                                       metric->key, quote(metric->value.text_of("type"))));
      continue;
    }
    const Schema& fields = without_optional(*found.alternative->type).schema();
    Draft& block = stage.add(name);
    block.set("name", Value::string(metric->key));
    read_fields(metric->value, "metrics", fields, context, block, {"type", "config"});
    if (const YamlNode* more = metric->value.find("config"))
      read_fields(*more, "metrics.config", fields, context, block);
  }
}

constexpr Stage stages_table[] = {
    {"json"},
    {"logfmt", {}, &convert_logfmt},
    {"regex"},
    {"replace"},
    {"metrics", {}, &convert_metrics},
    {"labels", {}, &convert_map},
    {"labeldrop", "label_drop", &convert_list},
    {"timestamp"},
    {"output"},
    {"docker"},
    {"cri"},
    {"match", {}, &convert_match},
    {"template"},
    {"tenant"},
    {"drop", {}, &convert_drop},
    {"sampling"},
    {"limit"},
    {"multiline"},
    {"pack"},
    {"labelallow", "label_keep", &convert_list},
    {"static_labels", {}, &convert_map},
    {"decolorize"},
    {"eventlogmessage"},
    {"geoip"},
    {"structured_metadata", {}, &convert_map},
};

void convert_stage(const YamlNode& node, const Context& context, Draft& into) {
  if (!node.is_map()) {
    context.diagnostics.add(
        Severity::critical,
        fmt::format("invalid input YAML config, make sure each stage of your pipeline is a YAML "
                    "object (must end with a `:`), check stage `- {}`",
                    go_text(node)));
    return;
  }
  if (node.members.size() != 1) {
    context.diagnostics.add(
        Severity::critical,
        fmt::format("each pipeline stage must contain exactly one key, got: {}", go_text(node)));
    return;
  }
  const auto& [name, line, config] = node.members.front();
  auto known = std::ranges::find(stages_table, name, &Stage::name);
  if (known == std::end(stages_table)) {
    context.diagnostics.add_unsupported(fmt::format("pipeline stage: {}", go_text(node)));
    return;
  }
  const std::string_view ours = known->ours.empty() ? known->name : known->ours;
  Draft& stage = into.add(fmt::format("stage.{}", ours));
  if (known->convert != nullptr) return known->convert(config, context, stage);
  read_fields(config, name, stage_schema(context, ours), context, stage);
}

}  // namespace

void convert_stages(const YamlNode& stages, const Schema& process, Diagnostics& diagnostics,
                    Draft& into) {
  for (const YamlNode& stage : stages.items) convert_stage(stage, {process, diagnostics}, into);
}

}  // namespace alloy::convert::promtail
