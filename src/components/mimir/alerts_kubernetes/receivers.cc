#include "components/mimir/alerts_kubernetes/receivers.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "components/mimir/alerts_kubernetes/receiver_fields.h"
#include "net/url.h"
#include "signals/go_strings.h"

namespace alloy::mimir::alerts_kubernetes {
namespace {

using Members = std::vector<Object::Member>;

Result<> check_url(std::string_view text) {
  // A template may become anything.
  if (text.contains("{{")) return {};
  TRY(const auto parsed, net::parse_url(text));
  if (parsed.scheme != "http" && parsed.scheme != "https")
    return fail(fmt::format("unsupported scheme {} for URL", quote(parsed.scheme)));
  if (parsed.host.empty()) return fail("missing host for URL");
  return {};
}

Result<> check_address(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.find(':') != colon)
    return text.starts_with('[') && text.contains("]:")
               ? Result<>()
               : fail(fmt::format("invalid address {}: host:port is expected", quote(text)));
  return {};
}

// Exactly one of them, or at least one.
enum class Count : unsigned char { one, some };

Result<> check_given(JsonNode node, std::initializer_list<std::string_view> names, Count count) {
  const auto given = std::ranges::count_if(names, [&](std::string_view name) {
    return node[name] && (!node[name].is_text() || !node[name].text().empty());
  });
  if (given == 1 || (given > 1 && count == Count::some)) return {};
  std::string list;
  for (const std::string_view name : names)
    list += fmt::format("{}'{}'", list.empty() ? "" : ", ", name);
  return fail(fmt::format("{} of {} must be configured",
                          count == Count::one ? "exactly one" : "one", list));
}

Result<> check_email(JsonNode node, const ReceiverContext& context) {
  if (node["smarthost"].text().empty() && !context.has_smarthost)
    return fail("'smarthost' is given neither here nor in the global configuration");
  if (node["from"].text().empty() && !context.has_sender)
    return fail("'from' is given neither here nor in the global configuration");
  std::set<std::string> names;
  for (const JsonNode header : node["headers"].elements())
    if (const std::string name = to_lower(header["key"].text()); !names.insert(name).second)
      return fail(fmt::format("duplicate header {}", quote(name)));
  return {};
}

Result<> check_victorops(JsonNode node) {
  constexpr std::string_view reserved[] = {
      "routing_key",     "message_type", "state_message", "entity_display_name",
      "monitoring_tool", "entity_id",    "entity_state"};
  for (const JsonNode field : node["customFields"].elements())
    if (std::ranges::find(reserved, field["key"].text()) != std::end(reserved))
      return fail(fmt::format("usage of reserved word {} is not allowed in custom fields",
                              quote(field["key"].text())));
  return {};
}

// What a table of fields can't say.
Result<> check_together(std::string_view list, JsonNode node, const ReceiverContext& context) {
  if (list == "emailConfigs") return check_email(node, context);
  if (list == "victoropsConfigs") return check_victorops(node);
  if (list == "webhookConfigs") return check_given(node, {"url", "urlSecret"}, Count::some);
  if (list == "pagerdutyConfigs")
    return check_given(node, {"routingKey", "serviceKey"}, Count::some);
  if (list == "telegramConfigs") return check_given(node, {"botToken", "botTokenFile"}, Count::one);
  if (list == "snsConfigs")
    return check_given(node, {"targetARN", "topicARN", "phoneNumber"}, Count::one);
  if (list == "responders") return check_given(node, {"id", "name", "username"}, Count::some);
  if (list == "actions" && node["type"]) return check_given(node, {"name", "url"}, Count::some);
  if (list == "httpConfig") {
    if (!node["basicAuth"] && !node["oauth2"] && !node["authorization"] &&
        !node["bearerTokenSecret"])
      return {};
    return check_given(node, {"basicAuth", "oauth2", "authorization", "bearerTokenSecret"},
                       Count::one);
  }
  if (list != "pushoverConfigs") return {};
  TRY(check_given(node, {"userKey", "userKeyFile"}, Count::some));
  return check_given(node, {"token", "tokenFile"}, Count::some);
}

class Reader {
 public:
  explicit Reader(const ReceiverContext& context) : context_(context) {}

