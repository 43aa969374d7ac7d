#include "components/prometheus/receive_http/arguments.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace alloy::prometheus::receive_http {

Result<void> Arguments::check(Stability allowed) const {
  const bool is_experimental = allowed == Stability::experimental;
  const auto needs = [](std::string_view what) {
    return fail(
        fmt::format("{} is an experimental feature, and must be enabled by setting the "
                    "stability.level flag to experimental",
                    what));
  };
  if (append_metadata && !is_experimental) return needs("append_metadata");
  if (enable_type_and_unit_labels && !is_experimental) return needs("enable_type_and_unit_labels");
  if (accepted.empty()) return fail("accepted_remote_write_protobuf_messages must not be empty");
  for (const std::string& name : accepted) {
    if (name == wire::write_request_v1) continue;
    if (name != wire::write_request_v2) {
      return fail(fmt::format("unsupported protocol version {}: valid values are {} and {}",
                              quote(name), quote(wire::write_request_v1),
                              quote(wire::write_request_v2)));
    }
    if (!is_experimental) {
      return needs(fmt::format("using {} in supported_protocol_versions", quote(name)));
    }
  }
  return {};
}

bool Arguments::accepts(wire::RemoteWriteProtocol protocol) const {
  const std::string_view name =
      protocol == wire::RemoteWriteProtocol::v1 ? wire::write_request_v1 : wire::write_request_v2;
  return std::ranges::find(accepted, name) != accepted.end();
}

}  // namespace alloy::prometheus::receive_http
