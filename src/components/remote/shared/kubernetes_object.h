// What remote.kubernetes.secret and .configmap have in common: they export the data of one object
// of the cluster, and ask for it again every now and then.
#pragma once

#include <map>
#include <string>

#include "component/component.h"
#include "components/shared/kubernetes/api_client.h"
#include "values/secret.h"

namespace alloy::remote {

struct KubernetesObjectArguments {
  std::string name_space;
  std::string name;
  Duration poll_frequency = 1min;
  Duration poll_timeout = 15s;
  kubernetes::ClientArguments client;

  static constexpr auto schema() {
    using T = KubernetesObjectArguments;
    return fields(required<&T::name_space>("namespace", "The namespace of the object."),
                  required<&T::name>("name", "The name of the object."),
                  optional<&T::poll_frequency>("poll_frequency", "How often to ask for it."),
                  optional<&T::poll_timeout>("poll_timeout", "How long an answer may take."),
                  block<&T::client>("client", "How to reach the API server."));
  }
  Result<> validate() const;
};

struct KubernetesObjectExports {
  std::map<std::string, OptionalSecret> data;

  static constexpr auto schema() {
    return fields(
        required<&KubernetesObjectExports::data>("data", "The data of the object, by key."));
  }
};

// A kind of object that has data.
struct KubernetesDataKind {
  std::string_view name;    // "secret"
  std::string_view plural;  // "secrets"
  bool is_secret;           // Then its data is in base64.
};

class KubernetesObject
    : public AwaitingComponentWith<KubernetesObjectArguments, KubernetesObjectExports> {
 public:
  KubernetesObject(const KubernetesDataKind& kind, Options options)
      : AwaitingComponentWith(std::move(options)), kind_(kind) {}
  Task<Result<>> update(KubernetesObjectArguments arguments) override;
  Task<> run(StopToken stop) override;

 private:
  // Everything one request needs; replaced as a whole.
  struct Setup {
    KubernetesObjectArguments arguments;
    std::shared_ptr<kubernetes::ApiClient> client;
  };
  using Data = std::map<std::string, OptionalSecret>;

  static Task<Result<Data>> ask(const KubernetesDataKind& kind, std::shared_ptr<const Setup> setup,
                                StopToken stop);
  void publish(Data data);

  const KubernetesDataKind& kind_;
  std::shared_ptr<const Setup> setup_;
};

}  // namespace alloy::remote
