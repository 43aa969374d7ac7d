#include "net/tls_context.h"

#include <array>
#include <sys/stat.h>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "base/text.h"
#include "net/openssl_values.h"
#include "net/tls_material.h"

namespace alloy::net {
namespace {

struct CipherName {
  std::string_view go;
  const char* openssl;  // Empty for TLS 1.3, where Go does not let users choose either.
};

constexpr CipherName cipher_names[] = {
    {"TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA"},
    {"TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA"},
    {"TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256"},
    {"TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384"},
    {"TLS_AES_128_GCM_SHA256", ""},
    {"TLS_AES_256_GCM_SHA384", ""},
    {"TLS_CHACHA20_POLY1305_SHA256", ""},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"},
};

constexpr std::pair<std::string_view, const char*> curve_names[] = {
    {"CurveP256", "P-256"}, {"CurveP384", "P-384"}, {"CurveP521", "P-521"}, {"X25519", "X25519"}};

std::unexpected<Error> openssl_error(std::string_view what) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return fail(fmt::format("{}: {}", what, reason ? reason : "unknown error"), ErrorKind::invalid);
}

SSL_CTX* ctx(void* context) { return static_cast<SSL_CTX*>(context); }

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;
using Certificate = std::unique_ptr<X509, FreeX509>;
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

Bio memory_bio(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Prefers HTTP/2 where the client offers it.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* in, unsigned in_size, void*) {
  static constexpr unsigned char offered[] = "\x02h2\x08http/1.1";
  unsigned char* chosen = nullptr;
  const int code =
      SSL_select_next_proto(&chosen, out_size, offered, sizeof offered - 1, in, in_size);
  *out = chosen;
  return code == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

// For policies that want a certificate but do not check it.
int accept_any(int, X509_STORE_CTX*) { return 1; }

std::pair<int64_t, int64_t> stamp(const std::string& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0) return {-1, -1};
  return {info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec, info.st_size};
}

Result<void> check_pair(std::string_view name, const std::string& pem, const std::string& file) {
  if (pem.empty() && file.empty()) {
    return fail(fmt::format("must specify either {0}_pem or {0}_file", name), ErrorKind::invalid);
  }
  if (!pem.empty() && !file.empty()) {
    return fail(fmt::format("cannot specify both {0}_pem and {0}_file", name), ErrorKind::invalid);
  }
  return {};
}

}  // namespace

Result<void> validate(const TlsServerOptions& options) {
  TRY(check_pair("cert", options.cert_pem, options.cert_file));
  TRY(check_pair("key", options.key_pem, options.key_file));
  if (!options.client_ca_pem.empty() && !options.client_ca_file.empty()) {
    return fail("cannot specify both client_ca_pem and client_ca_file", ErrorKind::invalid);
  }
  const bool has_client_ca = !options.client_ca_pem.empty() || !options.client_ca_file.empty();
  if (has_client_ca && options.client_auth == ClientAuth::no_client_cert) {
    return fail(
        "cannot specify client_ca_pem or client_ca_file when client_auth_type is NoClientCert",
        ErrorKind::invalid);
  }
  for (const std::string& name : options.cipher_suites) {
    if (std::ranges::find(cipher_names, name, &CipherName::go) == std::end(cipher_names)) {
      return fail("unknown cipher " + quote(name), ErrorKind::invalid);
    }
  }
  for (const std::string& name : options.curve_preferences) {
    const auto found = std::ranges::find_if(curve_names, [&](auto& c) { return c.first == name; });
    if (found == std::end(curve_names)) {
      return fail("unknown curve " + quote(name), ErrorKind::invalid);
    }
  }
  return {};
}

Result<std::shared_ptr<TlsContext>> TlsContext::create(TlsServerOptions options) {
  TRY(validate(options));
  std::shared_ptr<TlsContext> context(new TlsContext(std::move(options)));
  TRY(context->open());
  return context;
}

TlsContext::~TlsContext() { SSL_CTX_free(ctx(context_)); }

