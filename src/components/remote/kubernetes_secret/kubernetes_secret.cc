// remote.kubernetes.secret exposes the data of a Secret of a Kubernetes cluster to other
// components.
#include "components/remote/shared/kubernetes_object.h"

namespace alloy::remote::kubernetes_secret {
namespace {

constexpr KubernetesDataKind kind = {.name = "secret", .plural = "secrets", .is_secret = true};

class KubernetesSecret final : public KubernetesObject {
 public:
  explicit KubernetesSecret(Options options) : KubernetesObject(kind, std::move(options)) {}
};

}  // namespace
}  // namespace alloy::remote::kubernetes_secret

namespace alloy {

extern const ComponentType remote_kubernetes_secret;
const ComponentType remote_kubernetes_secret = {
    .name = "remote.kubernetes.secret",
    .doc = "Exposes the data of a Secret of a Kubernetes cluster to other components.",
    .arguments = &schema_of<remote::KubernetesObjectArguments>,
    .exports = &schema_of<remote::KubernetesObjectExports>,
    .create = create<remote::kubernetes_secret::KubernetesSecret>,
};

}  // namespace alloy
