#include "components/shared/kubernetes/secrets.h"

#include "values/stdlib/base64.h"

namespace alloy::kubernetes {
namespace {

constexpr Duration fetch_timeout = 15s;

}  // namespace

Result<std::string> Secrets::secret(const std::string& name_space, JsonNode selector) {
  return value({true, name_space, std::string(selector["name"].text())}, selector["key"].text());
}

Result<std::string> Secrets::secret_or_config_map(const std::string& name_space,
                                                  JsonNode selector) {
  if (selector["secret"]) return secret(name_space, selector["secret"]);
  const JsonNode map = selector["configMap"];
  if (!map) return fail("neither Secret or ConfigMap are specified");
  return value({false, name_space, std::string(map["name"].text())}, map["key"].text());
}

Result<std::string> Secrets::value(Name name, std::string_view key) {
  const auto known = known_.find(name);
  if (known == known_.end()) {
    missing_.insert(std::move(name));
    return fail("not asked for yet", ErrorKind::not_found);
  }
  TRY(const Data& data, known->second);
  const auto found = data.find(key);
  if (found == data.end())
    return fail(fmt::format("{} {}/{} has no field {}", name.is_secret ? "secret" : "configmap",
                            name.name_space, name.name, key));
  return found->second;
}

Result<Secrets::Data> Secrets::read(std::string_view body, bool is_secret) {
  TRY(const auto document, JsonDocument::parse(body));
  Data data;
  for (const auto& [key, value] : document.root()["data"].members()) {
    std::string text(value.text());
    if (is_secret) {
      TRY(text, stdlib::decode_base64(text, stdlib::Base64Alphabet::standard));
    }
    data.emplace(key, std::move(text));
  }
  TRY(document.check());
  return data;
}

Task<> Secrets::fetch(Secrets* self, StopToken stop) {
  for (const Name& name : std::exchange(self->missing_, {})) {
    const auto body = co_await self->client_->get(
        core_path(name.name_space, name.is_secret ? "secrets" : "configmaps", name.name),
        fetch_timeout, stop);
    if (stop.stop_requested()) co_return;
    if (body) {
      self->known_.insert_or_assign(name, read(*body, name.is_secret));
    } else {
      self->known_.insert_or_assign(name, fail(body.error().message()));
    }
  }
}

}  // namespace alloy::kubernetes
