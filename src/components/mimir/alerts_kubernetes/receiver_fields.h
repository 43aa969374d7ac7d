// How the fields of an AlertmanagerConfig's receivers are called in Alertmanager's configuration.
#pragma once

#include <span>
#include <string_view>

namespace alloy::mimir::alerts_kubernetes {

struct Field {
  enum class Kind : unsigned char {
    text,           // Left out when empty.
    any_text,       // Also when empty.
    flag,           //
    number,         // Left out when 0.
    url,            // Text that must be a URL.
    address,        // host:port
    secret,         // {name, key} of a secret of the resource's namespace.
    secret_url,     //
    secret_or_map,  // {secret: {name, key}} or {configMap: {name, key}}
    texts,          // A list.
    mapping,        // Of names to texts.
    secret_lists,   // Of names to lists of secrets.
    pairs,          // [{key, value}], which becomes a mapping.
    object,         // With the fields of `members`.
    objects,        // A list of such.
  };
  std::string_view from;
  std::string_view to;
  Kind kind = Kind::text;
  std::span<const Field> members = {};
  bool is_required = false;
};

using enum Field::Kind;

inline constexpr Field tls_fields[] = {
    {"ca", "ca", secret_or_map},
    {"cert", "cert", secret_or_map},
    {"keySecret", "key", secret},
    {"serverName", "server_name"},
    {"insecureSkipVerify", "insecure_skip_verify", flag},
    {"minVersion", "min_version"},
    {"maxVersion", "max_version"},
};

inline constexpr Field oauth2_fields[] = {
    {"clientId", "client_id", secret_or_map, {}, true},
    {"clientSecret", "client_secret", secret, {}, true},
    {"scopes", "scopes", texts},
    {"tokenUrl", "token_url", url, {}, true},
    {"endpointParams", "endpoint_params", mapping},
    {"tlsConfig", "tls_config", object, tls_fields},
    {"proxyUrl", "proxy_url"},
    {"noProxy", "no_proxy"},
    {"proxyFromEnvironment", "proxy_from_environment", flag},
    {"proxyConnectHeader", "proxy_connect_header", secret_lists},
};

inline constexpr Field authorization_fields[] = {
    {"type", "type"},
    {"credentials", "credentials", secret, {}, true},
};

inline constexpr Field basic_auth_fields[] = {
    {"username", "username", secret},
    {"password", "password", secret},
};

// Of two with one name that are both given the later counts.
inline constexpr Field http_fields[] = {
    {"authorization", "authorization", object, authorization_fields},
    {"basicAuth", "basic_auth", object, basic_auth_fields},
    {"oauth2", "oauth2", object, oauth2_fields},
    {"bearerTokenSecret", "bearer_token", secret},
    {"tlsConfig", "tls_config", object, tls_fields},
    {"proxyUrl", "proxy_url"},
    {"proxyURL", "proxy_url"},
    {"noProxy", "no_proxy"},
    {"proxyFromEnvironment", "proxy_from_environment", flag},
    {"proxyConnectHeader", "proxy_connect_header", secret_lists},
    {"followRedirects", "follow_redirects", flag},
    {"enableHttp2", "enable_http2", flag},
};

inline constexpr Field send_resolved = {"sendResolved", "send_resolved", flag};
inline constexpr Field http_config = {"httpConfig", "http_config", object, http_fields};

inline constexpr Field image_fields[] = {{"src", "src"}, {"alt", "alt"}, {"href", "href"}};
// The resource calls a link's text "alt".
inline constexpr Field link_fields[] = {{"href", "href"}, {"alt", "text"}};

inline constexpr Field pagerduty_fields[] = {
    send_resolved,
    http_config,
    {"serviceKey", "service_key", secret},
    {"routingKey", "routing_key", secret},
    {"url", "url", url},
    {"client", "client"},
    {"clientURL", "client_url"},
    {"description", "description"},
    {"details", "details", pairs},
    {"pagerDutyImageConfigs", "images", objects, image_fields},
    {"pagerDutyLinkConfigs", "links", objects, link_fields},
    {"severity", "severity"},
    {"class", "class"},
    {"component", "component"},
    {"group", "group"},
    {"source", "source"},
};

inline constexpr Field responder_fields[] = {
    {"id", "id"}, {"name", "name"}, {"username", "username"}, {"type", "type", text, {}, true}};

inline constexpr Field opsgenie_fields[] = {
    send_resolved,
    http_config,
    {"apiKey", "api_key", secret},
    {"apiURL", "api_url", url},
    {"message", "message"},
    {"description", "description"},
    {"source", "source"},
    {"details", "details", pairs},
    {"responders", "responders", objects, responder_fields},
    {"tags", "tags"},
    {"note", "note"},
    {"priority", "priority"},
    {"updateAlerts", "update_alerts", flag},
    {"entity", "entity"},
    {"actions", "actions"},
};

inline constexpr Field discord_fields[] = {
    send_resolved,
    http_config,
    {"apiURL", "webhook_url", secret_url, {}, true},
    {"title", "title"},
    {"message", "message"},
    {"content", "content"},
    {"username", "username"},
    {"avatarURL", "avatar_url"},
};

inline constexpr Field slack_field_fields[] = {{"title", "title", text, {}, true},
                                               {"value", "value", text, {}, true},
                                               {"short", "short", flag}};
inline constexpr Field slack_confirm_fields[] = {{"text", "text", text, {}, true},
                                                 {"title", "title"},
                                                 {"okText", "ok_text"},
                                                 {"dismissText", "dismiss_text"}};
inline constexpr Field slack_action_fields[] = {
    {"type", "type", text, {}, true},
    {"text", "text", text, {}, true},
    {"url", "url"},
    {"style", "style"},
    {"name", "name"},
    {"value", "value"},
    {"confirm", "confirm", object, slack_confirm_fields},
};

inline constexpr Field slack_fields[] = {
    send_resolved,
    http_config,
    {"apiURL", "api_url", secret_url},
    {"channel", "channel"},
    {"username", "username"},
    {"color", "color"},
    {"title", "title"},
    {"titleLink", "title_link"},
    {"pretext", "pretext"},
    {"text", "text"},
    {"fields", "fields", objects, slack_field_fields},
    {"shortFields", "short_fields", flag},
    {"footer", "footer"},
    {"fallback", "fallback"},
    {"callbackId", "callback_id"},
    {"iconEmoji", "icon_emoji"},
    {"iconURL", "icon_url"},
    {"imageURL", "image_url"},
    {"thumbURL", "thumb_url"},
    {"linkNames", "link_names", flag},
    {"mrkdwnIn", "mrkdwn_in", texts},
    {"actions", "actions", objects, slack_action_fields},
};

inline constexpr Field webhook_fields[] = {
    send_resolved,
    http_config,
    {"url", "url", url},
    {"urlSecret", "url", secret_url},
    {"maxAlerts", "max_alerts", number},
    {"timeout", "timeout"},
};

inline constexpr Field wechat_fields[] = {
    send_resolved,
    http_config,
    {"apiSecret", "api_secret", secret},
    {"apiURL", "api_url", url},
    {"corpID", "corp_id"},
    {"agentID", "agent_id"},
    {"toUser", "to_user"},
    {"toParty", "to_party"},
    {"toTag", "to_tag"},
    {"message", "message"},
    {"messageType", "message_type"},
};

inline constexpr Field email_fields[] = {
    send_resolved,
    {"to", "to", text, {}, true},
    {"from", "from"},
    {"hello", "hello"},
    {"smarthost", "smarthost", address},
    {"authUsername", "auth_username"},
    {"authPassword", "auth_password", secret},
    {"authSecret", "auth_secret", secret},
    {"authIdentity", "auth_identity"},
    {"headers", "headers", pairs},
    {"html", "html", any_text},
    {"text", "text", any_text},
    {"requireTLS", "require_tls", flag},
    {"tlsConfig", "tls_config", object, tls_fields},
};

inline constexpr Field victorops_fields[] = {
    send_resolved,
    http_config,
    {"apiKey", "api_key", secret},
    {"apiUrl", "api_url", url},
    {"routingKey", "routing_key", text, {}, true},
    {"messageType", "message_type"},
    {"stateMessage", "state_message"},
    {"entityDisplayName", "entity_display_name"},
    {"monitoringTool", "monitoring_tool"},
    {"customFields", "custom_fields", pairs},
};

inline constexpr Field pushover_fields[] = {
    send_resolved,
    http_config,
    {"userKey", "user_key", secret},
    {"userKeyFile", "user_key_file"},
    {"token", "token", secret},
    {"tokenFile", "token_file"},
    {"title", "title"},
    {"message", "message"},
    {"url", "url"},
    {"urlTitle", "url_title"},
    {"ttl", "ttl"},
    {"device", "device"},
    {"sound", "sound"},
    {"priority", "priority"},
    {"retry", "retry"},
    {"expire", "expire"},
    {"html", "html", flag},
};

inline constexpr Field sigv4_fields[] = {
    {"region", "region"},
    {"accessKey", "access_key", secret},
    {"secretKey", "secret_key", secret},
    {"profile", "profile"},
    {"roleArn", "role_arn"},
};

inline constexpr Field sns_fields[] = {
    send_resolved,
    http_config,
    {"apiURL", "api_url"},
    {"sigv4", "sigv4", object, sigv4_fields},
    {"topicARN", "topic_arn"},
    {"phoneNumber", "phone_number"},
    {"targetARN", "target_arn"},
    {"subject", "subject"},
    {"message", "message"},
    {"attributes", "attributes", mapping},
};

inline constexpr Field telegram_fields[] = {
    send_resolved,
    http_config,
    {"apiURL", "api_url", url},
    {"botToken", "bot_token", secret},
    {"botTokenFile", "bot_token_file"},
    {"chatID", "chat_id", number, {}, true},
    {"messageThreadID", "message_thread_id", number},
    {"message", "message"},
    {"disableNotifications", "disable_notifications", flag},
    {"parseMode", "parse_mode"},
};

inline constexpr Field webex_fields[] = {
    send_resolved,
    http_config,
    {"apiURL", "api_url", url},
    {"message", "message"},
    {"roomID", "room_id", text, {}, true},
};

inline constexpr Field msteams_fields[] = {
    send_resolved,
    http_config,
    {"webhookUrl", "webhook_url", secret, {}, true},
    {"title", "title"},
    {"summary", "summary"},
    {"text", "text"},
};

inline constexpr Field msteamsv2_fields[] = {
    send_resolved,      http_config,      {"webhookURL", "webhook_url", secret},
    {"title", "title"}, {"text", "text"},
};

inline constexpr Field rocketchat_field_fields[] = {
    {"title", "title"}, {"value", "value"}, {"short", "short", flag}};
inline constexpr Field rocketchat_action_fields[] = {
    {"text", "text"}, {"url", "url"}, {"msg", "msg"}};

inline constexpr Field rocketchat_fields[] = {
    send_resolved,
    http_config,
    {"apiURL", "api_url", url},
    {"token", "token", secret, {}, true},
    {"tokenID", "token_id", secret, {}, true},
    {"channel", "channel"},
    {"color", "color"},
    {"title", "title"},
    {"titleLink", "title_link"},
    {"text", "text"},
    {"fields", "fields", objects, rocketchat_field_fields},
    {"shortFields", "short_fields", flag},
    {"emoji", "emoji"},
    {"iconURL", "icon_url"},
    {"imageURL", "image_url"},
    {"thumbURL", "thumb_url"},
    {"linkNames", "link_names", flag},
    {"actions", "actions", objects, rocketchat_action_fields},
};

// A receiver but for its name.
inline constexpr Field receiver_fields[] = {
    {"opsgenieConfigs", "opsgenie_configs", objects, opsgenie_fields},
    {"pagerdutyConfigs", "pagerduty_configs", objects, pagerduty_fields},
    {"slackConfigs", "slack_configs", objects, slack_fields},
    {"webhookConfigs", "webhook_configs", objects, webhook_fields},
    {"wechatConfigs", "wechat_configs", objects, wechat_fields},
    {"emailConfigs", "email_configs", objects, email_fields},
    {"pushoverConfigs", "pushover_configs", objects, pushover_fields},
    {"victoropsConfigs", "victorops_configs", objects, victorops_fields},
    {"snsConfigs", "sns_configs", objects, sns_fields},
    {"telegramConfigs", "telegram_configs", objects, telegram_fields},
    {"discordConfigs", "discord_configs", objects, discord_fields},
    {"webexConfigs", "webex_configs", objects, webex_fields},
    {"msteamsConfigs", "msteams_configs", objects, msteams_fields},
    {"msteamsv2Configs", "msteamsv2_configs", objects, msteamsv2_fields},
    {"rocketchatConfigs", "rocketchat_configs", objects, rocketchat_fields},
};

}  // namespace alloy::mimir::alerts_kubernetes
