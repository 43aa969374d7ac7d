// OpenSSL's settings for the connections between programs of our kind (http2_peer.h): both sides
// show a certificate.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"

namespace alloy::net {

struct TlsPeerOptions {
  std::string ca_path;
  std::string cert_path;
  std::string key_path;
  std::string server_name;  // To verify in place of the dialled address.
};

class TlsPeerContext {
 public:
  // Reads the files, once.
  static Result<std::shared_ptr<const TlsPeerContext>> create(const TlsPeerOptions& options);
  ~TlsPeerContext();
  TlsPeerContext(const TlsPeerContext&) = delete;
  TlsPeerContext& operator=(const TlsPeerContext&) = delete;

  // Makes a connection's SSL* check that it talks to the right one, and ask for HTTP/2.
  Result<void> prepare(void* ssl, const std::string& ip) const;
  // The SSL_CTX*.
  void* native() const { return context_; }

 private:
  TlsPeerContext() = default;

  void* context_ = nullptr;
  std::string server_name_;
};

}  // namespace alloy::net
