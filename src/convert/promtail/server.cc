#include "convert/promtail/server.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace alloy::convert::promtail {
namespace {

enum class Type : unsigned char { text, number, duration };

struct ServerField {
  std::string_view source;
  std::string_view block;
  std::string_view ours;
  Type type;
};

constexpr ServerField fields[] = {
    {"http_listen_address", "http", "listen_address", Type::text},
    {"http_listen_port", "http", "listen_port", Type::number},
    {"http_listen_conn_limit", "http", "conn_limit", Type::number},
    {"http_server_read_timeout", "http", "server_read_timeout", Type::duration},
    {"http_server_write_timeout", "http", "server_write_timeout", Type::duration},
    {"http_server_idle_timeout", "http", "server_idle_timeout", Type::duration},
    {"grpc_listen_address", "grpc", "listen_address", Type::text},
    {"grpc_listen_port", "grpc", "listen_port", Type::number},
    {"grpc_listen_conn_limit", "grpc", "conn_limit", Type::number},
    {"grpc_server_max_connection_age", "grpc", "max_connection_age", Type::duration},
    {"grpc_server_max_connection_age_grace", "grpc", "max_connection_age_grace", Type::duration},
    {"grpc_server_max_connection_idle", "grpc", "max_connection_idle", Type::duration},
    {"grpc_server_max_recv_msg_size", "grpc", "server_max_recv_msg_size", Type::number},
    {"grpc_server_max_send_msg_size", "grpc", "server_max_send_msg_size", Type::number},
    {"grpc_server_max_concurrent_streams", "grpc", "server_max_concurrent_streams", Type::number},
};

// What there is no argument for, in the order in which errors tell it.
constexpr std::string_view unsupported[] = {
    "http_listen_network",
    "grpc_listen_network",
    "tls_cipher_suites",
    "tls_min_version",
    "register_instrumentation",
    "graceful_shutdown_timeout",
    "grpc_server_keepalive_time",
    "grpc_server_keepalive_timeout",
    "grpc_server_min_time_between_pings",
    "grpc_server_ping_without_stream_allowed",
    "log_format",
    "log_level",
    "log_source_ips_enabled",
    "log_source_ips_header",
    "log_source_ips_regex",
    "log_request_at_info_level_enabled",
    "http_path_prefix",
};

// Written even where it is our default, which these blocks have only as a whole.
Expression field_value(const YamlNode& node, Type type, SourceReader& reader) {
  if (type == Type::text) return {quote(node.text)};
  if (type == Type::number) {
    const Value number = reader.value(node, schema_internal::member_type<int64_t>);
    return {number.is_number() ? number.as_number().to_string() : "0"};
  }
  const Value duration = reader.value(node, schema_internal::member_type<Duration>);
  return {quote(duration.is_string() ? duration.as_string() : "0s")};
}

constexpr Rename tls_fields[] = {{"cert", "cert_pem"},
                                 {"key", "key_pem"},
                                 {"cert_file", "cert_file"},
                                 {"key_file", "key_file"},
                                 {"client_auth_type", "client_auth_type"},
                                 {"client_ca_file", "client_ca_file"},
                                 {"client_ca", "client_ca"}};

// Without a certificate there is no TLS.
void convert_tls(const YamlNode& tls, SourceReader& reader, Draft& block) {
  Draft ours;
  for (const YamlMember& member : tls.members) {
    auto known = std::ranges::find(tls_fields, member.key, &Rename::source);
    if (known == std::end(tls_fields)) {
      reader.unknown_field(member, "server.TLSConfig");
    } else {
      ours.set(known->ours, Value::string(member.value.text));
    }
  }
  if (ours.has("cert_pem") || ours.has("cert_file")) block.add("tls", std::move(ours));
}

bool is_given(const YamlNode& node) {
  return node.is_scalar() && !node.text.empty() && node.text != "false" && node.text != "0";
}

}  // namespace

void convert_server(const YamlNode* server, SourceReader& reader, Diagnostics& diagnostics,
                    Draft& into) {
  into.block("http");
  into.block("grpc");
  into.set("graceful_shutdown_timeout", Value::string("0s"));
  if (server == nullptr) return;
  for (const YamlMember& member : server->members) {
    if (member.key == "http_tls_config") {
      convert_tls(member.value, reader, into.block("http"));
    } else if (member.key == "grpc_tls_config") {
      convert_tls(member.value, reader, into.block("grpc"));
    } else if (auto known = std::ranges::find(fields, member.key, &ServerField::source);
               known != std::end(fields)) {
      into.block(known->block).set(known->ours, field_value(member.value, known->type, reader));
    } else if (std::ranges::find(unsupported, member.key) == std::end(unsupported)) {
      reader.unknown_field(member, "server.Config");
    }
  }
  for (std::string_view name : unsupported) {
    const YamlNode* given = server->find(name);
    if (given != nullptr && is_given(*given)) {
      diagnostics.add(Severity::error, fmt::format("{} is not supported in server config", name));
    }
  }
}

}  // namespace alloy::convert::promtail
