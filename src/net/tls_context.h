// OpenSSL's settings for a port we listen on.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/error.h"
#include "net/tls_server_options.h"

namespace alloy::net {

class TlsContext {
 public:
  // Reads the files that the options name.
  static Result<std::shared_ptr<TlsContext>> create(TlsServerOptions options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // Whether a file has changed since.
  bool is_stale() const;
  const TlsServerOptions& options() const { return options_; }
  // The SSL_CTX*.
  void* native() const { return context_; }

 private:
  explicit TlsContext(TlsServerOptions options) : options_(std::move(options)) {}
  Result<void> open();
  Result<void> use_certificate();
  Result<void> use_client_ca();
  Result<void> use_versions_and_ciphers();

  TlsServerOptions options_;
  void* context_ = nullptr;
  std::map<std::string, std::pair<int64_t, int64_t>> files_;  // Path: time and size.
};

// Checks what can be checked without reading files, with the real program's texts.
Result<void> validate(const TlsServerOptions& options);

}  // namespace alloy::net
