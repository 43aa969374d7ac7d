#include "components/prometheus/receive_http/content_type.h"

#include <fmt/format.h>

#include "base/text.h"

namespace alloy::prometheus::receive_http {

Result<wire::RemoteWriteProtocol> protocol_of(std::string_view content_type) {
  constexpr std::string_view media_type = "application/x-protobuf";
  const std::string_view text = trim(content_type);
  if (text.empty()) return wire::RemoteWriteProtocol::v1;
  const std::vector<std::string_view> parts = split(text, ';');
  if (parts.front() != media_type) {
    return fail(fmt::format("expected {} as the first (media) part, got {} content-type",
                            media_type, text));
  }
  for (size_t i = 1; i < parts.size(); ++i) {
    const size_t equal = parts[i].find('=');
    if (equal == std::string_view::npos || equal != parts[i].rfind('=')) {
      return fail(
          fmt::format("as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters "
                      "to be key-values, got {} in {} content-type",
                      parts[i], text));
    }
    if (trim(parts[i].substr(0, equal)) != "proto") continue;
    const std::string_view message = trim(parts[i].substr(equal + 1));
    if (message == wire::write_request_v1) return wire::RemoteWriteProtocol::v1;
    if (message == wire::write_request_v2) return wire::RemoteWriteProtocol::v2;
    return fail(
        fmt::format("got {} content type; unknown type for remote write protobuf message {}, "
                    "supported: {}, {}",
                    text, message, wire::write_request_v1, wire::write_request_v2));
  }
  return wire::RemoteWriteProtocol::v1;
}

}  // namespace alloy::prometheus::receive_http