  Result<Value> read(JsonNode node, std::span<const Field> fields) {
    if (!node.is_object()) return fail("an object is expected");
    Members members;
    for (const Field& field : fields) {
      const JsonNode given = node[field.from];
      if (!given) {
        if (field.is_required) return fail(fmt::format("missing '{}'", field.from));
        continue;
      }
      auto value = read(given, field);
      if (!value)
        return std::unexpected(
            std::move(value).error().with_context(fmt::format("'{}'", field.from)));
      if (value->is_null()) {
        if (field.is_required) return fail(fmt::format("missing '{}'", field.from));
        continue;
      }
      std::erase_if(members, [&](const auto& member) { return member.key == field.to; });
      members.push_back({std::string(field.to), *std::move(value)});
    }
    return Value::object(Object::ordered(std::move(members)));
  }

 private:
  // Null: left out.
  Result<Value> read(JsonNode node, const Field& field) {
    switch (field.kind) {
      case text:
      case any_text:
      case url:
      case address:
        return read_text(node, field.kind);
      case flag:
        return Value::boolean(node.boolean());
      case number:
        return node.integer() == 0 ? Value() : Value::integer(node.integer());
      case secret:
      case secret_url:
      case secret_or_map:
        return read_secret(node, field.kind);
      case texts:
        return read_texts(node);
      case mapping:
      case pairs:
      case secret_lists:
        return read_mapping(node, field.kind);
      case object:
        TRY(check_together(field.from, node, context_));
        return read(node, field.members);
      case objects:
        return read_objects(node, field);
    }
    return Value();
  }

  static Result<Value> read_text(JsonNode node, Field::Kind kind) {
    const std::string_view given = node.text();
    if (given.empty() && kind != any_text) return Value();
    if (kind == url) TRY(check_url(given));
    if (kind == address) TRY(check_address(given));
    return Value::string(given);
  }

  Result<Value> read_secret(JsonNode node, Field::Kind kind) {
    const std::string& place = context_.name_space;
    TRY(std::string value, kind == secret_or_map
                               ? context_.secrets.secret_or_config_map(place, node)
                               : context_.secrets.secret(place, node));
    if (kind == secret_url) {
      value = std::string(trim(value, " \t\r\n"));
      // The URL is a secret: the error must not show it.
      if (!check_url(value)) return fail("the secret's value is not a valid URL");
    }
    return Value::string(std::move(value));
  }

  static Value read_texts(JsonNode node) {
    std::vector<Value> values;
    for (const std::string_view each : node.texts()) values.push_back(Value::string(each));
    return values.empty() ? Value() : Value::array(std::move(values));
  }

  Result<Value> read_mapping(JsonNode node, Field::Kind kind) {
    Members members;
    if (kind == pairs) {
      for (const JsonNode pair : node.elements())
        members.push_back({std::string(pair["key"].text()), Value::string(pair["value"].text())});
    } else {
      for (const auto& [name, value] : node.members()) {
        TRY(auto entry, kind == secret_lists ? read_secrets(value)
                                             : Result<Value>(Value::string(value.text())));
        members.push_back({std::string(name), std::move(entry)});
      }
    }
    if (members.empty()) return Value();
    return Value::object(Object::sorted(std::move(members)));
  }

  Result<Value> read_secrets(JsonNode list) {
    std::vector<Value> values;
    for (const JsonNode selector : list.elements()) {
      TRY(auto value, read_secret(selector, secret));
      values.push_back(std::move(value));
    }
    return Value::array(std::move(values));
  }

  Result<Value> read_objects(JsonNode node, const Field& field) {
    std::vector<Value> values;
    for (const JsonNode item : node.elements()) {
      const auto checked = check_together(field.from, item, context_);
      auto value =
          checked ? read(item, field.members) : Result<Value>(std::unexpected(checked.error()));
      if (!value)
        return std::unexpected(
            std::move(value).error().with_context(fmt::format("[{}]", values.size())));
      values.push_back(*std::move(value));
    }
    return values.empty() ? Value() : Value::array(std::move(values));
  }

  const ReceiverContext& context_;
};

}  // namespace

Result<Value> read_receiver(JsonNode receiver, const ReceiverContext& context) {
  return Reader(context).read(receiver, receiver_fields);
}

}  // namespace alloy::mimir::alerts_kubernetes
