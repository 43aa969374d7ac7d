// Asking a Docker engine, through a socket of the machine or HTTP.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "components/shared/http_client_arguments.h"
#include "components/shared/json.h"
#include "net/http_client.h"

namespace alloy {

class DockerEngine {
 public:
  // `host` is a URL: unix:///path, tcp://host:port, http://…, https://…. `timeout` is that of
  // get().
  static Result<DockerEngine> create(const std::string& host, const HttpClientArguments& arguments,
                                     Duration timeout, std::string user_agent,
                                     const AnyExecutor& executor);

  // What the API says at a path such as "/containers/json?all=true"; errors are those of the
  // engine, not_found when it knows no such thing. From one strand.
  Task<Result<JsonDocument>> get(std::string path, StopToken stop);
  // The whole URL of such a path, for requests of other kinds with client(). From the same strand.
  Task<Result<std::string>> url_of(std::string path, StopToken stop);
  const std::shared_ptr<net::HttpClient>& client() const { return client_; }

 private:
  DockerEngine(std::string url, Duration timeout, std::shared_ptr<net::HttpClient> client)
      : url_(std::move(url)), timeout_(timeout), client_(std::move(client)) {}
  Task<Result<>> agree_on_version(StopToken stop);

  std::string url_;
  Duration timeout_;
  std::shared_ptr<net::HttpClient> client_;
  std::optional<std::string> version_;  // "1.44", once the engine has been asked.
};

// Its words about a request that it refused.
Error docker_engine_error(int status, std::string_view status_line, std::string_view body);

}  // namespace alloy
