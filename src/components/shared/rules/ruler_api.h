// The HTTP API by which Mimir and Loki take rules, and Mimir the routing of alerts.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "component/component.h"
#include "components/shared/http_client_arguments.h"
#include "net/http_client.h"

namespace alloy::rules {

struct RulerRequest {
  std::string_view method;
  std::string path;
  std::string body;
  std::string operation;  // The path with "<name>" in place of names, for the metric.
};

class RulerApi {
 public:
  struct Settings {
    std::string address;
    std::string tenant_id;
    std::string metric;             // Of the histogram with the durations.
    bool missing_is_empty = false;  // Whether 404 means that there is nothing.
  };
  static Result<std::shared_ptr<RulerApi>> create(const Options& options,
                                                  const HttpClientArguments& http,
                                                  Settings settings);

  // The body of the answer. Kind invalid: trying again won't help.
  Task<Result<std::string>> ask(RulerRequest request, StopToken stop);

 private:
  RulerApi(const Options& options, Settings settings, std::unique_ptr<net::HttpClient> http)
      : options_(options), settings_(std::move(settings)), http_(std::move(http)) {}

  void observe(const RulerRequest& request, std::string status, SteadyTime begin);

  const Options& options_;
  const Settings settings_;
  const std::unique_ptr<net::HttpClient> http_;
};

}  // namespace alloy::rules
