// Answers remote write requests: unpacks them, leaves out what can't be taken, and passes the rest
// on as one batch, with the status codes of Prometheus.
#pragma once

#include <memory>
#include <mutex>

#include "base/clock.h"
#include "base/log.h"
#include "components/prometheus/receive_http/arguments.h"
#include "components/prometheus/shared/series_keeper.h"
#include "net/http_message.h"

namespace alloy::prometheus::receive_http {

class WriteHandler {
 public:
  WriteHandler(SeriesStore& store, MetricRegistry& metrics, Clock& clock, Logger logger);

  // Takes effect with the next request.
  void configure(const Arguments& arguments);
  // Takes nothing any more.
  void close();
  // Lets go of series that have not come for long.
  void sweep() { keeper_.sweep(); }

  static Task<net::ServerResponse> answer(std::shared_ptr<WriteHandler> self,
                                          net::ServerRequest request);

 private:
  struct Settings {
    bool append_metadata = false;
    bool type_and_unit_labels = false;
    bool accepts_v1 = false;
    bool accepts_v2 = false;
  };
  struct Building;

  Settings settings() const;
  net::ServerResponse write(const net::ServerRequest& request, const std::string& body);
  net::ServerResponse store(const wire::WriteRequest& request, wire::RemoteWriteProtocol protocol);
  bool take_series(const wire::WriteRequest& request, const wire::WriteRequest::Series& series,
                   Building& out);
  bool take_labels(const wire::WriteRequest& request, const wire::WriteRequest::Series& series,
                   Building& out);
  void take_exemplars(const wire::WriteRequest& request, const wire::WriteRequest::Series& series,
                      Building& out);
  void refuse_exemplar(std::string_view why, Building& out);
  void take_metadata(const wire::WriteRequest::Series& series, Building& out);
  void refuse(std::string problem, const wire::WriteRequest::Series& series, Building& out);

  SeriesStore& store_;
  Clock& clock_;
  const Logger logger_;
  Counter& invalid_;
  SeriesKeeper keeper_;
  MetricsFanout fanout_;
  mutable std::mutex mutex_;  // Guards everything below.
  Settings settings_;
  bool closed_ = false;
};

}  // namespace alloy::prometheus::receive_http
