#include "components/shared/http_server_arguments.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace alloy {
namespace {

constexpr std::pair<std::string_view, net::ClientAuth> client_auth_types[] = {
    {"", net::ClientAuth::no_client_cert},
    {"NoClientCert", net::ClientAuth::no_client_cert},
    {"RequestClientCert", net::ClientAuth::request_client_cert},
    {"RequireClientCert", net::ClientAuth::require_any_client_cert},
    {"RequireAnyClientCert", net::ClientAuth::require_any_client_cert},
    {"VerifyClientCertIfGiven", net::ClientAuth::verify_client_cert_if_given},
    {"RequireAndVerifyClientCert", net::ClientAuth::require_and_verify_client_cert},
};

constexpr std::pair<std::string_view, net::TlsVersion> tls_versions[] = {
    {"", net::TlsVersion::unspecified},       {"VersionTLS10", net::TlsVersion::tls10},
    {"VersionTLS11", net::TlsVersion::tls11}, {"VersionTLS12", net::TlsVersion::tls12},
    {"VersionTLS13", net::TlsVersion::tls13},
};

template <class T, size_t n>
Result<T> find_in(const std::pair<std::string_view, T> (&table)[n], std::string_view text,
                  std::string_view what) {
  for (const auto& [name, value] : table) {
    if (name == text) return value;
  }
  return fail(fmt::format("unknown {}: {}", what, quote(text)), ErrorKind::invalid);
}

Result<net::TlsServerOptions> tls_options(const HttpServerTlsArguments& a) {
  net::TlsServerOptions tls{.cert_pem = a.cert_pem,
                            .cert_file = a.cert_file,
                            .key_pem = a.key_pem.value,
                            .key_file = a.key_file,
                            .client_ca_pem = a.client_ca,
                            .client_ca_file = a.client_ca_file};
  TRY(tls.client_auth, find_in(client_auth_types, a.client_auth_type, "client_auth_type"));
  TRY(tls.min_version, find_in(tls_versions, a.min_version, "TLS version"));
  if (!a.cipher_suites.empty()) {
    for (const std::string_view name : split(a.cipher_suites, ',')) {
      tls.cipher_suites.emplace_back(trim(name));
    }
  }
  return tls;
}

// What the server has no such knob for.
Result<void> check_http2(const Http2ServerArguments& a) {
  const Http2ServerArguments usual;
  const std::pair<bool, std::string_view> knobs[] = {
      {a.max_handlers != usual.max_handlers, "max_handlers"},
      {a.max_decoder_header_table_size != usual.max_decoder_header_table_size,
       "max_decoder_header_table_size"},
      {a.max_encoder_header_table_size != usual.max_encoder_header_table_size,
       "max_encoder_header_table_size"},
      {a.max_read_frame_size != usual.max_read_frame_size, "max_read_frame_size"},
      {a.permit_prohibited_ciphers, "permit_prohibited_ciphers"},
      {a.read_idle_timeout != usual.read_idle_timeout, "read_idle_timeout"},
      {a.ping_timeout != usual.ping_timeout, "ping_timeout"},
      {a.max_upload_buffer_per_connection != usual.max_upload_buffer_per_connection,
       "max_upload_buffer_per_connection"},
      {a.max_upload_buffer_per_stream != usual.max_upload_buffer_per_stream,
       "max_upload_buffer_per_stream"},
  };
  for (const auto& [is_set, name] : knobs) {
    if (is_set) {
      return fail(fmt::format("http2: {} can't be changed", name), ErrorKind::invalid);
    }
  }
  return {};
}

}  // namespace

Result<net::HttpServerOptions> HttpServerArguments::options() const {
  const HttpListenerArguments listener = http.value_or(HttpListenerArguments{});
  if (listener.listen_port < 0 || listener.listen_port > 65535) {
    return fail(fmt::format("listen_port {} is not a port", listener.listen_port),
                ErrorKind::invalid);
  }
  const bool is_ipv6 =
      listener.listen_address.contains(':') && !listener.listen_address.starts_with('[');
  net::HttpServerOptions options{
      .listen_address = fmt::format(fmt::runtime(is_ipv6 ? "[{}]:{}" : "{}:{}"),
                                    listener.listen_address, listener.listen_port),
      .head_timeout = listener.server_read_timeout,
      .body_timeout = listener.server_read_timeout,
      .write_timeout = listener.server_write_timeout,
      .idle_timeout = listener.server_idle_timeout,
      .drain_timeout = graceful_shutdown_timeout};
  if (listener.conn_limit > 0) {
    options.connections_max = static_cast<unsigned>(
        std::min<int64_t>(listener.conn_limit, std::numeric_limits<int32_t>::max()));
  }
  if (listener.tls) {
    TRY(options.tls, tls_options(*listener.tls));
  }
  if (listener.http2) {
    TRY(check_http2(*listener.http2));
    options.streams_max = std::max<unsigned>(listener.http2->max_concurrent_streams, 1);
    if (listener.http2->idle_timeout > 0s) options.idle_timeout = listener.http2->idle_timeout;
    if (listener.http2->write_byte_timeout > 0s) {
      options.write_timeout = listener.http2->write_byte_timeout;
    }
  }
  return options;
}

}  // namespace alloy
