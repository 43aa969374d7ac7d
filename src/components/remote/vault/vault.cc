// remote.vault exposes a secret of HashiCorp Vault to other components: logs in, reads it, and
// keeps the token and the secret alive.
#include <mutex>
#include <random>

#include "component/component.h"
#include "components/remote/vault/lease.h"
#include "components/remote/vault/login.h"

namespace alloy::remote::vault {
namespace {

std::string random_nonce() {
  std::random_device random;
  std::string nonce;
  for (int i = 0; i < 4; ++i) nonce += fmt::format("{:08x}", random());
  return nonce;
}

class Vault final : public AwaitingComponentWith<Arguments, Exports> {
 public:
  explicit Vault(Options options);
  Task<Result<>> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;
  std::optional<Described> debug_info() const override;

 private:
  // Everything the requests need; replaced as a whole.
  struct Setup {
    Arguments arguments;
    std::string path;
    std::unique_ptr<Client> client;
  };
  struct Kept {
    Lease lease;
    std::string error;
    Counter* reads = nullptr;
    Counter* renewals = nullptr;
  };

  Task<Result<>> get_token(std::shared_ptr<Setup> setup, StopToken stop);
  Task<Result<>> get_secret(std::shared_ptr<Setup> setup, StopToken stop);
  Result<> keep(Kept& kept, std::optional<Answer> answer, const Result<>& result);
  Task<> look_after_token(std::shared_ptr<Setup> setup, StopToken stop);
  Task<> look_after_secret(std::shared_ptr<Setup> setup, StopToken stop);
  Task<> renew(Kept* kept, Client::Write write, std::shared_ptr<Setup> setup, StopToken stop);
  void publish(const Answer& answer);
  void report();
  Duration next_wait() const;

