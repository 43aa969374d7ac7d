#include "components/prometheus/remote_write/encoding_settings.h"

#include <fmt/format.h>

#include "queue/record.h"

namespace alloy::prometheus::remote_write {

uint64_t EncodingSettings::hash() const {
  // Lengths in front keep neighbours from running into each other.
  std::string text(protocol == Protocol::v2 ? wire::write_request_v2 : wire::write_request_v1);
  text += '\n';
  const auto add = [&](std::string_view part) {
    text += fmt::format("{}:{}\n", part.size(), part);
  };
  for (const auto& [name, value] : external_labels) {
    add(name);
    add(value);
  }
  if (relabel_rules) {
    for (const RelabelRule& rule : relabel_rules->rules()) {
      add("rule");
      for (const std::string& label : rule.source_labels) add(label);
      add(rule.separator);
      add(rule.regex.source());
      add(fmt::format("{}", rule.modulus));
      add(rule.target_label);
      add(rule.replacement);
      add(name_of(rule.action));
    }
  }
  text += fmt::format("{} {} {} {}", send_exemplars, send_native_histograms, samples_max,
                      batch_deadline.count());
  if (tenants) {
    text += '\n';
    add(tenants->label);
    add(tenants->fallback);
    text += fmt::format("{}", tenants->keep_label);
  }
  return queue::checksum(text);
}

}  // namespace alloy::prometheus::remote_write
