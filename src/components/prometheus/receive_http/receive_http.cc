// prometheus.receive_http takes Prometheus remote write requests and passes their metrics on.
#include "component/component.h"
#include "components/prometheus/receive_http/arguments.h"
#include "components/prometheus/receive_http/write_handler.h"
#include "components/shared/own_http_server.h"

namespace alloy::prometheus::receive_http {
namespace {

// How long a series that no longer comes is remembered, at least.
constexpr Duration sweep_interval = 10min;

SeriesStore& store_of(const Options& options) {
  auto* store = options.services.find<SeriesStore>();
  ASSERT(store != nullptr);
  return *store;
}

class ReceiveHttp final : public AwaitingComponentWith<Arguments> {
 public:
  explicit ReceiveHttp(Options options)
      : AwaitingComponentWith(std::move(options)),
        handler_(std::make_shared<WriteHandler>(store_of(this->options()), this->options().metrics,
                                                clock(), logger())),
        server_(this->options(), "prometheus_receive_http") {}
  ~ReceiveHttp() override { handler_->close(); }

  Task<Result<>> update(Arguments arguments) override {
    CO_TRY(arguments.check(options().stability_min));
    handler_->configure(arguments);
    co_return co_await server_.update(arguments.server,
                                      [handler = handler_](net::ServerRequest request) {
                                        return WriteHandler::answer(handler, std::move(request));
                                      });
  }

  Task<> run(StopToken stop) override {
    server_.start();
    while (co_await clock().sleep(sweep_interval, stop) == Wake::elapsed) handler_->sweep();
    co_await server_.stop();
    handler_->close();
  }

 private:
  const std::shared_ptr<WriteHandler> handler_;
  OwnHttpServer server_;
};

}  // namespace
}  // namespace alloy::prometheus::receive_http

namespace alloy {

extern const ComponentType prometheus_receive_http = {
    .name = "prometheus.receive_http",
    .doc = "Takes Prometheus remote write requests and passes their metrics on.",
    .stability = Stability::generally_available,
    .arguments = &schema_of<prometheus::receive_http::Arguments>,
    .create = create<prometheus::receive_http::ReceiveHttp>,
};

}  // namespace alloy
