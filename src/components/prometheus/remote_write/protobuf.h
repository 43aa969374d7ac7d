// Writing protobuf's wire format, under a short name.
#pragma once

#include "wire/protobuf_writer.h"

namespace alloy::prometheus::remote_write {

namespace protobuf = wire::protobuf;

}  // namespace alloy::prometheus::remote_write
