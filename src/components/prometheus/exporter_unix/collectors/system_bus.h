// Questions to services on the system's D-Bus. The library behind it is loaded when the first
// connection is opened.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

struct sd_bus;
struct sd_bus_message;

namespace alloy::prometheus::exporter_unix {

// An object of a service, and the interface that is meant.
struct BusObject {
  const char* service;
  std::string path;
  const char* interface;
};

// One connection; not for several threads.
class SystemBus {
 public:
  static Result<std::unique_ptr<SystemBus>> open();
  ~SystemBus();
  SystemBus(const SystemBus&) = delete;
  SystemBus& operator=(const SystemBus&) = delete;

  Result<std::string> read_text(const BusObject& object, const char* property) const;
  // Of type 't' (64 bits), 'u' (32 bits) or 'b'.
  Result<uint64_t> read_number(const BusObject& object, const char* property, char type) const;

  // Calls a method without arguments that answers a list of structs. `types` are those of a struct,
  // of 's', 'o' and 'u'; numbers come as text too.
  Result<std::vector<std::vector<std::string>>> list(const BusObject& object, const char* method,
                                                     const char* types) const;

 private:
  explicit SystemBus(sd_bus* bus) : bus_(bus) {}
  Result<> check(int code, std::string_view what, const char* message) const;

  sd_bus* bus_;
  // Who did not answer in time once is not asked again: a scrape has not that much time.
  mutable bool is_silent_ = false;
};

}  // namespace alloy::prometheus::exporter_unix
