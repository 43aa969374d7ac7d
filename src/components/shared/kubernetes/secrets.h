// The secrets and config maps that resources of an operator refer to. Reading a resource asks for
// them; what is not known yet is asked of the API server, and the resource is read again.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "components/shared/json.h"
#include "components/shared/kubernetes/api_client.h"

namespace alloy::kubernetes {

class Secrets {
 public:
  explicit Secrets(std::shared_ptr<ApiClient> client) : client_(std::move(client)) {}

  // The value that {name, key} means. Kind not_found: it has yet to be asked for.
  Result<std::string> secret(const std::string& name_space, JsonNode selector);
  // {secret: {name, key}} or {configMap: {name, key}}.
  Result<std::string> secret_or_config_map(const std::string& name_space, JsonNode selector);

  bool has_missing() const { return !missing_.empty(); }
  // Asks for what is missing.
  static Task<> fetch(Secrets* self, StopToken stop);
  // Forgets everything, so that changes are seen.
  void forget() { known_.clear(); }

 private:
  struct Name {
    bool is_secret;
    std::string name_space;
    std::string name;
    auto operator<=>(const Name&) const = default;
  };
  using Data = std::map<std::string, std::string, std::less<>>;

  Result<std::string> value(Name name, std::string_view key);
  static Result<Data> read(std::string_view body, bool is_secret);

  const std::shared_ptr<ApiClient> client_;
  std::map<Name, Result<Data>> known_;
  std::set<Name> missing_;
};

}  // namespace alloy::kubernetes