Result<void> TlsContext::open() {
  for (const std::string* path :
       {&options_.cert_file, &options_.key_file, &options_.client_ca_file}) {
    if (!path->empty()) files_[*path] = stamp(*path);
  }
  context_ = SSL_CTX_new(TLS_server_method());
  if (!context_) return openssl_error("tls");
  SSL_CTX_set_options(ctx(context_), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(ctx(context_), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(ctx(context_), choose_protocol, nullptr);
  static constexpr unsigned char session_context[] = "alloy";
  SSL_CTX_set_session_id_context(ctx(context_), session_context, sizeof session_context - 1);
  TRY(use_certificate());
  TRY(use_client_ca());
  return use_versions_and_ciphers();
}

Result<void> TlsContext::use_certificate() {
  std::string cert = options_.cert_pem;
  std::string key = options_.key_pem;
  if (!options_.cert_file.empty()) {
    TRY(cert, read_file(options_.cert_file));
  }
  if (!options_.key_file.empty()) {
    TRY(key, read_file(options_.key_file));
  }
  const Bio cert_bio = memory_bio(cert);
  const Certificate leaf(PEM_read_bio_X509(cert_bio.get(), nullptr, nullptr, nullptr));
  if (!leaf || SSL_CTX_use_certificate(ctx(context_), leaf.get()) != 1) {
    return openssl_error("tls: failed to find any PEM data in certificate input");
  }
  while (X509* next = PEM_read_bio_X509(cert_bio.get(), nullptr, nullptr, nullptr)) {
    if (SSL_CTX_add0_chain_cert(ctx(context_), next) != 1) {
      X509_free(next);
      return openssl_error("tls: failed to use the certificate chain");
    }
  }
  ERR_clear_error();  // The end of the input counts as an error.
  const Bio key_bio = memory_bio(key);
  const Key private_key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
  if (!private_key) return openssl_error("tls: failed to find any PEM data in key input");
  if (SSL_CTX_use_PrivateKey(ctx(context_), private_key.get()) != 1) {
    return openssl_error("tls: private key does not match public key");
  }
  return {};
}

Result<void> TlsContext::use_client_ca() {
  const bool verifies = options_.client_auth == ClientAuth::verify_client_cert_if_given ||
                        options_.client_auth == ClientAuth::require_and_verify_client_cert;
  const bool requires_one = options_.client_auth == ClientAuth::require_any_client_cert ||
                            options_.client_auth == ClientAuth::require_and_verify_client_cert;
  if (options_.client_auth != ClientAuth::no_client_cert) {
    SSL_CTX_set_verify(ctx(context_),
                       SSL_VERIFY_PEER | (requires_one ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                       verifies ? nullptr : accept_any);
  }
  std::string ca = options_.client_ca_pem;
  if (!options_.client_ca_file.empty()) {
    TRY(ca, read_file(options_.client_ca_file));
  }
  if (ca.empty()) {
    if (verifies) SSL_CTX_set_default_verify_paths(ctx(context_));
    return {};
  }
  const Bio bio = memory_bio(ca);
  int count = 0;
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    const Certificate certificate(next);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx(context_)), next);
    SSL_CTX_add_client_CA(ctx(context_), next);
    ++count;
  }
  ERR_clear_error();
  if (count == 0) return fail("failed to append client CA certificates", ErrorKind::invalid);
  return {};
}

Result<void> TlsContext::use_versions_and_ciphers() {
  SSL_CTX_set_min_proto_version(ctx(context_),
                                version_number(options_.min_version, TLS1_2_VERSION));
  SSL_CTX_set_max_proto_version(ctx(context_), version_number(options_.max_version, 0));
  std::vector<std::string_view> ciphers;
  for (const std::string& name : options_.cipher_suites) {
    const auto found = std::ranges::find(cipher_names, name, &CipherName::go);
    if (*found->openssl) ciphers.emplace_back(found->openssl);
  }
  if (!ciphers.empty()) {
    const std::string list = fmt::format("{}", fmt::join(ciphers, ":"));
    if (SSL_CTX_set_cipher_list(ctx(context_), list.c_str()) != 1) {
      return openssl_error("tls: cipher_suites");
    }
  }
  std::vector<std::string_view> curves;
  for (const std::string& name : options_.curve_preferences) {
    const auto found = std::ranges::find_if(curve_names, [&](auto& c) { return c.first == name; });
    curves.emplace_back(found->second);
  }
  if (!curves.empty()) {
    const std::string list = fmt::format("{}", fmt::join(curves, ":"));
    if (SSL_CTX_set1_groups_list(ctx(context_), list.c_str()) != 1) {
      return openssl_error("tls: curve_preferences");
    }
  }
  return {};
}

bool TlsContext::is_stale() const {
  return std::ranges::any_of(files_,
                             [](const auto& file) { return stamp(file.first) != file.second; });
}

}  // namespace alloy::net
