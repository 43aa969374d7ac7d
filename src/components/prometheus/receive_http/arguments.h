// The arguments of prometheus.receive_http.
#pragma once

#include <string>
#include <vector>

#include "base/stability.h"
#include "components/shared/http_server_arguments.h"
#include "schema/fields.h"
#include "signals/metrics_receiver.h"
#include "wire/remote_write.h"

namespace alloy::prometheus::receive_http {

struct Arguments {
  HttpServerArguments server;
  std::vector<MetricsReceiverPointer> forward_to;
  bool append_metadata = false;
  bool enable_type_and_unit_labels = false;
  std::vector<std::string> accepted = {std::string(wire::write_request_v1)};

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        inlined<&T::server>(), required<&T::forward_to>("forward_to", "Where the metrics go."),
        optional<&T::append_metadata>("append_metadata",
                                      "Whether types, helps and units are passed on."),
        optional<&T::enable_type_and_unit_labels>(
            "enable_type_and_unit_labels", "Adds type and unit as labels to each series of 2.0."),
        optional<&T::accepted>("accepted_remote_write_protobuf_messages",
                               "Protocols to accept: prometheus.WriteRequest, "
                               "io.prometheus.write.v2.Request."));
  }

  // What the chosen level of stability must allow, and whether the protocols exist.
  Result<void> check(Stability allowed) const;
  bool accepts(wire::RemoteWriteProtocol protocol) const;
};

}  // namespace alloy::prometheus::receive_http
