#include "net/answer_stream.h"

#include <atomic>

#include <boost/asio/this_coro.hpp>

#include "net/http_test_support.h"

namespace alloy::net {
namespace {

using namespace test;

constexpr size_t chunk_size = 64 << 10;
constexpr int chunk_count = 512;  // More than sockets hold.

// Writes much, and counts what the peer has taken.
Handler make_flood(std::atomic<int>* written) {
  return [written](ServerRequest) -> Task<ServerResponse> {
    struct Flood {
      static Task<Result<>> write(std::atomic<int>* written, std::shared_ptr<BodyWriter> body) {
        for (int i = 0; i < chunk_count; ++i) {
          CO_TRY(co_await body->write(std::string(chunk_size, 'x')));
          ++*written;
        }
        co_return Result<>();
      }
      static Task<ServerResponse> answer(std::atomic<int>* written) {
        ServerResponse response;
        response.stream = [written](std::shared_ptr<BodyWriter> body) {
          return write(written, std::move(body));
        };
        co_return response;
      }
    };
    return Flood::answer(written);
  };
}

struct Outcome {
  size_t size = 0;
  int status = 0;
  std::string error;
  int written_when_held = 0;
};

Task<Outcome> read_slowly(std::shared_ptr<HttpClient> client, std::string url,
                          std::atomic<int>* written, StopToken stop) {
  TaskGroup tasks(co_await boost::asio::this_coro::executor, TaskGroup::Strands::shared);
  const auto stream = std::make_shared<AnswerStream>(4 * chunk_size);
  tasks.spawn(AnswerStream::fill(stream, client, {.url = url, .body_size_max = 0}, stop));
  Outcome outcome;
  // Until the server stands still.
  for (int before = -1; before != *written || before < 4;) {
    before = *written;
    co_await sleep_for(100ms, stop);
  }
  outcome.written_when_held = *written;
  while (true) {
    const auto bytes = co_await stream->read(stop);
    if (!bytes) outcome.error = bytes.error().message();
    if (!bytes || bytes->empty()) break;
    outcome.size += bytes->size();
  }
  outcome.status = stream->status();
  co_await tasks.join();
  co_return outcome;
}

TEST_CASE("who does not read an answer makes its server wait, and gets all of it in the end") {
  Executor executor(2);
  std::atomic<int> written = 0;
  RunningServer server(executor, make_flood(&written));
  const std::shared_ptr<HttpClient> client = HttpClient::create(executor.any(), {}).value();
  const Outcome outcome =
      wait_for(executor, read_slowly(client, server.url("/"), &written, StopToken{}));
  CHECK(outcome.written_when_held < chunk_count);
  CHECK(outcome.size == chunk_size * chunk_count);
  CHECK(outcome.status == 200);
  CHECK(outcome.error.empty());
}

Task<Outcome> read_all(std::shared_ptr<HttpClient> client, std::string url) {
  TaskGroup tasks(co_await boost::asio::this_coro::executor, TaskGroup::Strands::shared);
  const auto stream = std::make_shared<AnswerStream>();
  tasks.spawn(AnswerStream::fill(stream, client, {.url = url}, {}));
  Outcome outcome;
  while (true) {
    const auto bytes = co_await stream->read({});
    if (!bytes) outcome.error = bytes.error().message();
    if (!bytes || bytes->empty()) break;
    outcome.size += bytes->size();
  }
  outcome.status = stream->status();
  co_await tasks.join();
  co_return outcome;
}

TEST_CASE("an answer that breaks off fails after what had come of it") {
  Executor executor(2);
  RawServer server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", RawServer::After::close);
  const std::shared_ptr<HttpClient> client = HttpClient::create(executor.any(), {}).value();
  const Outcome outcome = wait_for(executor, read_all(client, server.url("/")));
  CHECK(outcome.size == 5);
  CHECK(outcome.status == 200);
  CHECK(outcome.error == "unexpected EOF");
}

}  // namespace
}  // namespace alloy::net