  const std::string nonce_ = random_nonce();
  std::shared_ptr<Setup> setup_;
  SteadyTime reread_at_{};
  StopSource updated_;        // Asked when there is another setup.
  mutable std::mutex mutex_;  // Guards the leases, which the API reads.
  Kept token_;
  Kept secret_;
};

Vault::Vault(Options options) : AwaitingComponentWith(std::move(options)) {
  MetricRegistry& metrics = this->options().metrics;
  token_.reads = &metrics.counter("remote_vault_auth_total",
                                  "Total number of times this component authenticated to Vault");
  secret_.reads = &metrics.counter("remote_vault_secret_reads_total",
                                   "Total number of times the secret was read from Vault");
  token_.renewals =
      &metrics.counter("remote_vault_auth_lease_renewal_total",
                       "Total number of times this component renewed its auth token lease");
  secret_.renewals =
      &metrics.counter("remote_vault_secret_lease_renewal_total",
                       "Total number of times this component renewed its secret lease");
}

// The first time everything has to succeed; later, a failure only shows in the health.
Task<Result<>> Vault::update(Arguments arguments) {
  auto setup = std::make_shared<Setup>();
  CO_TRY(setup->client, Client::create(arguments, options().executor, clock()));
  CO_TRY(setup->path, Client::secret_path(arguments));
  setup->arguments = std::move(arguments);
  const bool is_first = setup_ == nullptr;
  setup_ = setup;
  auto result = co_await get_token(setup, {});
  if (result) {
    result = co_await get_secret(setup, {});
  } else {
    const std::lock_guard lock(mutex_);
    secret_.lease.fail(clock());
  }
  report();
  if (!result && is_first)
    co_return std::unexpected(std::move(result).error().with_context("failed to get token"));
  std::exchange(updated_, StopSource()).request_stop();
  co_return Result<>();
}

Task<Result<>> Vault::get_token(std::shared_ptr<Setup> setup, StopToken stop) {
  auto answer = co_await log_in(setup->arguments.auth.front(),
                                {.client = setup->client.get(),
                                 .executor = &options().executor,
                                 .clock = &clock(),
                                 .nonce = nonce_},
                                std::move(stop));
  if (setup != setup_) co_return Result<>();  // An update has begun anew meanwhile.
  if (!answer) co_return keep(token_, std::nullopt, std::unexpected(answer.error()));
  co_return keep(token_, *std::move(answer), {});
}

Task<Result<>> Vault::get_secret(std::shared_ptr<Setup> setup, StopToken stop) {
  auto answer = co_await setup->client->read_secret(setup->path, std::move(stop));
  if (setup != setup_) co_return Result<>();
  reread_at_ = clock().steady() + setup->arguments.reread_frequency;
  if (!answer) co_return keep(secret_, std::nullopt, std::unexpected(answer.error()));
  publish(*answer);
  co_return keep(secret_, *std::move(answer), {});
}

// Notes what became of an attempt to get a token or a secret.
Result<> Vault::keep(Kept& kept, std::optional<Answer> answer, const Result<>& result) {
  const std::lock_guard lock(mutex_);
  if (!result) {
    kept.error = result.error().message();
    kept.lease.fail(clock());
    logger().error("failed to get token", {{"err", result.error()}});
    return result;
  }
  kept.error.clear();
  kept.reads->add(1);
  kept.lease.begin(std::move(answer), clock());
  return result;
}

void Vault::publish(const Answer& answer) {
  for (const std::string& name : answer.others)
    logger().warn("found field in secret which cannot be converted into a string", {{"key", name}});
  Exports exports;
  for (const auto& [name, value] : answer.data) exports.data.emplace(name, Secret{value});
  set_exports(std::move(exports));
}

void Vault::report() {
  const std::lock_guard lock(mutex_);
  const std::string& error = token_.error.empty() ? secret_.error : token_.error;
  if (error.empty())
    report_healthy("retrieved token");
  else
    report_unhealthy("failed to retrieve token: " + error);
}

Task<> Vault::run(StopToken stop) {
  while (!stop.stop_requested()) {
    const auto setup = setup_;
    co_await look_after_token(setup, stop);
    co_await look_after_secret(setup, stop);
    if (stop.stop_requested()) co_return;
    report();
    if (setup != setup_) continue;
    // An update ends the pause.
    StopSource pause;
    const std::stop_callback on_stop(stop, [&] { pause.request_stop(); });
    const std::stop_callback on_update(updated_.get_token(), [&] { pause.request_stop(); });
    co_await clock().sleep(next_wait(), pause.get_token());
  }
}

// When something is due again.
Duration Vault::next_wait() const {
  const SteadyTime now = clock().steady();
  Duration wait = Duration::max() / 2;
  const auto at_most = [&](SteadyTime time) { wait = std::min<Duration>(wait, time - now); };
  if (setup_->arguments.reread_frequency > Duration::zero()) at_most(reread_at_);
  const std::lock_guard lock(mutex_);
  for (const Kept* kept : {&token_, &secret_})
    if (const auto next = kept->lease.next()) at_most(*next);
  return std::max<Duration>(wait, 10ms);
}

Task<> Vault::look_after_token(std::shared_ptr<Setup> setup, StopToken stop) {
  switch (token_.lease.duty(clock().steady())) {
    case Lease::Duty::none:
      co_return;
    case Lease::Duty::renew:
      co_return co_await renew(&token_, {.path = "auth/token/renew-self", .body = "{}"}, setup,
                               std::move(stop));
    case Lease::Duty::get_anew:
      co_await get_token(std::move(setup), std::move(stop));
  }
}

Task<> Vault::look_after_secret(std::shared_ptr<Setup> setup, StopToken stop) {
  const SteadyTime now = clock().steady();
  const Duration frequency = setup->arguments.reread_frequency;
  if (frequency > Duration::zero() && now >= reread_at_) {
    logger().info("refreshing token");
    co_await get_secret(std::move(setup), std::move(stop));
    co_return;
  }
  switch (secret_.lease.duty(now)) {
    case Lease::Duty::none:
      co_return;
    case Lease::Duty::renew:
      co_return co_await renew(
          &secret_,
          {.path = "sys/leases/renew",
           .body = json_object({{"lease_id", secret_.lease.answer()->lease_id}})},
          setup, std::move(stop));
    case Lease::Duty::get_anew:
      co_await get_secret(std::move(setup), std::move(stop));
  }
}

// A failure is no harm yet: it is tried again, and what can't be renewed is got anew.
Task<> Vault::renew(Kept* kept, Client::Write write, std::shared_ptr<Setup> setup, StopToken stop) {
  const auto answer = co_await setup->client->write(std::move(write), std::move(stop));
  if (setup != setup_) co_return;
  const std::lock_guard lock(mutex_);
  if (!answer) {
    logger().warn("failed to renew", {{"err", answer.error()}});
    kept->lease.postpone(clock());
    co_return;
  }
  kept->renewals->add(1);
  kept->lease.extend(answer->lease, clock());
}

std::optional<Described> Vault::debug_info() const {
  const std::lock_guard lock(mutex_);
  return described(DebugInfo{.auth_token = token_.lease.info(), .secret = secret_.lease.info()});
}

}  // namespace
}  // namespace alloy::remote::vault

namespace alloy {

extern const ComponentType remote_vault;
const ComponentType remote_vault = {
    .name = "remote.vault",
    .doc = "Exposes a secret of HashiCorp Vault to other components.",
    .arguments = &schema_of<remote::vault::Arguments>,
    .exports = &schema_of<remote::vault::Exports>,
    .create = create<remote::vault::Vault>,
};

}  // namespace alloy
