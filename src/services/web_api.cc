#include "services/web_api.h"

#include <fmt/format.h>

#include "base/text.h"
#include "services/component_json.h"

namespace alloy {
namespace {

using net::ServerRequest;
using net::ServerResponse;

// The real API's JSON goes out under the type that Go guesses for it.
ServerResponse json_response(std::string body) {
  ServerResponse response = plain_text(200, std::move(body));
  response.compress = true;
  response.headers.set("Vary", "Accept-Encoding");
  return response;
}

ServerResponse list(const ComponentDirectory* directory, std::string_view module_id) {
  if (directory == nullptr) {
    if (module_id.empty()) return json_response("[]");
    return net::text_response(500, "module not found");
  }
  const auto components = directory->list_components(module_id);
  if (!components) return net::text_response(500, components.error().message());
  std::string body;
  append_components_json(body, *components);
  return json_response(std::move(body));
}

ServerResponse detail(const ComponentDirectory* directory, std::string_view global_id) {
  if (directory == nullptr) return page_not_found();
  const auto component = directory->find_component(global_id);
  if (!component) return page_not_found();
  std::string body;
  append_component_json(body, *component);
  return json_response(std::move(body));
}

using Directory = std::function<const ComponentDirectory*()>;

Task<ServerResponse> answer(ServerResponse response) { co_return response; }

// The endpoints about one controller's components, at `base` + "components" and so on.
// Ids of components in no module may come without `prefix`.
void add_controller_routes(HttpRouter& router, const std::string& base, Directory directory,
                           const std::string& prefix = "") {
  router.add(base + "components", [=](ServerRequest) { return answer(list(directory(), "")); });
  const std::string one = base + "components/";
  router.add_prefix(one, [=](ServerRequest request) {
    std::string id = request.path.substr(one.size());
    if (id.find('/') == std::string::npos) id.insert(0, prefix);
    return answer(detail(directory(), id));
  });
  const std::string modules = base + "modules/";
  router.add_prefix(modules, [=](ServerRequest request) {
    constexpr std::string_view end = "/components";
    std::string_view id = std::string_view(request.path).substr(modules.size());
    if (!id.ends_with(end)) return answer(page_not_found());
    id.remove_suffix(end.size());
    return answer(id.empty() ? page_not_found() : list(directory(), id));
  });
}

}  // namespace

std::string peers_json(const std::vector<Peer>& peers) {
  std::string out = "[";
  for (const Peer& peer : peers) {
    if (out.size() > 1) out += ',';
    out += "{\"name\":";
    append_json_string(out, peer.name);
    out += ",\"addr\":";
    append_json_string(out, peer.address);
    out += fmt::format(",\"isSelf\":{},\"state\":", peer.is_self);
    append_json_string(out, peer.state);
    out += '}';
  }
  return out + "]";
}

std::string components_json(const ComponentDirectory* directory) {
  if (directory == nullptr) return "[]";
  const auto components = directory->list_components("");
  if (!components) return "[]";
  std::string out;
  append_components_json(out, *components);
  return out;
}

void WebApi::add_routes(HttpRouter& router, const std::string& base) const {
  const std::string api = base + "/api/v0/web/";
  add_controller_routes(router, api, components);
  add_controller_routes(router, api + "remotecfg/", remote_components, "remotecfg/");
  router.add(api + "peers",
             [peers = peers](ServerRequest) { return answer(json_response(peers_json(peers()))); });
}

}  // namespace alloy
