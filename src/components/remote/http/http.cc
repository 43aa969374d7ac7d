// remote.http exposes what a URL answers to other components, and asks again every now and then.
#include "base/text.h"
#include "component/component.h"
#include "components/shared/http_client_arguments.h"
#include "net/http_client.h"
#include "services/identity.h"

namespace alloy::remote::http {
namespace {

struct Arguments {
  std::string url;
  Duration poll_frequency = 1min;
  Duration poll_timeout = 10s;
  bool is_secret = false;
  std::string method = "GET";
  std::map<std::string, std::string> headers;
  std::string body;
  HttpClientArguments client;

  static constexpr auto schema() {
    return fields(
        required<&Arguments::url>("url", "The URL to ask."),
        optional<&Arguments::poll_frequency>("poll_frequency", "How often to ask."),
        optional<&Arguments::poll_timeout>("poll_timeout", "How long an answer may take."),
        optional<&Arguments::is_secret>("is_secret", "Marks the content as a secret."),
        optional<&Arguments::method>("method", "The HTTP method of the request."),
        optional<&Arguments::headers>("headers", "Headers of the request."),
        optional<&Arguments::body>("body", "The body of the request."),
        block<&Arguments::client>("client", "How the HTTP client behaves."));
  }
  Result<> validate() const {
    if (poll_frequency <= Duration::zero()) return fail("poll_frequency must be greater than 0");
    if (poll_timeout <= Duration::zero()) return fail("poll_timeout must be greater than 0");
    if (poll_timeout >= poll_frequency)
      return fail("poll_timeout must be less than poll_frequency");
    TRY(net::parse_url(url));
    return {};
  }
};

struct Exports {
  OptionalSecret content;

  static constexpr auto schema() {
    return fields(required<&Exports::content>("content", "The body of the answer, trimmed."));
  }
};

// An answer is configuration or credentials: nothing that is this large.
constexpr size_t content_bytes_max = size_t{64} << 20;

class Http final : public AwaitingComponentWith<Arguments, Exports> {
 public:
  using AwaitingComponentWith::AwaitingComponentWith;
  Task<Result<>> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;

 private:
  // Everything one request needs; replaced as a whole.
  struct Setup {
    Arguments arguments;
    std::unique_ptr<net::HttpClient> client;
  };

  static Task<Result<std::string>> ask(std::shared_ptr<const Setup> setup, StopToken stop);
  void publish(const Setup& setup, std::string content);

  std::shared_ptr<const Setup> setup_;
};

Task<Result<>> Http::update(Arguments arguments) {
  // import.http comes here without validate().
  if (arguments.poll_frequency <= Duration::zero())
    co_return fail("poll_frequency must be greater than 0");
  const auto* identity = options().services.find<Identity>();
  auto setup = std::make_shared<Setup>();
  CO_TRY(setup->client,
         net::HttpClient::create(
             options().executor.any(),
             arguments.client.options(identity != nullptr ? identity->user_agent : "Alloy")));
  setup->arguments = std::move(arguments);
  auto content = co_await ask(setup, StopToken{});
  if (!content)
    co_return std::unexpected(std::move(content).error().with_context("performing request"));
  setup_ = setup;
  publish(*setup, *std::move(content));
  co_return Result<>();
}

Task<Result<std::string>> Http::ask(std::shared_ptr<const Setup> setup, StopToken stop) {
  const Arguments& arguments = setup->arguments;
  net::Request request{.method = arguments.method,
                       .url = arguments.url,
                       .body = arguments.body,
                       .timeout = arguments.poll_timeout,
                       .body_size_max = content_bytes_max,
                       .decoding = net::Decoding::none};
  for (const auto& [name, value] : arguments.headers) request.headers.add(name, value);
  CO_TRY(auto response, co_await setup->client->fetch(std::move(request), std::move(stop)));
  if (response.status != 200)
    co_return fail(fmt::format("unexpected status code {}", response.status_line));
  co_return std::string(trim(response.body));
}

void Http::publish(const Setup& setup, std::string content) {
  set_exports({.content = {std::move(content), setup.arguments.is_secret}});
  report_healthy("polled endpoint");
}

Task<> Http::run(StopToken stop) {
  while (!stop.stop_requested()) {
    const auto setup = setup_;
    if (co_await clock().sleep(setup->arguments.poll_frequency, stop) != Wake::elapsed) co_return;
    // An update has asked already, and begins a new period.
    if (setup != setup_) continue;
    auto content = co_await ask(setup, stop);
    if (stop.stop_requested()) co_return;
    if (setup != setup_) continue;
    if (content) {
      publish(*setup, *std::move(content));
      continue;
    }
    const Error error = std::move(content).error().with_context("performing request");
    report_unhealthy("polling failed: " + error.message());
    logger().error("failed to poll endpoint", {{"err", error}});
  }
}

}  // namespace
}  // namespace alloy::remote::http

namespace alloy {

extern const ComponentType remote_http;
const ComponentType remote_http = {
    .name = "remote.http",
    .doc = "Exposes the answer of an HTTP server to other components.",
    .arguments = &schema_of<remote::http::Arguments>,
    .exports = &schema_of<remote::http::Exports>,
    .create = create<remote::http::Http>,
};

}  // namespace alloy
