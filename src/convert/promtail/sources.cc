#include "convert/promtail/sources.h"

#include <fmt/format.h>

#include "base/text.h"
#include "convert/promtail/server.h"

namespace alloy::convert::promtail {
namespace {

constexpr Rename journal_names[] = {{"json", "format_as_json"}};

constexpr Rename syslog_names[] = {{"listen_address", "address"}, {"listen_protocol", "protocol"}};
constexpr Otherwise syslog_otherwise[] = {{"labels", "{}"},        {"protocol", ""},
                                          {"idle_timeout", "0s"},  {"max_message_length", "0"},
                                          {"udp_queue_size", "0"}, {"udp_host_cache_size", "0"}};

void adapt_syslog(const YamlNode& config, SourceReader&, Diagnostics& diagnostics, Draft&) {
  const std::string_view format = config.text_of("syslog_format");
  if (format.empty() || format == "rfc3164" || format == "rfc5424" || format == "raw") return;
  diagnostics.add(Severity::critical, fmt::format("unknown syslog format {}", quote(format)));
}

constexpr Rename server_elsewhere[] = {{"server", ""}};
constexpr Rename push_names[] = {{"server", ""}, {"max_send_msg_size", "max_send_message_size"}};
constexpr Otherwise push_otherwise[] = {{"max_send_message_size", "0B"}, {"labels", "{}"}};
constexpr Otherwise labels_otherwise[] = {{"labels", "{}"}};

void adapt_server(const YamlNode& config, SourceReader& reader, Diagnostics& diagnostics,
                  Draft& into) {
  convert_server(config.find("server"), reader, diagnostics, into);
}

constexpr Rename gcplog_names[] = {
    {"project_id", ""},        {"subscription", ""}, {"labels", ""}, {"use_incoming_timestamp", ""},
    {"subscription_type", ""}, {"push_timeout", ""}, {"server", ""}, {"use_full_line", ""}};

// Pull and push are blocks of their own with us.
void adapt_gcplog(const YamlNode& config, SourceReader& reader, Diagnostics& diagnostics,
                  Draft& into) {
  const std::string_view type = config.text_of("subscription_type");
  if (!type.empty() && type != "pull" && type != "push") {
    diagnostics.add(Severity::error, "gcplog.subscription_type must be one of 'pull' or 'push'");
    return;
  }
  const bool is_push = type == "push";
  Draft& block = into.add(is_push ? "push" : "pull");
  if (is_push) {
    convert_server(config.find("server"), reader, diagnostics, block);
    if (const auto timeout = config.text_of("push_timeout"); !timeout.empty())
      block.set("push_timeout", Value::string(std::string(timeout)));
  } else {
    for (std::string_view name : {"project_id", "subscription"})
      block.set(name, Value::string(std::string(config.text_of(name))));
  }
  const YamlNode* labels = config.find("labels");
  block.set("labels",
            labels == nullptr ? Value::object(Object::sorted({})) : reader.text_map(*labels));
  for (std::string_view name : {"use_incoming_timestamp", "use_full_line"})
    block.set(name, Value::boolean(config.text_of(name) == "true"));
}

constexpr Rename windows_names[] = {{"bookmark_path", "legacy_bookmark_path"}};
constexpr Otherwise windows_otherwise[] = {
    {"xpath_query", ""}, {"poll_interval", "0s"}, {"labels", "{}"}};

constexpr Rename kafka_names[] = {{"authentication", ""}};
constexpr Otherwise kafka_otherwise[] = {
    {"labels", "{}"}, {"group_id", ""}, {"assignor", ""}, {"version", ""}};

// TLS settings of SASL stand among its own in Promtail.
void adapt_kafka(const YamlNode& config, SourceReader& reader, Diagnostics&, Draft& into) {
  const YamlNode* given = config.find("authentication");
  if (given == nullptr) return;
  constexpr std::string_view fields[] = {"type", "tls_config", "sasl_config"};
  reader.check_names(*given, "scrapeconfig.KafkaAuthentication", fields);
  Draft& block = into.block("authentication");
  if (const auto type = given->text_of("type"); !type.empty())
    block.set("type", Value::string(std::string(type)));
  const auto read_tls = [&](const YamlNode& from, Draft& tls) {
    for (const auto& [name, line, value] : from.members) {
      const bool is_inline = name == "ca" || name == "cert" || name == "key";
      if (name == "insecure_skip_verify") {
        tls.set(name, Value::boolean(value.text == "true"));
      } else if (is_inline || name == "ca_file" || name == "cert_file" || name == "key_file" ||
                 name == "server_name" || name == "min_version") {
        tls.set(is_inline ? name + "_pem" : name, Value::string(value.text));
      }
    }
    tls.is_kept = false;
  };
  if (const YamlNode* tls = given->find("tls_config")) read_tls(*tls, block.block("tls_config"));
  const YamlNode* sasl = given->find("sasl_config");
  if (sasl == nullptr) return;
  Draft& ours = block.block("sasl_config");
  for (std::string_view name : {"user", "password"}) {
    if (const auto text = sasl->text_of(name); !text.empty())
      ours.set(name, Value::string(std::string(text)));
  }
  // Written even if it is our default.
  if (const auto mechanism = sasl->text_of("mechanism"); !mechanism.empty())
    ours.set("mechanism", Expression{quote(mechanism)});
  if (sasl->text_of("use_tls") == "true") ours.set("use_tls", Value::boolean(true));
  read_tls(*sasl, ours.block("tls_config"));
}

constexpr Rename azure_names[] = {{"connection_string", ""}};
constexpr Otherwise azure_otherwise[] = {{"assignor", ""}, {"labels", "{}"}};

void adapt_azure(const YamlNode& config, SourceReader&, Diagnostics&, Draft& into) {
  Draft& authentication = into.block("authentication");
  authentication.set("mechanism", Value::string(""));
  authentication.set("connection_string",
                     Value::string(std::string(config.text_of("connection_string"))));
}

constexpr Rename gelf_names[] = {{"labels", ""}};  // There is no place for them with us.

void adapt_gelf(const YamlNode& config, SourceReader&, Diagnostics& diagnostics, Draft&) {
  if (config.find("labels") != nullptr)
    diagnostics.add(Severity::warning,
                    "the labels of gelf are not converted: loki.source.gelf has "
                    "none, use loki.process or loki.relabel to add them");
}

constexpr Source table[] = {
    {.field = "cloudflare",
     .component = "loki.source.cloudflare",
     .type = "scrapeconfig.CloudflareConfig",
     .relabelling = Relabelling::receiver,
     .otherwise = labels_otherwise},
    {.field = "journal",
     .component = "loki.source.journal",
     .type = "scrapeconfig.JournalTargetConfig",
     .renames = journal_names,
     .otherwise = labels_otherwise},
    {.field = "loki_push_api",
     .component = "loki.source.api",
     .type = "scrapeconfig.PushTargetConfig",
     .renames = push_names,
     .otherwise = push_otherwise,
     .adapt = &adapt_server},
    {.field = "syslog",
     .component = "loki.source.syslog",
     .type = "scrapeconfig.SyslogTargetConfig",
     .block = "listener",
     .renames = syslog_names,
     .otherwise = syslog_otherwise,
     .adapt = &adapt_syslog},
    {.field = "gcplog",
     .component = "loki.source.gcplog",
     .type = "scrapeconfig.GcplogTargetConfig",
     .renames = gcplog_names,
     .adapt = &adapt_gcplog},
    {.field = "windows_events",
     .component = "loki.source.windowsevent",
     .type = "scrapeconfig.WindowsEventsTargetConfig",
     .relabelling = Relabelling::receiver,
     .renames = windows_names,
     .otherwise = windows_otherwise},
    {.field = "kafka",
     .component = "loki.source.kafka",
     .type = "scrapeconfig.KafkaTargetConfig",
     .renames = kafka_names,
     .otherwise = kafka_otherwise,
     .adapt = &adapt_kafka},
    {.field = "azure_event_hubs",
     .component = "loki.source.azure_event_hubs",
     .type = "scrapeconfig.AzureEventHubsTargetConfig",
     .renames = azure_names,
     .otherwise = azure_otherwise,
     .adapt = &adapt_azure},
    {.field = "gelf",
     .component = "loki.source.gelf",
     .type = "scrapeconfig.GelfTargetConfig",
     .renames = gelf_names,
     .adapt = &adapt_gelf},
    {.field = "heroku_drain",
     .component = "loki.source.heroku",
     .type = "scrapeconfig.HerokuDrainTargetConfig",
     .renames = server_elsewhere,
     .otherwise = labels_otherwise,
     .adapt = &adapt_server},
};

}  // namespace

std::span<const Source> sources() { return table; }

}  // namespace alloy::convert::promtail
