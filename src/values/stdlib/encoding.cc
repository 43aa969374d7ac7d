// encoding.*: values to texts and back.
#include "values/bytes.h"
#include "values/secret.h"
#include "values/stdlib/base64.h"
#include "values/stdlib/contains_secret.h"
#include "values/stdlib/json_decode.h"
#include "values/stdlib/json_encode.h"
#include "values/stdlib/library.h"
#include "values/stdlib/url_query.h"
#include "values/stdlib/yaml_decode.h"

namespace alloy::stdlib {
namespace {

template <class T>
CallResult give(Result<T> result) {
  if (!result) return std::unexpected(CallError::failed(result.error().message()));
  if constexpr (std::is_same_v<T, std::string>) {
    return Value::string(*std::move(result));
  } else {
    return *std::move(result);
  }
}

CallResult from_json(std::span<const std::string> arguments) {
  return give(decode_json(arguments[0]));
}

CallResult from_yaml(std::span<const std::string> arguments) {
  return give(decode_yaml(arguments[0]));
}

template <Base64Alphabet alphabet>
CallResult from_base64(std::span<const std::string> arguments) {
  auto bytes = decode_base64(arguments[0], alphabet);
  if (!bytes) return std::unexpected(CallError::failed(bytes.error().message()));
  return Value::array(std::make_shared<const Bytes>(*std::move(bytes)));
}

template <Base64Alphabet alphabet>
CallResult to_base64(std::span<const std::string> arguments) {
  return Value::string(encode_base64(arguments[0], alphabet));
}

CallResult url_encode(std::span<const std::string> arguments) {
  return Value::string(escape_query(arguments[0]));
}

CallResult url_decode(std::span<const std::string> arguments) {
  return give(unescape_query(arguments[0]));
}

// A text with a secret in it is a secret, like that of string.format.
CallResult to_json(std::span<const Value> arguments) {
  if (arguments.size() != 1) return std::unexpected(wrong_count(1, arguments.size()));
  if (!arguments[0].is_object()) {
    return std::unexpected(CallError::failed("jsonEncode only supports map"));
  }
  auto text = encode_json(arguments[0]);
  if (!text) return std::unexpected(CallError::failed(text.error().message()));
  if (contains_secret(arguments[0])) return encapsulate(Secret{*std::move(text)});
  return Value::string(*std::move(text));
}

}  // namespace

Value encoding_namespace() {
  return make_namespace({
      {"from_URLbase64", text_function(1, &from_base64<Base64Alphabet::url>)},
      {"from_base64", text_function(1, &from_base64<Base64Alphabet::standard>)},
      {"from_json", text_function(1, &from_json)},
      {"from_yaml", text_function(1, &from_yaml)},
      {"to_URLbase64", text_function(1, &to_base64<Base64Alphabet::url>)},
      {"to_base64", text_function(1, &to_base64<Base64Alphabet::standard>)},
      {"to_json", function(&to_json)},
      {"url_decode", text_function(1, &url_decode)},
      {"url_encode", text_function(1, &url_encode)},
  });
}

}  // namespace alloy::stdlib
