// The wrapper around libmaxminddb.
#include "signals/geoip_database.h"

#include <arpa/inet.h>
#include <maxminddb.h>
#include <netinet/in.h>

namespace alloy {

struct GeoipDatabase::Handle {
  Handle() = default;
  ~Handle() {
    if (is_open) MMDB_close(&database);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  MMDB_s database = {};
  bool is_open = false;
};

namespace {

// Reads one value; `next` goes behind it.
bool read_value(const MMDB_entry_data_list_s*& next, Scratch& scratch, JsonValue& out) {
  if (next == nullptr) return false;
  const MMDB_entry_data_s& data = next->entry_data;
  next = next->next;
  switch (data.type) {
    case MMDB_DATA_TYPE_UTF8_STRING:
      out = JsonValue::text(scratch.keep({data.utf8_string, data.data_size}));
      return true;
    case MMDB_DATA_TYPE_DOUBLE:
      out = JsonValue::number(data.double_value);
      return true;
    case MMDB_DATA_TYPE_FLOAT:
      out = JsonValue::number(data.float_value);
      return true;
    case MMDB_DATA_TYPE_UINT16:
      out = JsonValue::number(data.uint16);
      return true;
    case MMDB_DATA_TYPE_UINT32:
      out = JsonValue::number(data.uint32);
      return true;
    case MMDB_DATA_TYPE_INT32:
      out = JsonValue::number(data.int32);
      return true;
    case MMDB_DATA_TYPE_UINT64:
      out = JsonValue::number(static_cast<double>(data.uint64));
      return true;
    case MMDB_DATA_TYPE_BOOLEAN:
      out = JsonValue::boolean(data.boolean);
      return true;
    case MMDB_DATA_TYPE_ARRAY: {
      std::vector<JsonValue> elements(data.data_size);
      for (JsonValue& element : elements) {
        if (!read_value(next, scratch, element)) return false;
      }
      out = JsonValue::array(scratch.keep(std::span<const JsonValue>(elements)));
      return true;
    }
    case MMDB_DATA_TYPE_MAP: {
      std::vector<JsonMember> members(data.data_size);
      for (JsonMember& member : members) {
        JsonValue name;
        if (!read_value(next, scratch, name) || !name.is_text()) return false;
        member.name = name.as_text();
        if (!read_value(next, scratch, member.value)) return false;
      }
      out = JsonValue::object(scratch.keep(std::span<const JsonMember>(members)));
      return true;
    }
    default:
      out = JsonValue();
      return true;
  }
}

}  // namespace

Result<GeoipDatabase> GeoipDatabase::open(const std::string& path) {
  auto handle = std::make_shared<Handle>();
  const int status = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &handle->database);
  if (status == MMDB_IO_ERROR || status == MMDB_FILE_OPEN_ERROR) {
    return std::unexpected(Error::from_errno("open " + path));
  }
  if (status != MMDB_SUCCESS) return fail("opening " + path + ": " + MMDB_strerror(status));
  handle->is_open = true;
  return GeoipDatabase(std::move(handle));
}

Result<GeoipDatabase::Outcome> GeoipDatabase::find(std::string_view address, Scratch& scratch,
                                                   JsonValue& record) const {
  const std::string text(address);
  sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}};
  sockaddr_in6 v6 = {};
  v6.sin6_family = AF_INET6;
  const sockaddr* socket_address = nullptr;
  if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    socket_address = reinterpret_cast<const sockaddr*>(&v4);
  } else if (inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
    socket_address = reinterpret_cast<const sockaddr*>(&v6);
  } else {
    return Outcome::no_address;
  }
  int status = MMDB_SUCCESS;
  MMDB_lookup_result_s found = MMDB_lookup_sockaddr(&handle_->database, socket_address, &status);
  if (status != MMDB_SUCCESS) return fail(MMDB_strerror(status));
  if (!found.found_entry) return Outcome::unknown;
  MMDB_entry_data_list_s* list = nullptr;
  status = MMDB_get_entry_data_list(&found.entry, &list);
  if (status != MMDB_SUCCESS) {
    MMDB_free_entry_data_list(list);
    return fail(MMDB_strerror(status));
  }
  const MMDB_entry_data_list_s* next = list;
  const bool is_fine = read_value(next, scratch, record);
  MMDB_free_entry_data_list(list);
  if (!is_fine) return fail("the record is broken");
  return Outcome::found;
}

}  // namespace alloy
