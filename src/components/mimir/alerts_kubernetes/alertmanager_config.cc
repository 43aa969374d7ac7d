#include "components/mimir/alerts_kubernetes/alertmanager_config.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "components/mimir/alerts_kubernetes/receivers.h"
#include "components/mimir/alerts_kubernetes/time_intervals.h"
#include "components/shared/yaml_writer.h"
#include "values/stdlib/yaml_decode.h"

namespace alloy::mimir::alerts_kubernetes {
namespace {

using Members = std::vector<Object::Member>;

AlertmanagerConfig decode_config(JsonNode object) {
  AlertmanagerConfig config;
  config.meta = kubernetes::decode_meta(object);
  config.spec = object["spec"].minified();
  return config;
}

const Value* find(const Value& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const Value* value = object.as_object()->find(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

bool is_given(const Value& object, std::string_view name) {
  const Value* value = find(object, name);
  if (value == nullptr) return false;
  if (value->is_string()) return !value->as_string().empty();
  if (value->is_array()) return value->as_array()->size() > 0;
  return !value->is_object() || value->as_object()->size() > 0;
}

Result<> check_root_route(const Value& route) {
  const Value* goes_on = find(route, "continue");
  if (goes_on != nullptr && goes_on->is_boolean() && goes_on->as_boolean())
    return fail("cannot have continue in root route");
  if (!is_given(route, "receiver")) return fail("root route's receiver must exist");
  for (const char* name : {"matchers", "match", "match_re"})
    if (is_given(route, name)) return fail("'matchers' not permitted on root route");
  for (const char* name : {"mute_time_intervals", "active_time_intervals"})
    if (is_given(route, name)) return fail(fmt::format("'{}' not permitted on root route", name));
  return {};
}

// What receivers of resources can rely on.
bool has_global(const Object& base, std::string_view name) {
  const Value* global = base.find("global");
  return global != nullptr && is_given(*global, name);
}

// Reads one resource.
class AdditionReader {
 public:
  AdditionReader(const AlertmanagerConfig& resource, const MatcherStrategy& strategy)
      : place_(resource.meta.name_space),
        prefix_(resource.key() + "/"),
        is_limited_(strategy.limits(place_)) {}

  Result<Addition> read(JsonNode spec, const ReceiverContext& context) {
    Addition added;
    for (const JsonNode rule : spec["inhibitRules"].elements()) {
      TRY(auto read, read_inhibit_rule(rule));
      added.inhibit_rules.push_back(std::move(read));
    }
    for (const JsonNode receiver : spec["receivers"].elements()) {
      const std::string name(receiver["name"].text());
      if (!receivers_.insert(name).second)
        return fail(fmt::format("{} receiver is not unique", quote(name)));
    }
    for (const JsonNode interval : spec["muteTimeIntervals"].elements())
      intervals_.insert(std::string(interval["name"].text()));
    if (!spec["route"]) return added;
    if (spec["route"]["receiver"].text().empty()) return fail("root route must define a receiver");
    TRY(added.route, read_route(spec["route"], Depth::top));
    TRY(read_receivers(spec["receivers"], context, added));
    TRY(read_intervals(spec["muteTimeIntervals"], added));
    return added;
  }

 private:
  enum class Depth : unsigned char { top, child };

  Result<> read_receivers(JsonNode list, const ReceiverContext& context, Addition& added) const {
    for (const JsonNode receiver : list.elements()) {
      const std::string name(receiver["name"].text());
      auto read = read_receiver(receiver, context);
      if (!read)
        return std::unexpected(
            std::move(read).error().with_context(fmt::format("receiver {}", quote(name))));
      const auto known = read->as_object()->members();
      Members members{{"name", Value::string(prefix_ + name)}};
      members.insert(members.end(), known.begin(), known.end());
      added.receivers.push_back(Value::object(Object::ordered(std::move(members))));
    }
    return {};
  }

  Result<> read_intervals(JsonNode list, Addition& added) const {
    for (const JsonNode interval : list.elements()) {
      const std::string name(interval["name"].text());
      if (name.empty()) return fail("empty name field for mute time interval");
      auto times = read_time_intervals(interval["timeIntervals"]);
      if (!times)
        return std::unexpected(std::move(times).error().with_context(
            fmt::format("mute time interval {}", quote(name))));
      added.time_intervals.push_back(Value::object(Object::ordered(
          {{"name", Value::string(prefix_ + name)}, {"time_intervals", *std::move(times)}})));
    }
    return {};
  }

  // `name="value"`, as Alertmanager reads it.
  static std::string spell(std::string_view name, std::string_view type, std::string_view value) {
    std::string text = fmt::format("{}{}\"", name, type);
    for (const char c : value) {
      if (c == '\n') {
        text += "\\n";
        continue;
      }
      if (c == '\\' || c == '"') text += '\\';
      text += c;
    }
    return text + '"';
  }

  static Result<std::vector<Value>> read_matchers(JsonNode list) {
    std::vector<Value> matchers;
    for (const JsonNode item : list.elements()) {
      const std::string_view name = item["name"].text();
      std::string_view type = item["matchType"].text();
      if (!item.is_object() || trim(name).empty())
        return fail(fmt::format("matcher[{}]: matcher 'name' is required", matchers.size()));
      if (type.empty()) type = item["regex"].boolean() ? "=~" : "=";
      if (type != "=" && type != "!=" && type != "=~" && type != "!~")
        return fail(
            fmt::format("matcher[{}]: invalid 'matchType' '{}' provided", matchers.size(), type));
      matchers.push_back(Value::string(spell(name, type, item["value"].text())));
    }
    return matchers;
  }

  std::string own_alerts() const { return spell("namespace", "=", place_); }

  Result<Value> read_inhibit_rule(JsonNode rule) const {
    Members members;
    for (const auto& [from, to] : {std::pair("targetMatch", "target_matchers"),
                                   std::pair("sourceMatch", "source_matchers")}) {
      TRY(auto matchers, read_matchers(rule[from]));
      const auto is_own = [&](const Value& each) { return each.as_string() == own_alerts(); };
      if (is_limited_ && std::ranges::none_of(matchers, is_own))
        matchers.push_back(Value::string(own_alerts()));
      if (!matchers.empty()) members.push_back({to, Value::array(std::move(matchers))});
    }
    add_names(members, "equal", rule["equal"], "");
    return Value::object(Object::ordered(std::move(members)));
  }

  Result<> check_route(JsonNode route, Depth depth) const {
    // Child routes are no part of the resource's schema, so that the API server takes anything.
    constexpr std::string_view known[] = {
        "receiver", "groupBy", "groupWait", "groupInterval",     "repeatInterval",
        "matchers", "routes",  "continue",  "muteTimeIntervals", "activeTimeIntervals"};
    if (!route.is_object()) return fail("an object is expected");
    for (const auto& [name, value] : route.members())
      if (depth == Depth::child && std::ranges::find(known, name) == std::end(known))
        return fail(fmt::format("unknown field {}", quote(name)));
    const std::string receiver(route["receiver"].text());
    if (!receiver.empty() && !receivers_.contains(receiver))
      return fail(fmt::format("receiver {} not found", quote(receiver)));
    const auto groups = route["groupBy"].texts();
    const std::set<std::string_view> distinct(groups.begin(), groups.end());
    if (distinct.size() < groups.size())
      return fail("duplicate values not permitted in route 'groupBy'");
    if (distinct.contains("...") && groups.size() > 1)
      return fail("'...' must be a sole value in route 'groupBy'");
    for (const char* list : {"muteTimeIntervals", "activeTimeIntervals"})
      for (const std::string_view name : route[list].texts())
        if (!intervals_.contains(std::string(name)))
          return fail(fmt::format("mute time interval {} not found", quote(name)));
    return {};
  }

  Result<Value> read_route(JsonNode route, Depth depth) const {
    TRY(check_route(route, depth));
    Members members;
    const auto add = [&](const char* name, std::string text) {
      if (!text.empty()) members.push_back({name, Value::string(std::move(text))});
    };
    const std::string receiver(route["receiver"].text());
    add("receiver", receiver.empty() ? "" : prefix_ + receiver);
    add_names(members, "group_by", route["groupBy"], "");
    TRY(auto matchers, read_matchers(route["matchers"]));
    if (depth == Depth::top && is_limited_) matchers.push_back(Value::string(own_alerts()));
    if (!matchers.empty()) members.push_back({"matchers", Value::array(std::move(matchers))});
    // The routes of other resources see the alert too.
    if (depth == Depth::top || route["continue"].boolean())
      members.push_back({"continue", Value::boolean(true)});
    std::vector<Value> routes;
    for (const JsonNode child : route["routes"].elements()) {
      auto read = read_route(child, Depth::child);
      if (!read)
        return std::unexpected(
            std::move(read).error().with_context(fmt::format("route[{}]", routes.size())));
      routes.push_back(*std::move(read));
    }
    if (!routes.empty()) members.push_back({"routes", Value::array(std::move(routes))});
    add("group_wait", std::string(route["groupWait"].text()));
    add("group_interval", std::string(route["groupInterval"].text()));
    add("repeat_interval", std::string(route["repeatInterval"].text()));
    add_names(members, "mute_time_intervals", route["muteTimeIntervals"], prefix_);
    add_names(members, "active_time_intervals", route["activeTimeIntervals"], prefix_);
    return Value::object(Object::ordered(std::move(members)));
  }

  static void add_names(Members& members, const char* name, JsonNode list,
                        const std::string& prefix) {
    std::vector<Value> values;
    for (const std::string_view each : list.texts())
      values.push_back(Value::string(prefix + std::string(each)));
    if (!values.empty()) members.push_back({name, Value::array(std::move(values))});
  }

  const std::string place_;
  const std::string prefix_;  // Of the names of what is ours.
  const bool is_limited_;
  std::set<std::string> receivers_;
  std::set<std::string> intervals_;
};

// A list of the user's configuration with more behind it (or in front).
enum class Where : unsigned char { front, back };

Value joined(const Value* given, std::vector<Value> more, Where where) {
  std::vector<Value> all;
  if (given != nullptr && given->is_array())
    for (size_t i = 0; i < given->as_array()->size(); ++i) all.push_back(given->as_array()->at(i));
  all.insert(where == Where::front ? all.begin() : all.end(), more.begin(), more.end());
  return Value::array(std::move(all));
}

void set(Members& members, const std::string& name, Value value) {
  const auto found = std::ranges::find(members, name, &Object::Member::key);
  if (found != members.end()) {
    found->value = std::move(value);
  } else {
    members.push_back({name, std::move(value)});
  }
}

Members members_of(const Object& object) {
  Members members;
  for (const Object::Member& member : object.members())
    if (!member.value.is_null()) members.push_back(member);
  return members;
}

}  // namespace

constinit const kubernetes::ObjectType alertmanager_config_type =
    kubernetes::object_type<AlertmanagerConfig, decode_config>(
        "alertmanagerconfig", "/apis/monitoring.coreos.com/v1alpha1", "alertmanagerconfigs");

Result<ObjectPointer> read_base_config(const std::string& yaml) {
  auto root = stdlib::decode_yaml(yaml);
  if (!root)
    return std::unexpected(
        std::move(root).error().with_context("failed to unmarshal global config"));
  Result<> checked = fail("root route must exist");
  if (const Value* route = find(*root, "route"); route != nullptr && route->is_object())
    checked = check_root_route(*route);
  if (!checked)
    return std::unexpected(
        std::move(checked).error().with_context("check AlertmanagerConfig root route failed"));
  return root->as_object();
}

Result<Addition> read_addition(const AlertmanagerConfig& resource, const MatcherStrategy& strategy,
                               const Object& base, kubernetes::Secrets& secrets) {
  TRY(const auto document, JsonDocument::parse(resource.spec));
  const ReceiverContext context{.name_space = resource.meta.name_space,
                                .secrets = secrets,
                                .has_smarthost = has_global(base, "smtp_smarthost"),
                                .has_sender = has_global(base, "smtp_from")};
  auto added = AdditionReader(resource, strategy).read(document.root(), context);
  // What was read as what it is not explains the rest.
  TRY(document.check());
  return added;
}

std::string merge(const Object& base, const std::map<std::string, Addition>& additions) {
  Members members = members_of(base);
  std::vector<Value> routes;
  std::vector<Value> receivers;
  std::vector<Value> inhibit_rules;
  std::vector<Value> intervals;
  const auto append = [](std::vector<Value>& to, const std::vector<Value>& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  for (const auto& [key, added] : additions) {
    if (!added.route.is_null()) routes.push_back(added.route);
    append(receivers, added.receivers);
    append(inhibit_rules, added.inhibit_rules);
    append(intervals, added.time_intervals);
  }
  if (!routes.empty()) {
    Members route = members_of(*base.find("route")->as_object());
    set(route, "routes",
        joined(base.find("route")->as_object()->find("routes"), std::move(routes), Where::front));
    set(members, "route", Value::object(Object::ordered(std::move(route))));
  }
  const auto extend = [&](const char* name, std::vector<Value> more) {
    if (!more.empty()) set(members, name, joined(base.find(name), std::move(more), Where::back));
  };
  extend("receivers", std::move(receivers));
  extend("inhibit_rules", std::move(inhibit_rules));
  extend("mute_time_intervals", std::move(intervals));
  if (base.find("templates") == nullptr)
    set(members, "templates", Value::array(std::vector<Value>()));
  return to_yaml(*Object::ordered(std::move(members)));
}

}  // namespace alloy::mimir::alerts_kubernetes
