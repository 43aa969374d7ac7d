// remote.kubernetes.configmap exposes the data of a ConfigMap of a Kubernetes cluster to other
// components.
#include "components/remote/shared/kubernetes_object.h"

namespace alloy::remote::kubernetes_configmap {
namespace {

constexpr KubernetesDataKind kind = {
    .name = "configmap", .plural = "configmaps", .is_secret = false};

class KubernetesConfigMap final : public KubernetesObject {
 public:
  explicit KubernetesConfigMap(Options options) : KubernetesObject(kind, std::move(options)) {}
};

}  // namespace
}  // namespace alloy::remote::kubernetes_configmap

namespace alloy {

extern const ComponentType remote_kubernetes_configmap;
const ComponentType remote_kubernetes_configmap = {
    .name = "remote.kubernetes.configmap",
    .doc = "Exposes the data of a ConfigMap of a Kubernetes cluster to other components.",
    .arguments = &schema_of<remote::KubernetesObjectArguments>,
    .exports = &schema_of<remote::KubernetesObjectExports>,
    .create = create<remote::kubernetes_configmap::KubernetesConfigMap>,
};

}  // namespace alloy
