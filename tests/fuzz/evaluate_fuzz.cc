// Whatever the expression, evaluating it ends, with a value that the API can show or an error.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "schema/json.h"
#include "syntax/parser.h"
#include "values/evaluate.h"
#include "values/secret.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace alloy;
  const auto file = syntax::parse_expression(
      syntax::make_source("fuzz", std::string(reinterpret_cast<const char*>(data), size)));
  if (!file) return 0;
  Variables scope;
  scope.set("secret", encapsulate(Secret{"s3cr3t-t3xt"}));
  scope.set("list", Value::array({Value::integer(1), Value::string("x"), Value()}));
  const auto value = evaluate(*(*file)->expression(), {.scope = scope, .file = "fuzz"});
  if (!value) {
    ASSERT(!value.error().to_string().empty());
    return 0;
  }
  std::string json;
  const auto appended = append_value_json(json, *value);
  ASSERT(appended.has_value() || !appended.error().message().empty());
  return 0;
}
