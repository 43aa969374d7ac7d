#include "components/remote/shared/kubernetes_object.h"

#include "components/shared/json.h"
#include "values/stdlib/base64.h"

namespace alloy::remote {
namespace {

Result<std::map<std::string, OptionalSecret>> read_data(std::string_view body, bool is_secret) {
  TRY(const auto document, JsonDocument::parse(body));
  std::map<std::string, OptionalSecret> data;
  for (const auto& [key, value] : document.root()["data"].members()) {
    std::string text(value.text());
    if (is_secret) {
      auto decoded = stdlib::decode_base64(text, stdlib::Base64Alphabet::standard);
      if (!decoded) return std::unexpected(std::move(decoded).error().with_context(key));
      text = *std::move(decoded);
    }
    data.emplace(key, OptionalSecret{std::move(text), is_secret});
  }
  TRY(document.check());
  return data;
}

}  // namespace

Result<> KubernetesObjectArguments::validate() const {
  if (poll_frequency <= Duration::zero()) return fail("poll_frequency must be greater than 0");
  if (poll_timeout <= Duration::zero()) return fail("poll_timeout must be greater than 0");
  return {};
}

Task<Result<>> KubernetesObject::update(KubernetesObjectArguments arguments) {
  auto setup = std::make_shared<Setup>();
  CO_TRY(setup->client, kubernetes::ApiClient::create(arguments.client, options()));
  setup->arguments = std::move(arguments);
  CO_TRY(auto data, co_await ask(kind_, setup, StopToken{}));
  setup_ = setup;
  publish(std::move(data));
  co_return Result<>();
}

Task<Result<KubernetesObject::Data>> KubernetesObject::ask(const KubernetesDataKind& kind,
                                                           std::shared_ptr<const Setup> setup,
                                                           StopToken stop) {
  const KubernetesObjectArguments& arguments = setup->arguments;
  CO_TRY(const auto body,
         co_await setup->client->get(
             kubernetes::core_path(arguments.name_space, kind.plural, arguments.name),
             arguments.poll_timeout, std::move(stop)));
  co_return read_data(body, kind.is_secret);
}

void KubernetesObject::publish(Data data) {
  set_exports({.data = std::move(data)});
  report_healthy(fmt::format("got {}", kind_.name));
}

Task<> KubernetesObject::run(StopToken stop) {
  while (!stop.stop_requested()) {
    const auto setup = setup_;
    if (co_await clock().sleep(setup->arguments.poll_frequency, stop) != Wake::elapsed) co_return;
    // An update has asked already, and begins a new period.
    if (setup != setup_) continue;
    auto data = co_await ask(kind_, setup, stop);
    if (stop.stop_requested()) co_return;
    if (setup != setup_) continue;
    if (data) {
      publish(*std::move(data));
      continue;
    }
    report_unhealthy("polling failed: " + data.error().message());
    logger().error("failed to poll the API server", {{"err", data.error()}});
  }
}

}  // namespace alloy::remote
