#include "components/loki/shared/pod_tail/pod_state.h"

#include <fmt/format.h>

#include "base/text.h"
#include "components/shared/json.h"
#include "components/shared/kubernetes/objects.h"
#include "components/shared/kubernetes/times.h"

namespace alloy::loki {
namespace {

// How long the logs of a job's container are read on after its end: what the kubelet has buffered
// may still come.
constexpr Duration job_patience = 60s;

enum class ContainerKind : unsigned char { app, init, ephemeral };
enum class ContainerState : unsigned char { unknown, waiting, running, terminated };

struct ContainerStatus {
  ContainerKind kind;
  ContainerState state;
  int64_t exit_code;
  std::optional<int64_t> finished_ns;
};

ContainerStatus read_status(JsonNode node, ContainerKind kind) {
  const JsonNode state = node["state"];
  const JsonNode terminated = state["terminated"];
  ContainerStatus status{.kind = kind,
                         .state = ContainerState::unknown,
                         .exit_code = terminated["exitCode"].integer(),
                         .finished_ns = kubernetes::parse_time(terminated["finishedAt"].text())};
  if (state["waiting"]) {
    status.state = ContainerState::waiting;
  } else if (state["running"]) {
    status.state = ContainerState::running;
  } else if (terminated) {
    status.state = ContainerState::terminated;
  }
  return status;
}

std::optional<ContainerStatus> find_status(JsonNode pod, std::string_view container) {
  constexpr std::pair<std::string_view, ContainerKind> lists[] = {
      {"containerStatuses", ContainerKind::app},
      {"initContainerStatuses", ContainerKind::init},
      {"ephemeralContainerStatuses", ContainerKind::ephemeral}};
  for (const auto& [list, kind] : lists)
    for (const JsonNode& status : pod["status"][list].elements())
      if (status["name"].text() == container) return read_status(status, kind);
  return std::nullopt;
}

// By the rules of restartPolicy: an app container with Always restarts whatever its exit code, an
// ephemeral one never does.
bool will_restart(const ContainerStatus& status, std::string_view policy) {
  if (status.state != ContainerState::terminated || status.kind == ContainerKind::ephemeral)
    return false;
  if (status.kind == ContainerKind::app && policy == "Always") return true;
  return status.exit_code != 0 && policy != "Never";
}

bool has_job_ended(JsonNode pod, const ContainerStatus& status, WallTime now) {
  if (status.state != ContainerState::terminated) return false;
  if (pod["metadata"]["deletionTimestamp"]) return true;
  const WallTime finished{std::chrono::nanoseconds(status.finished_ns.value_or(0))};
  return now - finished > job_patience;
}

}  // namespace

Result<bool> has_container_ended(std::string_view pod_json, std::string_view container,
                                 std::string_view uid, WallTime now) {
  TRY(const auto document, JsonDocument::parse(pod_json));
  const JsonNode pod = document.root();
  const auto meta = kubernetes::decode_meta(pod);
  const bool is_job =
      meta.controller && (meta.controller->kind == "Job" || meta.controller->kind == "CronJob");
  // Another pod has taken the name.
  if (!is_job && meta.uid != uid) return true;
  const auto status = find_status(pod, container);
  const auto policy = pod["spec"]["restartPolicy"].text();
  const bool is_ended_job = is_job && status && has_job_ended(pod, *status, now);
  TRY(document.check());
  if (!status)
    return fail(fmt::format("could not find container {} in pod status", quote(container)));
  if (is_job) return is_ended_job;
  if (status->state == ContainerState::waiting || status->state == ContainerState::running)
    return false;
  return !will_restart(*status, policy);
}

}  // namespace alloy::loki
