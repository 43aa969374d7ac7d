#include "convert/promtail/clients.h"

#include <fmt/format.h>

#include "convert/http_client.h"
#include "schema/find_field.h"

namespace alloy::convert::promtail {
namespace {

constexpr Rename client_names[] = {{"batchwait", "batch_wait"},   {"batchsize", ""},
                                   {"timeout", "remote_timeout"}, {"backoff_config", ""},
                                   {"external_labels", ""},       {"drop_rate_limited_batches", ""},
                                   http_headers_elsewhere};

constexpr Rename backoff_names[] = {{"min_period", "min_backoff_period"},
                                    {"max_period", "max_backoff_period"},
                                    {"max_retries", "max_backoff_retries"}};

}  // namespace

Component convert_client(const YamlNode& client, std::string label, Catalogue catalogue,
                         SourceReader& reader) {
  Component component{"loki.write", {}};
  component.arguments.label = std::move(label);
  const Schema* schema = find_arguments(catalogue, component.name);
  if (schema == nullptr) {
    reader.refuse("this program has no loki.write");
    return component;
  }
  const Schema& endpoint_schema =
      find_field(*schema, nullptr, "endpoint").field->type->element->schema();
  Draft& endpoint = component.arguments.add("endpoint");
  reader.read(client, {"client.raw", &endpoint_schema, client_names}, endpoint);
  if (const YamlNode* backoff = client.find("backoff_config"))
    reader.read(*backoff, {"backoff.Config", &endpoint_schema, backoff_names}, endpoint);
  if (const auto size = client.text_of("batchsize"); !size.empty())
    endpoint.set("batch_size", Value::string(fmt::format("{}B", size)));
  if (client.text_of("drop_rate_limited_batches") == "true")
    endpoint.set("retry_on_http_429", Value::boolean(false));
  settle_http_client(client, reader, endpoint);
  const YamlNode* labels = client.find("external_labels");
  component.arguments.set("external_labels", labels == nullptr ? Value::object(Object::sorted({}))
                                                               : reader.text_map(*labels));
  return component;
}

}  // namespace alloy::convert::promtail
