#include "components/loki/source_syslog/arguments.h"

#include <fmt/format.h>

namespace alloy::loki::source_syslog {
namespace {

std::unexpected<Error> no_effect(std::string_view name, Format format) {
  return fail(fmt::format("\"{}\" has no effect when syslog format is set to \"{}\"", name,
                          name_of(format)),
              ErrorKind::invalid);
}

}  // namespace

std::string_view name_of(Format format) {
  for (const auto& [value, name] : enum_names(format)) {
    if (value == format) return name;
  }
  return {};
}

std::string enum_error(Format, std::string_view text) {
  return fmt::format("unknown syslog format: {}", text);
}

Result<> CiscoArguments::validate() const {
  if (enable_all || message_counter || sequence_number || hostname || second_fractions) return {};
  return fail("at least one option in rfc3164_cisco_components has to be enabled",
              ErrorKind::invalid);
}

Result<> ListenerArguments::validate() const {
  if (protocol != "tcp" && protocol != "udp") {
    return fail(
        fmt::format("syslog listener protocol should be either 'tcp' or 'udp', got {}", protocol),
        ErrorKind::invalid);
  }
  if (cisco && format != Format::rfc3164) {
    return fail("rfc3164_cisco_components has no effect when syslog format is not \"rfc3164\"",
                ErrorKind::invalid);
  }
  if (format != Format::rfc5424 && rfc5424_allow_empty_msg)
    return no_effect("rfc5424_allow_empty_msg", format);
  if (format == Format::raw) {
    if (use_rfc5424_message) return no_effect("use_rfc5424_message", format);
    if (rfc3164_default_to_current_year)
      return no_effect("rfc3164_default_to_current_year", format);
    if (use_incoming_timestamp) return no_effect("use_incoming_timestamp", format);
    return {};
  }
  if (raw) {
    return fail("raw_format_options has no effect when syslog format is not \"raw\"",
                ErrorKind::invalid);
  }
  return {};
}

Result<std::optional<net::TlsServerOptions>> ListenerArguments::tls_options() const {
  if (!tls) return std::nullopt;
  const bool has_ca = !tls->ca_pem.empty() || !tls->ca_file.empty();
  const bool has_cert = !tls->cert_pem.empty() || !tls->cert_file.empty();
  const bool has_key = !tls->key_pem.empty() || !tls->key_file.empty();
  if (!has_ca && !has_cert && !has_key) return std::nullopt;
  if (!has_cert || !has_key)
    return fail("error setting up syslog target: certificate and key must be configured");
  const net::TlsClientOptions given = tls->options();
  net::TlsServerOptions options{.cert_pem = given.cert_pem,
                                .cert_file = given.cert_file,
                                .key_pem = given.key_pem,
                                .key_file = given.key_file,
                                .client_ca_pem = given.ca_pem,
                                .client_ca_file = given.ca_file};
  if (has_ca) options.client_auth = net::ClientAuth::require_and_verify_client_cert;
  options.min_version = given.min_version;
  return options;
}

}  // namespace alloy::loki::source_syslog
