// The arguments with which components say how the HTTP server of their own listens. To be inlined
// into the arguments of a component that receives.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "net/http_server.h"
#include "schema/fields.h"

namespace alloy {

struct HttpServerTlsArguments {
  std::string cert_pem;
  Secret key_pem;
  std::string cert_file;
  std::string key_file;
  std::string client_auth_type;
  std::string client_ca_file;
  std::string client_ca;
  std::string cipher_suites;
  std::string min_version;

  static constexpr auto schema() {
    using T = HttpServerTlsArguments;
    return fields(
        optional<&T::cert_pem>("cert_pem", "Certificate of the server (PEM)."),
        optional<&T::key_pem>("key_pem", "Key of the certificate (PEM)."),
        optional<&T::cert_file>("cert_file", "File with the certificate."),
        optional<&T::key_file>("key_file", "File with the key."),
        optional<&T::client_auth_type>("client_auth_type",
                                       "What is asked of clients: NoClientCert, "
                                       "RequestClientCert, RequireAnyClientCert, "
                                       "VerifyClientCertIfGiven, RequireAndVerifyClientCert."),
        optional<&T::client_ca_file>("client_ca_file",
                                     "File with the CA certificates that clients are verified by."),
        optional<&T::client_ca>("client_ca", "CA certificates (PEM) of clients."),
        optional<&T::cipher_suites>("cipher_suites", "Cipher suites, separated by commas."),
        optional<&T::min_version>("min_version", "Lowest version: VersionTLS10 to VersionTLS13."));
  }
  bool operator==(const HttpServerTlsArguments&) const = default;
};

struct Http2ServerArguments {
  bool enabled = false;
  int64_t max_handlers = 0;
  uint32_t max_concurrent_streams = 100;
  uint32_t max_decoder_header_table_size = 4096;
  uint32_t max_encoder_header_table_size = 4096;
  uint32_t max_read_frame_size = 0;
  bool permit_prohibited_ciphers = false;
  Duration idle_timeout = 0s;
  Duration read_idle_timeout = 0s;
  Duration ping_timeout = 15s;
  Duration write_byte_timeout = 0s;
  int32_t max_upload_buffer_per_connection = 0;
  int32_t max_upload_buffer_per_stream = 0;

  static constexpr auto schema() {
    using T = Http2ServerArguments;
    return fields(
        optional<&T::enabled>("enabled", "Whether HTTP/2 may be spoken without TLS."),
        optional<&T::max_handlers>("max_handlers", "Requests in progress at once."),
        optional<&T::max_concurrent_streams>("max_concurrent_streams",
                                             "Requests at once on one connection."),
        optional<&T::max_decoder_header_table_size>("max_decoder_header_table_size",
                                                    "Size of the table of received headers."),
        optional<&T::max_encoder_header_table_size>("max_encoder_header_table_size",
                                                    "Size of the table of sent headers."),
        optional<&T::max_read_frame_size>("max_read_frame_size", "Size of a received frame."),
        optional<&T::permit_prohibited_ciphers>("permit_prohibited_ciphers",
                                                "Whether weak ciphers are allowed."),
        optional<&T::idle_timeout>("idle_timeout", "How long a connection may be idle."),
        optional<&T::read_idle_timeout>("read_idle_timeout",
                                        "Silence after which the peer is pinged."),
        optional<&T::ping_timeout>("ping_timeout", "How long the answer to a ping may take."),
        optional<&T::write_byte_timeout>("write_byte_timeout",
                                         "How long the peer may take nothing."),
        optional<&T::max_upload_buffer_per_connection>("max_upload_buffer_per_connection",
                                                       "Flow control window of a connection."),
        optional<&T::max_upload_buffer_per_stream>("max_upload_buffer_per_stream",
                                                   "Flow control window of a request."));
  }
  bool operator==(const Http2ServerArguments&) const = default;
};

struct HttpListenerArguments {
  std::string listen_address;
  int64_t listen_port = 8080;
  int64_t conn_limit = 0;
  Duration server_read_timeout = 30s;
  Duration server_write_timeout = 30s;
  Duration server_idle_timeout = 2min;
  std::optional<HttpServerTlsArguments> tls;
  std::optional<Http2ServerArguments> http2;

  static constexpr auto schema() {
    using T = HttpListenerArguments;
    return fields(
        optional<&T::listen_address>("listen_address", "Address to listen on; empty: every one."),
        optional<&T::listen_port>("listen_port", "Port to listen on; 0: any that is free."),
        optional<&T::conn_limit>("conn_limit", "Connections at once; 0: 10,000."),
        optional<&T::server_read_timeout>("server_read_timeout",
                                          "How long a request may stop in its middle."),
        optional<&T::server_write_timeout>("server_write_timeout",
                                           "How long the client may take nothing of an answer."),
        optional<&T::server_idle_timeout>("server_idle_timeout",
                                          "How long a connection may be idle."),
        block<&T::tls>("tls", "TLS of the server."),
        block<&T::http2>("http2", "HTTP/2 of the server."));
  }
  bool operator==(const HttpListenerArguments&) const = default;
};

// The real program opens a port for gRPC too, but offers nothing there; here there is none.
struct GrpcListenerArguments {
  std::string listen_address;
  int64_t listen_port = 0;
  int64_t conn_limit = 0;
  Duration max_connection_age = Duration::max();
  Duration max_connection_age_grace = Duration::max();
  Duration max_connection_idle = Duration::max();
  int64_t server_max_recv_msg_size = 4 << 20;
  int64_t server_max_send_msg_size = 4 << 20;
  uint64_t server_max_concurrent_streams = 100;
  std::optional<HttpServerTlsArguments> tls;

  static constexpr auto schema() {
    using T = GrpcListenerArguments;
    return fields(
        optional<&T::listen_address>("listen_address", "Not used: nothing is offered by gRPC."),
        optional<&T::listen_port>("listen_port", "Not used."),
        optional<&T::conn_limit>("conn_limit", "Not used."),
        optional<&T::max_connection_age>("max_connection_age", "Not used."),
        optional<&T::max_connection_age_grace>("max_connection_age_grace", "Not used."),
        optional<&T::max_connection_idle>("max_connection_idle", "Not used."),
        optional<&T::server_max_recv_msg_size>("server_max_recv_msg_size", "Not used."),
        optional<&T::server_max_send_msg_size>("server_max_send_msg_size", "Not used."),
        optional<&T::server_max_concurrent_streams>("server_max_concurrent_streams", "Not used."),
        block<&T::tls>("tls", "Not used."));
  }
  bool operator==(const GrpcListenerArguments&) const = default;
};

struct HttpServerArguments {
  std::optional<HttpListenerArguments> http;
  std::optional<GrpcListenerArguments> grpc;
  Duration graceful_shutdown_timeout = 30s;

  static constexpr auto schema() {
    using T = HttpServerArguments;
    return fields(
        block<&T::http>("http", "Where and how to listen."),
        block<&T::grpc>("grpc", "Accepted for compatibility; nothing is offered by gRPC."),
        optional<&T::graceful_shutdown_timeout>(
            "graceful_shutdown_timeout", "How long requests in progress may take at the end."));
  }
  bool operator==(const HttpServerArguments&) const = default;

  // For net::HttpServer::create(). Fails for what can't be honoured.
  Result<net::HttpServerOptions> options() const;
};

}  // namespace alloy
