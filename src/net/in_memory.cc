#include "net/in_memory.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>

namespace alloy::net {
namespace asio = boost::asio;

namespace {

class ReceiverWriter final : public BodyWriter {
 public:
  explicit ReceiverWriter(AnswerReceiver& receiver) : receiver_(receiver) {}

  Task<Result<void>> write(std::string chunk) override {
    if (!receiver_.receive_body(chunk)) co_return fail("the reader has gone");
    co_return Result<void>{};
  }
  void set_trailers(Headers) override {}

 private:
  AnswerReceiver& receiver_;
};

// The whole answer, head and body. The receiver outlives it: answer_in_memory() waits.
Task<Result<void>> answer(Handler handler, ServerRequest request, AnswerReceiver* receiver) {
  const ServerResponse response = co_await handler(std::move(request));
  if (!receiver->receive_head(response.status, response.headers)) co_return Result<void>{};
  if (response.stream) {
    auto written = co_await response.stream(std::make_shared<ReceiverWriter>(*receiver));
    // What the receiver refused it reports itself.
    if (!written && !receiver->error()) co_return fail("unexpected EOF");
  } else if (!response.body.empty()) {
    receiver->receive_body(response.body);
  }
  co_return Result<void>{};
}

}  // namespace

Task<Result<void>> answer_in_memory(AnyExecutor executor, Handler handler,
                                    std::shared_ptr<Exchange> exchange, Url url,
                                    AnswerReceiver* receiver, StopToken stop) {
  ServerRequest request;
  request.method = exchange->method;
  request.target = url.target();
  request.path = url.path.empty() ? "/" : url.path;
  request.query = url.query;
  request.host = url.host;
  request.headers = exchange->headers;
  request.headers.remove("Accept-Encoding");  // Compressing would only cost.
  request.body = make_body(std::string(exchange->body));

  const auto source = std::make_shared<StopSource>();
  request.stop = source->get_token();
  std::stop_callback on_stop(stop, [source] { source->request_stop(); });
  asio::steady_timer deadline(co_await asio::this_coro::executor);
  if (exchange->timeout > Duration::zero()) {
    deadline.expires_after(exchange->timeout);
    deadline.async_wait([source](boost::system::error_code error) {
      if (!error) source->request_stop();
    });
  }
  auto result = co_await asio::co_spawn(asio::make_strand(executor),
                                        answer(std::move(handler), std::move(request), receiver),
                                        asio::use_awaitable);
  if (stop.stop_requested()) co_return fail("context canceled", ErrorKind::stopped);
  if (source->stop_requested()) co_return fail("context deadline exceeded", ErrorKind::timeout);
  co_return result;
}

}  // namespace alloy::net
