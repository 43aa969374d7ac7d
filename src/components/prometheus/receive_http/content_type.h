// Which protocol a remote write request says it speaks.
#pragma once

#include <string_view>

#include "base/error.h"
#include "wire/remote_write.h"

namespace alloy::prometheus::receive_http {

// From Content-Type; without one it is 1.0. Errors: why it is none that we know.
Result<wire::RemoteWriteProtocol> protocol_of(std::string_view content_type);

}  // namespace alloy::prometheus::receive_http
