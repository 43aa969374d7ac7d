// The handlers of components: /api/v0/component/<id>/<rest> goes to whoever registered for <id>.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "component/directory.h"
#include "net/http_message.h"
#include "services/component_http.h"

namespace alloy {

class ComponentRoutes {
 public:
  static constexpr std::string_view prefix = "/api/v0/component/";

  ComponentHttp::Registration add(std::string global_id, net::Handler handler);

  // Answers a request below the prefix. Ids may hold slashes: the longest known one counts.
  // `directory` tells a component without a handler from one that does not exist; may be null.
  Task<net::ServerResponse> handle(net::ServerRequest request,
                                   const ComponentDirectory* directory) const;

 private:
  // Shared with the registrations, which may outlive this.
  struct Table {
    std::mutex mutex;  // Guards everything below.
    std::map<std::string, std::shared_ptr<const net::Handler>, std::less<>> handlers;
  };
  std::shared_ptr<Table> table_ = std::make_shared<Table>();
};

}  // namespace alloy
