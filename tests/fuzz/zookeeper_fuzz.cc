// Whatever a ZooKeeper server says, reading its messages ends with a reply or an error.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "components/discovery/shared/zookeeper_messages.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace alloy::discovery::zookeeper;
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  (void)read_frame_size(message);
  const auto reply = parse_reply(message);
  if (!reply) return 0;
  ASSERT(reply->body.size() < size);
  if (const auto names = parse_children(reply->body)) ASSERT(names->size() <= size);
  if (const auto content = parse_data(reply->body)) ASSERT(content->size() <= size);
  return 0;
}
