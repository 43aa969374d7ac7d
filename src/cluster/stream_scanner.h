// When the bytes of a stream hold a whole exchange: streams don't say how long they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace alloy::cluster {

enum class StreamProgress : unsigned char { incomplete, complete, unusable };

// Remembers how far it has looked, so that a stream that comes in small pieces costs no more.
class StreamScanner {
 public:
  // `bytes`: everything that has come so far.
  StreamProgress look(std::string_view bytes);

 private:
  StreamProgress look_for_header(std::string_view bytes);
  StreamProgress look_for_nodes(std::string_view bytes);

  size_t passed_ = 0;  // What need not be looked at again.
  std::optional<uint64_t> nodes_left_;
  uint64_t user_state_bytes_ = 0;
};

// The same in one go.
StreamProgress stream_progress(std::string_view bytes);

}  // namespace alloy::cluster
