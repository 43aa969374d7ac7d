#include "convert/prometheus/remote_write.h"

#include "convert/http_client.h"
#include "schema/find_field.h"

namespace alloy::convert::prometheus {
namespace {

void convert_endpoint(const YamlNode& config, const Schema& schema, SourceReader& reader,
                      Draft& endpoint) {
  const Rename renames[] = {{"write_relabel_configs", ""}, http_headers_elsewhere};
  reader.read(config, {"config.plain", &schema, renames}, endpoint);
  if (!endpoint.has("url")) reader.refuse("url for remote_write is empty");
  settle_http_client(config, reader, endpoint);
  endpoint.block("queue_config").is_kept = true;
  endpoint.block("metadata_config").is_kept = true;
  add_relabel_rules(config.find("write_relabel_configs"), "write_relabel_config", schema, reader,
                    endpoint);
}

}  // namespace

Component convert_remote_writes(const YamlNode* configs, const YamlNode& global, std::string label,
                                Catalogue catalogue, SourceReader& reader) {
  Component component{"prometheus.remote_write", {}};
  component.arguments.label = std::move(label);
  const Schema* schema = find_arguments(catalogue, component.name);
  if (schema == nullptr) {
    reader.refuse("this program has no prometheus.remote_write");
    return component;
  }
  if (const YamlNode* labels = global.find("external_labels");
      labels != nullptr && !labels->members.empty()) {
    component.arguments.set("external_labels", reader.text_map(*labels));
  }
  const Schema& endpoint = find_field(*schema, nullptr, "endpoint").field->type->element->schema();
  for (const YamlNode& config : reader.items(configs, "*config.RemoteWriteConfig"))
    convert_endpoint(config, endpoint, reader, component.arguments.add("endpoint"));
  return component;
}

void check_remote_writes(const YamlNode* configs, Diagnostics& diagnostics) {
  if (configs == nullptr) return;
  for (const YamlNode& config : configs->items) check_http_client(config, diagnostics);
}

}  // namespace alloy::convert::prometheus
