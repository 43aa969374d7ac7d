// What components need of the program's own HTTP server. Find it with
// options().services.find<ComponentHttp>(); it is null where the program runs without a server.
//
// A component can serve requests below /api/v0/component/<its id>/, and reach other components'
// handlers in-process: a target whose address is memory_address() is asked with call(), never over
// a socket.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/task.h"
#include "net/http_message.h"

namespace alloy {

class ComponentHttp {
 public:
  // Keeps a handler reachable; destroying it takes the handler away. Requests that are being
  // answered finish, so what the handler refers to must be shared with it.
  class Registration {
   public:
    Registration() = default;
    explicit Registration(std::function<void()> remove) : remove_(std::move(remove)) {}
    Registration(Registration&& other) noexcept : remove_(std::exchange(other.remove_, nullptr)) {}
    Registration& operator=(Registration&& other) noexcept {
      if (remove_) remove_();
      remove_ = std::exchange(other.remove_, nullptr);
      return *this;
    }
    ~Registration() {
      if (remove_) remove_();
    }

   private:
    std::function<void()> remove_;
  };

  virtual ~ComponentHttp() = default;

  // host:port (--server.http.memory-addr) that stands for the server inside this process, always
  // plain http: what exporters put into __address__.
  virtual const std::string& memory_address() const = 0;

  // host:port where the server listens; empty where it doesn't yet, or not to the outside.
  virtual std::string listen_address() const { return {}; }

  // The path under which serve() makes a component reachable: "/api/v0/component/<global_id>/".
  virtual std::string path_of(std::string_view global_id) const = 0;

  // Sends requests below path_of(global_id) to `handler`, whose request.path is the rest
  // ("/metrics"). From any thread.
  [[nodiscard]] virtual Registration serve(std::string global_id, net::Handler handler) = 0;

  // Asks the server in-process. `request.path` and `request.query` say for what.
  virtual Task<net::ServerResponse> call(net::ServerRequest request) = 0;
};

}  // namespace alloy
