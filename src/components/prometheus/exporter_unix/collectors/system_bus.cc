#include "components/prometheus/exporter_unix/collectors/system_bus.h"

#include <cerrno>
#include <cstdlib>
#include <systemd/sd-bus.h>

#include <fmt/format.h>

#include "base/dynamic_library.h"

namespace alloy::prometheus::exporter_unix {
namespace {

constexpr uint64_t call_timeout_us = 5'000'000;

struct Library {
  DynamicLibrary file{"libsystemd.so.0"};
  decltype(&sd_bus_open_system) open_system = nullptr;
  decltype(&sd_bus_flush_close_unref) close = nullptr;
  decltype(&sd_bus_set_method_call_timeout) set_method_call_timeout = nullptr;
  decltype(&sd_bus_get_property_string) get_property_string = nullptr;
  decltype(&sd_bus_get_property_trivial) get_property_trivial = nullptr;
  decltype(&sd_bus_call_method) call_method = nullptr;
  decltype(&sd_bus_message_enter_container) enter_container = nullptr;
  decltype(&sd_bus_message_exit_container) exit_container = nullptr;
  decltype(&sd_bus_message_read_basic) read_basic = nullptr;
  decltype(&sd_bus_message_unref) unref = nullptr;
  decltype(&sd_bus_error_free) error_free = nullptr;

  Library() {
    if (!file.loaded()) return;
    file.bind(open_system, "sd_bus_open_system");
    file.bind(close, "sd_bus_flush_close_unref");
    file.bind(set_method_call_timeout, "sd_bus_set_method_call_timeout");
    file.bind(get_property_string, "sd_bus_get_property_string");
    file.bind(get_property_trivial, "sd_bus_get_property_trivial");
    file.bind(call_method, "sd_bus_call_method");
    file.bind(enter_container, "sd_bus_message_enter_container");
    file.bind(exit_container, "sd_bus_message_exit_container");
    file.bind(read_basic, "sd_bus_message_read_basic");
    file.bind(unref, "sd_bus_message_unref");
    file.bind(error_free, "sd_bus_error_free");
  }
};

const Library& library() {
  static const Library loaded;
  return loaded;
}

// Frees what the library says of a mistake.
struct BusError {
  sd_bus_error error = SD_BUS_ERROR_NULL;
  ~BusError() { library().error_free(&error); }
};

struct Message {
  sd_bus_message* message = nullptr;
  ~Message() { library().unref(message); }
};

Result<std::vector<std::string>> read_struct(sd_bus_message* message, const char* types) {
  std::vector<std::string> values;
  for (const char* type = types; *type != '\0'; ++type) {
    if (*type == 'u') {
      uint32_t number = 0;
      if (library().read_basic(message, 'u', &number) < 0) return fail("unexpected answer");
      values.push_back(fmt::format("{}", number));
    } else {
      const char* text = nullptr;
      if (library().read_basic(message, *type, static_cast<void*>(&text)) < 0) {
        return fail("unexpected answer");
      }
      values.emplace_back(text);
    }
  }
  return values;
}

}  // namespace

Result<std::unique_ptr<SystemBus>> SystemBus::open() {
  if (const auto& loaded = library().file.loaded(); !loaded) {
    return std::unexpected(loaded.error());
  }
  sd_bus* bus = nullptr;
  const int code = library().open_system(&bus);
  if (code < 0) {
    errno = -code;
    return fail(Error::from_errno("couldn't get dbus connection").message());
  }
  library().set_method_call_timeout(bus, call_timeout_us);
  return std::unique_ptr<SystemBus>(new SystemBus(bus));
}

SystemBus::~SystemBus() { library().close(bus_); }

Result<> SystemBus::check(int code, std::string_view what, const char* message) const {
  if (code >= 0) return {};
  is_silent_ |= code == -ETIMEDOUT;
  if (message != nullptr) return fail(fmt::format("{}: {}", what, message));
  errno = -code;
  return fail(Error::from_errno(what).message());
}

Result<std::string> SystemBus::read_text(const BusObject& object, const char* property) const {
  if (is_silent_) return fail("the bus does not answer");
  BusError error;
  char* text = nullptr;
  const int code = library().get_property_string(bus_, object.service, object.path.c_str(),
                                                 object.interface, property, &error.error, &text);
  TRY(check(code, property, error.error.message));
  const std::unique_ptr<char, decltype(&std::free)> owner(text, &std::free);
  return std::string(text);
}

Result<uint64_t> SystemBus::read_number(const BusObject& object, const char* property,
                                        char type) const {
  if (is_silent_) return fail("the bus does not answer");
  BusError error;
  union {
    uint64_t large;
    uint32_t small;
    int boolean;
  } value{};
  const int code =
      library().get_property_trivial(bus_, object.service, object.path.c_str(), object.interface,
                                     property, &error.error, type, &value);
  TRY(check(code, property, error.error.message));
  if (type == 't') return value.large;
  return type == 'u' ? uint64_t{value.small} : static_cast<uint64_t>(value.boolean);
}

Result<std::vector<std::vector<std::string>>> SystemBus::list(const BusObject& object,
                                                              const char* method,
                                                              const char* types) const {
  if (is_silent_) return fail("the bus does not answer");
  BusError error;
  Message reply;
  int code = library().call_method(bus_, object.service, object.path.c_str(), object.interface,
                                   method, &error.error, &reply.message, nullptr);
  TRY(check(code, method, error.error.message));
  code = library().enter_container(reply.message, 'a', fmt::format("({})", types).c_str());
  TRY(check(code, method, error.error.message));
  std::vector<std::vector<std::string>> structs;
  while ((code = library().enter_container(reply.message, 'r', types)) > 0) {
    TRY(auto values, read_struct(reply.message, types));
    structs.push_back(std::move(values));
    code = library().exit_container(reply.message);
    if (code < 0) break;
  }
  TRY(check(code, method, error.error.message));
  return structs;
}

}  // namespace alloy::prometheus::exporter_unix
