#include "components/shared/rules/rule_groups.h"

#include <set>

#include "base/text.h"
#include "components/shared/prometheus_duration.h"
#include "components/shared/yaml_writer.h"
#include "values/convert.h"
#include "values/stdlib/yaml_decode.h"

namespace alloy::rules {
namespace {

const Value* find(const Value& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const Value* value = object.as_object()->find(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::string text(const Value& object, std::string_view name) {
  const Value* value = find(object, name);
  if (value == nullptr) return {};
  auto converted = to_text(*value);
  return converted ? *std::move(converted) : std::string();
}

std::map<std::string, std::string> texts(const Value& object, std::string_view name) {
  std::map<std::string, std::string> all;
  const Value* value = find(object, name);
  if (value == nullptr || !value->is_object()) return all;
  for (const auto& member : value->as_object()->members())
    all.emplace(member.key, text(*value, member.key));
  return all;
}

template <class Use>
void each(const Value& object, std::string_view name, Use use) {
  const Value* list = find(object, name);
  if (list == nullptr || !list->is_array()) return;
  for (size_t i = 0; i < list->as_array()->size(); ++i) use(list->as_array()->at(i));
}

// Spelled in the one way that rulers answer with: "1m" for "60s".
Result<std::string> duration(const Value& object, std::string_view name) {
  const std::string given = text(object, name);
  if (given.empty()) return given;
  auto parsed = parse_prometheus_duration(given);
  if (!parsed) return std::unexpected(std::move(parsed).error().with_context(std::string(name)));
  return *parsed == Duration::zero() ? std::string() : format_prometheus_duration(*parsed);
}

Result<Rule> read_rule(const Value& value) {
  Rule rule{.record = text(value, "record"),
            .alert = text(value, "alert"),
            .expression = text(value, "expr"),
            .pending = {},
            .keep_firing_for = {},
            .labels = texts(value, "labels"),
            .annotations = texts(value, "annotations")};
  TRY(rule.pending, duration(value, "for"));
  TRY(rule.keep_firing_for, duration(value, "keep_firing_for"));
  return rule;
}

Result<RuleGroup> read_group(const Value& value) {
  RuleGroup group;
  group.name = text(value, "name");
  TRY(group.interval, duration(value, "interval"));
  TRY(group.query_offset, duration(value, "query_offset"));
  if (const Value* limit = find(value, "limit"); limit != nullptr && limit->is_number())
    group.limit = static_cast<int64_t>(limit->as_number().as_floating());
  group.labels = texts(value, "labels");
  Result<> result;
  each(value, "rules", [&](const Value& item) {
    auto rule = read_rule(item);
    if (rule) {
      group.rules.push_back(*std::move(rule));
    } else if (result) {
      result = std::unexpected(rule.error());
    }
  });
  each(value, "source_tenants", [&](const Value& item) {
    if (item.is_string()) group.source_tenants.push_back(item.as_string());
  });
  TRY(std::move(result));
  return group;
}

Result<std::vector<RuleGroup>> read_groups(const Value& list) {
  std::vector<RuleGroup> groups;
  if (!list.is_array()) return groups;
  for (size_t i = 0; i < list.as_array()->size(); ++i) {
    TRY(auto group, read_group(list.as_array()->at(i)));
    groups.push_back(std::move(group));
  }
  return groups;
}

// What a ruler would refuse.
Result<> check(const std::vector<RuleGroup>& groups) {
  std::set<std::string_view> names;
  for (const RuleGroup& group : groups) {
    if (group.name.empty()) return fail("Groupname must not be empty");
    if (!names.insert(group.name).second)
      return fail(fmt::format("groupname: {} is repeated in the same file", quote(group.name)));
    for (const Rule& rule : group.rules) {
      if (rule.record.empty() == rule.alert.empty())
        return fail(fmt::format("group {}: a rule must have one of 'record' or 'alert'",
                                quote(group.name)));
      if (rule.expression.empty())
        return fail(fmt::format("group {}: field 'expr' must be set in rule", quote(group.name)));
    }
  }
  return {};
}

void write_texts(YamlWriter& out, std::string_view name,
                 const std::map<std::string, std::string>& all) {
  if (all.empty()) return;
  out.below(name, [&] {
    for (const auto& [key, value] : all) out.text(yaml_scalar(key), value);
  });
}

void write_rule(YamlWriter& out, const Rule& rule) {
  out.text_unless_empty("record", rule.record);
  out.text_unless_empty("alert", rule.alert);
  out.text("expr", rule.expression);
  out.text_unless_empty("for", rule.pending);
  out.text_unless_empty("keep_firing_for", rule.keep_firing_for);
  write_texts(out, "labels", rule.labels);
  write_texts(out, "annotations", rule.annotations);
}

RuleResource decode_resource(JsonNode object) {
  RuleResource resource;
  resource.meta = kubernetes::decode_meta(object);
  // JSON is YAML.
  const auto spec = stdlib::decode_yaml(object["spec"].minified());
  const Value* list = spec ? find(*spec, "groups") : nullptr;
  if (list == nullptr) return resource;
  auto groups = read_groups(*list);
  const auto checked = groups ? check(*groups) : Result<>(std::unexpected(groups.error()));
  if (checked) {
    resource.groups = *std::move(groups);
  } else {
    resource.problem = checked.error().message();
  }
  return resource;
}

}  // namespace

std::string RuleGroup::to_yaml() const {
  std::string yaml;
  YamlWriter out(yaml);
  out.text("name", name);
  out.text_unless_empty("interval", interval);
  out.text_unless_empty("query_offset", query_offset);
  if (limit != 0) out.raw("limit", std::to_string(limit));
  out.line(rules.empty() ? "rules: []" : "rules:");
  for (const Rule& rule : rules) out.item([&] { write_rule(out, rule); });
  write_texts(out, "labels", labels);
  out.list("source_tenants", source_tenants);
  return yaml;
}

Result<RuleGroups> parse_rule_groups(const std::string& yaml) {
  RuleGroups all;
  if (trim(yaml).empty()) return all;
  TRY(const auto root, stdlib::decode_yaml(yaml));
  if (root.is_null()) return all;
  if (!root.is_object()) return fail("the ruler's answer is no mapping of namespaces");
  for (const auto& member : root.as_object()->members()) {
    TRY(auto groups, read_groups(member.value));
    all.emplace(member.key, std::move(groups));
  }
  return all;
}

constinit const kubernetes::ObjectType rule_resource_type =
    kubernetes::object_type<RuleResource, decode_resource>(
        "prometheusrule", "/apis/monitoring.coreos.com/v1", "prometheusrules");

}  // namespace alloy::rules
