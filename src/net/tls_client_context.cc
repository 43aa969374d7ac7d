#include "net/tls_client_context.h"

#include <memory>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/openssl_values.h"
#include "net/tls_material.h"

namespace alloy::net {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

Bio read_only(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

Result<> use_authorities(SSL_CTX* context, const std::string& pem) {
  if (pem.empty()) {
    SSL_CTX_set_default_verify_paths(context);
    return {};
  }
  const Bio bio = read_only(pem);
  int count = 0;
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), next);
    X509_free(next);
    ++count;
  }
  ERR_clear_error();  // The end of the input counts as an error.
  if (count == 0) return fail("unable to use specified CA cert", ErrorKind::invalid);
  return {};
}

Result<> use_certificate(SSL_CTX* context, const TlsMaterial& material) {
  if (material.cert.empty()) return {};
  const Bio bio = read_only(material.cert);
  bool ok = true;
  for (int i = 0; ok; ++i) {
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free);
    if (!certificate) {
      ok = i > 0;
      break;
    }
    ok = i == 0 ? SSL_CTX_use_certificate(context, certificate.get()) == 1
                : SSL_CTX_add1_chain_cert(context, certificate.get()) == 1;
  }
  const Bio key_bio = read_only(material.key);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  ok = ok && key && SSL_CTX_use_PrivateKey(context, key.get()) == 1 &&
       SSL_CTX_check_private_key(context) == 1;
  if (!ok)
    return fail("unable to use specified client cert & key: " + last_openssl_error(),
                ErrorKind::invalid);
  ERR_clear_error();
  return {};
}

}  // namespace

Result<void*> make_client_context(const TlsClientOptions& options) {
  FileCache files;
  TRY(const TlsMaterial material, read_tls_material(options, files));
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                            SSL_CTX_free);
  if (!context) return fail("tls: " + last_openssl_error());
  SSL_CTX_set_min_proto_version(context.get(), version_number(options.min_version, TLS1_2_VERSION));
  SSL_CTX_set_max_proto_version(context.get(), version_number(options.max_version, 0));
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(context.get(),
                     options.insecure_skip_verify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  if (!options.insecure_skip_verify) TRY(use_authorities(context.get(), material.ca));
  TRY(use_certificate(context.get(), material));
  return static_cast<void*>(context.release());
}

Result<> set_server_name(void* native, const std::string& name, bool is_verified) {
  auto* ssl = static_cast<SSL*>(native);
  if (name.empty()) return {};
  // A name for the certificate may be an address, too; SNI may not.
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1) return {};
  ERR_clear_error();
  const bool ok = SSL_set_tlsext_host_name(ssl, name.c_str()) == 1 &&
                  (!is_verified || SSL_set1_host(ssl, name.c_str()) == 1);
  if (!ok) return fail("tls: unusable server name: " + last_openssl_error(), ErrorKind::invalid);
  return {};
}

}  // namespace alloy::net
