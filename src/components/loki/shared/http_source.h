// What the sources that are HTTP servers have in common: routes, labels, and answering only once
// the entries of a request are durable.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "component/component.h"
#include "components/loki/shared/forwarder.h"
#include "components/shared/own_http_server.h"
#include "signals/log_batch_builder.h"
#include "signals/relabel.h"

namespace alloy::loki {

// What a request's entries and labels go through; replaced as a whole when the arguments change.
struct HttpSourceSettings {
  std::map<std::string, std::string> labels;
  RelabelRulesPointer relabel_rules;
  bool use_incoming_timestamp = false;
  // How long a client waits for receivers that are full before it is told to come again.
  Duration patience = 10s;
};
using HttpSourceSettingsPointer = std::shared_ptr<const HttpSourceSettings>;

// What a route made of a request.
struct HttpSourceResult {
  std::shared_ptr<LogBatchBuilder> entries;  // May be null.
  std::shared_ptr<const void> memory;        // What they point to, besides the builder.
  int status = 204;
  std::string error;  // Of (part of) the request.
  std::string body;   // Of the answer, if nothing was wrong.
};

class HttpSource {
 public:
  using Read = std::function<Task<HttpSourceResult>(std::shared_ptr<net::ServerRequest>,
                                                    HttpSourceSettingsPointer)>;
  // How a route answers; the default is an empty body, or the error.
  using Answer = std::function<net::ServerResponse(const net::ServerRequest&, int status,
                                                   const std::string& error)>;
  struct Route {
    std::string method;
    std::string path;
    Read read;
    Answer answer = {};
  };

  HttpSource(const Options& options, Counter& entries_written);

  void add(Route route) { routes_.push_back(std::move(route)); }
  void configure(HttpSourceSettings settings, std::vector<LogsReceiverPointer> forward_to);
  // Refuses from now on.
  void close();

  static Task<net::ServerResponse> handle(std::shared_ptr<HttpSource> self,
                                          net::ServerRequest request);

 private:
  const Route* find(const net::ServerRequest& request, net::ServerResponse& refusal) const;
  Task<HttpSourceResult> read(const Route& route, std::shared_ptr<net::ServerRequest> request);

  const Logger logger_;
  Counter& entries_written_;
  std::vector<Route> routes_;
  const std::shared_ptr<Forwarder> forwarder_;
  std::mutex mutex_;  // Guards everything below.
  HttpSourceSettingsPointer settings_;
  bool is_closed_ = false;
};

// A route that only answers, with this text.
HttpSource::Route text_route(std::string path, std::string text);

// The labels of an entry as they go on: relabelled, without internal ones, with the tenant's name
// (unless it is empty). Null: nothing is left.
SeriesRef finish_labels(SeriesStore& store, LabelBuilder& labels, const RelabelRulesPointer& rules,
                        std::string_view tenant);

// The body as the client wrote it: plain, or compressed with gzip, deflate or (for protobuf)
// snappy.
Task<Result<std::string>> read_body(std::shared_ptr<net::ServerRequest> request, size_t size_max);

}  // namespace alloy::loki
