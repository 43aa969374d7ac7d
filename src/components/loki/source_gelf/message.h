// Messages of the Graylog Extended Log Format.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace alloy::loki::source_gelf {

struct Message {
  std::string version;
  std::string host;
  std::string short_message;
  std::string full_message;
  double timestamp = 0;  // Seconds since the epoch; 0: not said.
  int64_t level = 0;
  std::string facility;
  std::map<std::string, std::string> extra;  // Fields that begin with "_", their values as JSON.
};

// From JSON.
Result<Message> parse_message(std::string_view json);
// As the original's library writes it: the known fields, then the others by name.
std::string to_json(const Message& message);

// What a datagram says once it is unpacked: it may be compressed with gzip or zlib.
Result<std::string> unpack(std::string_view payload);

// Puts together messages that come in several datagrams, each with
// 0x1e 0x0f, eight bytes of an id, its number and how many there are.
class Assembler {
 public:
  explicit Assembler(Clock& clock) : clock_(clock) {}

  // The payload of a message that is complete with this datagram; none: it is not, yet. Fails for
  // what can't be part of a message.
  Result<std::optional<std::string>> add(std::string_view datagram);
  // How many messages were given up since the last call: the rest of them did not come in time, or
  // there were too many at once.
  size_t take_lost();

 private:
  struct Parts {
    std::vector<std::string> parts;
    size_t missing = 0;
    SteadyTime begun;
  };
  void forget_old();

  Clock& clock_;
  std::map<std::string, Parts, std::less<>> messages_;  // By id.
  size_t lost_ = 0;
};

}  // namespace alloy::loki::source_gelf
