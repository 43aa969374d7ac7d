// The messages of collector.v1.CollectorService, with which a server of configurations is asked.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace alloy::app::remotecfg {

enum class Status : unsigned char { unset, applied, applying, failed };

struct StatusReport {
  Status status = Status::unset;
  std::string error_message;

  bool operator==(const StatusReport&) const = default;
};

struct Collector {
  std::string id;
  std::string name;
  std::map<std::string, std::string> attributes;
};

struct ConfigRequest {
  std::string hash;  // What the server last called its configuration.
  // Only what has changed since it was last received.
  std::optional<StatusReport> status;
  std::optional<std::string> effective_config;
};

struct ConfigAnswer {
  std::string content;
  std::string hash;
  bool not_modified = false;
};

std::string encode_register(const Collector& collector);
std::string encode_get_config(const Collector& collector, const ConfigRequest& request);
std::string encode_unregister(const Collector& collector);

Result<ConfigAnswer> decode_config_answer(std::string_view bytes);

}  // namespace alloy::app::remotecfg
