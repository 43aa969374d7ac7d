// Whatever the format, string.format writes a text of bounded size.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "values/stdlib/format.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using alloy::Value;
  static const Value arguments[] = {
      Value::integer(-42), Value::floating(0.1), Value::string("a\xff\"ü"),
      Value::array({Value::unsigned_integer(~uint64_t{0}), Value()}),
      Value::object(alloy::Object::sorted({{"k", Value::boolean(true)}}))};
  if (size > 200) return 0;
  alloy::stdlib::format({reinterpret_cast<const char*>(data), size}, arguments);
  return 0;
}
