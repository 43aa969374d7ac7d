// An event of a Kubernetes cluster, and how it is spelled as a line.
#pragma once

#include <string>

#include "components/shared/kubernetes/objects.h"

namespace alloy::loki::source_kubernetes_events {

struct ClusterEvent final : kubernetes::ClusterObject {
  std::string version;  // Of the event itself.
  std::string object_name;
  std::string object_namespace;
  std::string object_kind;
  std::string object_api_version;
  std::string object_version;
  std::string action;
  std::string reporting_instance;
  std::string reporting_controller;
  std::string source_component;
  std::string source_host;
  std::string reason;
  std::string type;
  std::string message;
  int64_t count = 0;
  int64_t timestamp_ns = 0;
  bool operator==(const ClusterEvent&) const = default;
};

extern const kubernetes::ObjectType event_type;

enum class LineFormat : unsigned char { logfmt, json };

// What is empty is left out, but for the message.
std::string format_event(const ClusterEvent& event, LineFormat format);

}  // namespace alloy::loki::source_kubernetes_events
