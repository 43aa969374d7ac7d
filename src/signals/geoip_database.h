// A database of MaxMind (.mmdb), which knows something about networks.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "signals/json/json_value.h"

namespace alloy {

class GeoipDatabase {
 public:
  static Result<GeoipDatabase> open(const std::string& path);

  enum class Outcome : unsigned char { found, unknown, no_address };
  // The record about the network that the address is in.
  Result<Outcome> find(std::string_view address, Scratch& scratch, JsonValue& record) const;

 private:
  struct Handle;
  explicit GeoipDatabase(std::shared_ptr<const Handle> handle) : handle_(std::move(handle)) {}

  std::shared_ptr<const Handle> handle_;
};

}  // namespace alloy
