#include "convert/http_client.h"

#include <algorithm>

namespace alloy::convert {
namespace {

// http_headers: {Name: {values: [..], secrets: [..]}} as {Name = [..]}.
void convert_headers(const YamlNode& headers, SourceReader& reader, Draft& into) {
  std::vector<Object::Member> members;
  for (const YamlMember& header : headers.members) {
    std::vector<Value> values;
    for (const YamlMember& kind : header.value.members) {
      // Files have no counterpart: see check_http_client().
      if (kind.key == "files") continue;
      if (kind.key != "values" && kind.key != "secrets") {
        reader.unknown_field(kind, "config.Header");
        continue;
      }
      for (const YamlNode& value : reader.items(&kind.value, "string"))
        values.push_back(Value::string(value.text));
    }
    members.push_back({header.key, Value::array(std::move(values))});
  }
  if (!members.empty()) into.set("http_headers", Value::object(Object::sorted(std::move(members))));
}

void move_token(Draft& into, std::string_view from, std::string_view to) {
  const Value token = into.value(from);
  if (token.is_null()) return;
  into.remove(from);
  into.block("authorization").set(to, token);
}

}  // namespace

void settle_http_client(const YamlNode& map, SourceReader& reader, Draft& into) {
  if (const YamlNode* headers = map.find("http_headers")) convert_headers(*headers, reader, into);
  move_token(into, "bearer_token", "credentials");
  move_token(into, "bearer_token_file", "credentials_file");
  if (into.has("authorization")) {
    Draft& authorization = into.block("authorization");
    if (!authorization.has("type")) authorization.set("type", Value::string("Bearer"));
  }
  if (into.has("oauth2")) into.block("oauth2").block("tls_config").is_kept = true;
}

void check_http_client(const YamlNode& map, Diagnostics& diagnostics) {
  const YamlNode* tls = map.find("tls_config");
  if (tls != nullptr && tls->find("max_version") != nullptr)
    diagnostics.add_unsupported("HTTP Client max_version config");
  const YamlNode* headers = map.find("http_headers");
  if (headers != nullptr && std::ranges::any_of(headers->members, [](const YamlMember& header) {
        return header.value.find("files") != nullptr;
      })) {
    diagnostics.add_unsupported("HTTP Client http_headers files config");
  }
}

}  // namespace alloy::convert
