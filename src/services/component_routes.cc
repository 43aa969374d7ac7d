#include "services/component_routes.h"

#include <fmt/format.h>

#include "base/text.h"
#include "services/http_router.h"

namespace alloy {
namespace {

Task<net::ServerResponse> ready(net::ServerResponse response) { co_return response; }

// Keeps the handler alive until it has answered.
Task<net::ServerResponse> call(std::shared_ptr<const net::Handler> handler,
                               net::ServerRequest request) {
  co_return co_await (*handler)(std::move(request));
}

}  // namespace

ComponentHttp::Registration ComponentRoutes::add(std::string global_id, net::Handler handler) {
  auto shared = std::make_shared<const net::Handler>(std::move(handler));
  {
    std::lock_guard lock(table_->mutex);
    table_->handlers[global_id] = shared;
  }
  // A new handler may have taken the place meanwhile: a component is replaced before it is gone.
  return ComponentHttp::Registration([table = table_, global_id = std::move(global_id), shared] {
    std::lock_guard lock(table->mutex);
    const auto at = table->handlers.find(global_id);
    if (at != table->handlers.end() && at->second == shared) table->handlers.erase(at);
  });
}

Task<net::ServerResponse> ComponentRoutes::handle(net::ServerRequest request,
                                                  const ComponentDirectory* directory) const {
  const std::string path = request.path.substr(prefix.size());
  for (size_t end = path.size(); end != std::string::npos;
       end = end == 0 ? std::string::npos : path.rfind('/', end - 1)) {
    const std::string_view id = std::string_view(path).substr(0, end);
    std::shared_ptr<const net::Handler> handler;
    {
      std::lock_guard lock(table_->mutex);
      if (const auto at = table_->handlers.find(id); at != table_->handlers.end())
        handler = at->second;
    }
    if (handler) {
      request.path = end < path.size() ? path.substr(end) : "/";
      return call(std::move(handler), std::move(request));
    }
    if (directory != nullptr && directory->has_component(id)) return ready({.status = 404});
  }
  return ready(net::text_response(
      400, fmt::format("failed to parse URL path {}: invalid path", quote(request.path))));
}

}  // namespace alloy
