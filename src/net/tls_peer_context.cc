#include "net/tls_peer_context.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/openssl_values.h"
#include "net/tls_material.h"

namespace alloy::net {
namespace {

SSL_CTX* ctx(void* context) { return static_cast<SSL_CTX*>(context); }

// Adds each certificate of the text; gives how many there were.
int add_authorities(SSL_CTX* context, const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  int count = 0;
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), next);
    X509_free(next);
    ++count;
  }
  ERR_clear_error();  // The end of the input counts as an error.
  return count;
}

}  // namespace

Result<std::shared_ptr<const TlsPeerContext>> TlsPeerContext::create(
    const TlsPeerOptions& options) {
  const std::string what = "failed to load TLS config from file: ";
  auto ca = read_file(options.ca_path);
  if (!ca) return fail(what + "failed to read TLS CA file: " + ca.error().message());
  std::shared_ptr<TlsPeerContext> made(new TlsPeerContext);
  made->server_name_ = options.server_name;
  made->context_ = SSL_CTX_new(TLS_client_method());
  if (made->context_ == nullptr) return fail(what + last_openssl_error());
  SSL_CTX* context = ctx(made->context_);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  if (add_authorities(context, *ca) == 0)
    return fail(what + "failed to append CA from PEM with path " + options.ca_path);
  for (const std::string& path : {options.cert_path, options.key_path})
    if (const auto file = read_file(path); !file)
      return fail(what + "failed to load X509 key pair: " + file.error().message());
  if (SSL_CTX_use_certificate_chain_file(context, options.cert_path.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, options.key_path.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1)
    return fail(what + "failed to load X509 key pair: tls: " + last_openssl_error());
  return made;
}

TlsPeerContext::~TlsPeerContext() { SSL_CTX_free(ctx(context_)); }

Result<void> TlsPeerContext::prepare(void* ssl, const std::string& ip) const {
  SSL* connection = static_cast<SSL*>(ssl);
  static constexpr unsigned char protocols[] = "\x02h2";
  bool ok = SSL_set_alpn_protos(connection, protocols, sizeof protocols - 1) == 0;
  if (server_name_.empty()) {
    ok = ok && X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), ip.c_str()) == 1;
  } else {
    // A name for the certificate may be an address, too; SNI may not.
    ok = ok &&
         (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), server_name_.c_str()) == 1 ||
          (SSL_set1_host(connection, server_name_.c_str()) == 1 &&
           SSL_set_tlsext_host_name(connection, server_name_.c_str()) == 1));
  }
  ERR_clear_error();
  if (!ok) return fail("tls: unusable server name", ErrorKind::invalid);
  return {};
}

}  // namespace alloy::net
