#include "net/exchange_error.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <openssl/x509_vfy.h>

#include "base/text.h"
#include "net/dns.h"
#include "net/proxy.h"
#include "net/system_error.h"

namespace alloy::net {
namespace {

std::string verify_text(const Exchange& exchange, const Url& url) {
  const std::string_view prefix = "tls: failed to verify certificate: x509: ";
  if (exchange.detail.contains("subject name")) {
    const std::string& name = exchange.tls->server_name;
    return fmt::format("{}certificate is not valid for {}", prefix,
                       name.empty() ? url.host_name() : name);
  }
  switch (exchange.verify_result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return fmt::format("{}certificate has expired or is not yet valid", prefix);
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return fmt::format("{}certificate signed by unknown authority", prefix);
    default:
      return fmt::format("{}{}", prefix, X509_verify_cert_error_string(exchange.verify_result));
  }
}

std::string tls_text(const Exchange& exchange) {
  const std::string_view detail = exchange.detail;
  if (detail.contains("wrong version number") || detail.contains("packet length too long") ||
      detail.contains("http request")) {
    return "tls: first record does not look like a TLS handshake";
  }
  if (detail.contains("alert certificate required"))
    return "remote error: tls: certificate required";
  if (detail.contains("alert bad certificate")) return "remote error: tls: bad certificate";
  if (detail.contains("alert handshake failure")) return "remote error: tls: handshake failure";
  if (detail.contains("alert protocol version")) {
    return "remote error: tls: protocol version not supported";
  }
  if (detail.contains("unknown ca")) return "remote error: tls: unknown certificate authority";
  if (detail.contains("SSL_ERROR_SYSCALL") || detail.contains("unexpected eof")) return "EOF";
  return fmt::format("tls: {}", detail);
}

std::string connect_text(const Exchange& exchange) {
  const int code = exchange.os_error;
  if (code == 0) return fmt::format("dial tcp {}: {}", exchange.peer_address, exchange.detail);
  return fmt::format("dial tcp {}: connect: {}", exchange.peer_address, errno_text(code));
}

std::string broken_text(const Exchange& exchange, std::string_view operation) {
  // With TLS 1.3 a client learns only afterwards that its certificate was refused.
  if (exchange.detail.contains(" alert ")) return tls_text(exchange);
  if (exchange.os_error == 0) return "EOF";
  return fmt::format("{} tcp {}->{}: {}: {}", operation, exchange.local_address,
                     exchange.peer_address, operation, errno_text(exchange.os_error));
}

std::string text(const Exchange& exchange, const Url& url) {
  switch (exchange.curl_code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return fmt::format("dial tcp: lookup {} on {}: no such host", url.host_name(), name_server());
    case CURLE_COULDNT_RESOLVE_PROXY: {
      const auto proxy = parse_url(exchange.proxy);
      return fmt::format("proxyconnect tcp: dial tcp: lookup {} on {}: no such host",
                         proxy ? proxy->host_name() : exchange.proxy, name_server());
    }
    case CURLE_COULDNT_CONNECT:
      return (exchange.proxy.empty() ? "" : "proxyconnect tcp: ") + connect_text(exchange);
    case CURLE_OPERATION_TIMEDOUT:
      if (exchange.timed_out) return "context deadline exceeded";
      return fmt::format("dial tcp {}: i/o timeout", exchange.peer_address);
    case CURLE_GOT_NOTHING:
      return "EOF";
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2_STREAM:
      return "unexpected EOF";
    case CURLE_RECV_ERROR:
      if (exchange.detail.contains("chunked-encoding")) return "invalid byte in chunk length";
      return broken_text(exchange, "read");
    case CURLE_SEND_ERROR:
      return broken_text(exchange, "write");
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      if (exchange.detail.contains("HTTP/0.9") || exchange.detail.contains("Invalid")) {
        return "net/http: HTTP/1.x transport connection broken: malformed HTTP response";
      }
      // The scheme has been checked before: the answer is of no known kind.
      if (exchange.curl_code == CURLE_UNSUPPORTED_PROTOCOL) {
        return "net/http: HTTP/1.x transport connection broken: malformed HTTP response";
      }
      if (exchange.detail.contains("without colon")) {
        return "net/http: HTTP/1.x transport connection broken: malformed MIME header: missing "
               "colon";
      }
      break;
    case CURLE_URL_MALFORMAT:  // What the check of the URL has let pass.
      return fmt::format("dial tcp: address {}: invalid port", port_or_default(url));
    case CURLE_PEER_FAILED_VERIFICATION:
      return verify_text(exchange, url);
    case CURLE_SSL_CONNECT_ERROR:
      return tls_text(exchange);
    case CURLE_SSL_CERTPROBLEM:
      return "unable to use the client certificate: " + exchange.detail;
    case CURLE_SSL_CACERT_BADFILE:
      return "unable to use the CA certificates: " + exchange.detail;
    default:
      break;
  }
  return exchange.detail.empty() ? fmt::format("libcurl error {}", exchange.curl_code)
                                 : exchange.detail;
}

}  // namespace

Error exchange_error(const Exchange& exchange, const Url& url) {
  if (exchange.stopped) return Error("context canceled", ErrorKind::stopped);
  const bool is_timeout = exchange.curl_code == CURLE_OPERATION_TIMEDOUT;
  return Error(text(exchange, url), is_timeout ? ErrorKind::timeout : ErrorKind::failed);
}

}  // namespace alloy::net
