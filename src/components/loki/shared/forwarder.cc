#include "components/loki/shared/forwarder.h"

#include <algorithm>

namespace alloy::loki {
namespace {

constexpr Duration pause_min = 10ms;
constexpr Duration pause_max = 1s;

// What the delivery of one attempt tells.
struct Settlement {
  Event settled;
  std::atomic<bool> is_settled = false;
  std::atomic<bool> is_lost = false;
};

DeliveryPointer make_delivery(const std::shared_ptr<Settlement>& settlement) {
  auto delivery = Delivery::create([settlement](Delivery::Outcome outcome) {
    settlement->is_lost = outcome == Delivery::Outcome::failed;
    settlement->is_settled = true;
    settlement->settled.notify();
  });
  delivery->set_source_waits();
  return delivery;
}

}  // namespace

Task<Result<>> Forwarder::deliver(std::shared_ptr<Forwarder> self,
                                  std::span<const LogEntry> entries,
                                  std::shared_ptr<const void> memory, Duration patience,
                                  StopToken stop) {
  if (entries.empty()) co_return Result<>();
  Clock& clock = self->clock_;
  const SteadyTime deadline =
      patience == Duration::max() ? SteadyTime::max() : clock.steady() + patience;
  const int64_t read_at_ns = clock.wall().time_since_epoch().count();
  auto settlement = std::make_shared<Settlement>();
  DeliveryPointer delivery = make_delivery(settlement);
  Duration pause = pause_min;
  while (true) {
    Result<> taken =
        self->fanout_.receive({.entries = entries, .delivery = delivery, .read_at_ns = read_at_ns});
    if (taken) {
      delivery.reset();
      const Duration left =
          deadline == SteadyTime::max() ? Duration::max() : deadline - clock.steady();
      // Mostly it is settled by now, which counts even when everything is to stop.
      if (!settlement->is_settled)
        (void)co_await settlement->settled.wait(stop, std::max<Duration>(left, 0s));
      if (!settlement->is_settled) co_return fail("not durable in time", ErrorKind::timeout);
      if (!settlement->is_lost) co_return Result<>();
      taken = fail("the entries were lost on their way");
      settlement = std::make_shared<Settlement>();
      delivery = make_delivery(settlement);
    }
    if (stop.stop_requested() || clock.steady() + pause >= deadline) co_return taken;
    co_await clock.sleep(pause, stop);
    pause = std::min(2 * pause, pause_max);
  }
}

}  // namespace alloy::loki
