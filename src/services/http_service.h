// The program's HTTP server: readiness, health, reload, metrics, the API, and the handlers of
// components. It listens before the first configuration is loaded, so that whoever asks early gets
// an answer.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/log.h"
#include "component/directory.h"
#include "net/tls_server_options.h"
#include "services/basic_auth.h"
#include "services/component_http.h"
#include "services/live_debugging.h"
#include "services/self_metrics.h"
#include "services/support_bundle.h"
#include "services/web_api.h"

namespace alloy {

struct HttpServiceOptions {
  std::string listen_address = "127.0.0.1:12345";
  std::string memory_address = "alloy.internal:12345";
  std::string ui_path_prefix = "/";
  bool enable_pprof = true;
  Executor& executor;
  Logger logger;
  const SelfMetrics& metrics;
  // Reads the configuration again; the error is what the client gets.
  std::function<Task<Result<>>()> reload;
  std::function<std::vector<Peer>()> peers;
  LiveDebugging& live_debugging;
  // What other nodes of the cluster send.
  net::Handler cluster_transport;
  // What /-/support consists of; none: it is forbidden.
  std::optional<SupportBundleParts> support_bundle;
};

class HttpService final : public ComponentHttp {
 public:
  explicit HttpService(HttpServiceOptions options);
  ~HttpService() override;

  // Binds the public address. Errors: "listen tcp 127.0.0.1:80: bind: permission denied".
  Result<> listen();
  // The server's own counters.
  void register_metrics(MetricRegistry& registry) const;
  // Where it listens: the port is known although 0 was asked for.
  std::string address() const;
  uint16_t port() const;

  // From when on components can be asked for. They must outlive the service's last request.
  void set_components(const ComponentDirectory& directory, const ComponentDirectory& remote);
  // Until this is called only /-/ready is answered: the configuration has not yet said who may ask
  // for more.
  void open();
  // Requests to /-/ready succeed from now on.
  void set_ready();

  // Serves until asked to stop, then lets requests in progress finish for a moment.
  Task<> run(StopToken stop);

  // Who has to say who they are (none: nobody), and with which certificate to serve (none: plain).
  void set_auth(std::optional<HttpAuth> auth);
  Result<> set_tls(std::optional<net::TlsServerOptions> tls);

  // The answer to a request from outside. Public for tests, which need no socket.
  Task<net::ServerResponse> answer(net::ServerRequest request) const;

  const std::string& memory_address() const override;
  std::string listen_address() const override { return address(); }
  std::string path_of(std::string_view global_id) const override;
  Registration serve(std::string global_id, net::Handler handler) override;
  Task<net::ServerResponse> call(net::ServerRequest request) override;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace alloy
