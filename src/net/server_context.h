// What every connection of an HTTP server shares.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/http_server.h"

namespace alloy::net {

struct ServerContext {
  ServerContext(HttpServerOptions o, Handler h) : options(std::move(o)), handler(std::move(h)) {}

  HttpServerOptions options;
  Handler handler;
  HttpServerStats stats;
  StopSource drain;  // No more requests; finish those in progress.
  StopSource abort;  // Give up on everything.

  void reject(Rejection reason, std::string_view remote_address, std::string_view detail);
  void record(const RequestRecord& record);
};

// Calls the handler, come what may: exceptions become 500. Compresses the body if that is wanted.
Task<ServerResponse> call_handler(std::shared_ptr<ServerContext> context, ServerRequest request);

// Splits the target into path and query; false when it is no valid one ("*", absolute forms and
// authority forms are understood).
bool set_target(ServerRequest& request, std::string_view target);

// "Tue, 24 Nov 2026 07:00:00 GMT", now.
std::string_view http_date();

// Keeps line ends out of a header field that a handler made.
std::string clean_field_value(std::string_view value);

}  // namespace alloy::net
