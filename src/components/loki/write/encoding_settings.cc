#include "components/loki/write/encoding_settings.h"

#include <fmt/format.h>

#include "queue/record.h"

namespace alloy::loki::write {

uint64_t EncodingSettings::hash() const {
  // Lengths in front keep neighbours from running into each other.
  std::string text = "logproto.PushRequest\n";
  const auto add = [&](std::string_view part) {
    text += fmt::format("{}:{}\n", part.size(), part);
  };
  for (const auto& [name, value] : external_labels) {
    add(name);
    add(value);
  }
  add("tenant");
  add(tenant_id);
  add(drops_for);
  text += fmt::format("{} {} {} {} {}", batch_bytes, batch_wait.count(), streams_max, lanes,
                      capacity_bytes);
  return queue::checksum(text);
}

}  // namespace alloy::loki::write
