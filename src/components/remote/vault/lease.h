// How long a token or a secret is good for, and when it is to be renewed or got anew.
#pragma once

#include <algorithm>
#include <optional>

#include "base/clock.h"
#include "base/time_text.h"
#include "components/remote/vault/client.h"

namespace alloy::remote::vault {

class Lease {
 public:
  enum class Duty : unsigned char { none, renew, get_anew };

  // Nothing where there is no answer, since nothing had to be asked.
  void begin(std::optional<Answer> answer, const Clock& clock) {
    answer_ = std::move(answer);
    has_failed_ = false;
    updated_at_ = clock.wall();
    extend(answer_ ? answer_->lease : Duration::zero(), clock);
  }
  // It was renewed.
  void extend(Duration lease, const Clock& clock) {
    begun_ = clock.steady();
    lease_ = lease;
    retry_at_ = SteadyTime();
  }
  // Renewing has failed: not again before the pause is over.
  void postpone(const Clock& clock) { retry_at_ = clock.steady() + retry_pause; }
  // Getting it has failed: to be tried again after the pause.
  void fail(const Clock& clock) {
    postpone(clock);
    has_failed_ = true;
  }

  // A renewable one is renewed after two thirds of its time, and got anew if that does not work
  // out; the others are got anew a little before their end.
  Duty duty(SteadyTime now) const {
    if (has_failed_) return now < retry_at_ ? Duty::none : Duty::get_anew;
    if (!is_limited() || now < retry_at_ || now < begun_ + due()) return Duty::none;
    return is_renewable() && now < begun_ + last_call() ? Duty::renew : Duty::get_anew;
  }
  // When to look at the duty again.
  std::optional<SteadyTime> next() const {
    if (has_failed_) return retry_at_;
    if (!is_limited()) return std::nullopt;
    return std::max(begun_ + due(), retry_at_);
  }

  bool is_renewable() const { return answer_ && answer_->is_renewable; }
  const std::optional<Answer>& answer() const { return answer_; }
  LeaseInfo info() const {
    LeaseInfo info{
        .last_update_time = format_rfc3339(updated_at_),
        .secret_expire_time = format_rfc3339(is_limited() ? updated_at_ + lease_ : WallTime())};
    if (!answer_) {
      info.warnings = {"no secret necessary for configured auth mechanism"};
      return info;
    }
    info.latest_request_id = answer_->request_id;
    info.renewable = answer_->is_renewable;
    info.warnings = answer_->warnings;
    return info;
  }

 private:
  static constexpr Duration retry_pause = 5s;

  bool is_limited() const { return lease_ > Duration::zero(); }
  Duration due() const { return is_renewable() ? lease_ * 2 / 3 : last_call(); }
  Duration last_call() const { return lease_ * 9 / 10; }

  std::optional<Answer> answer_;
  WallTime updated_at_{};
  SteadyTime begun_{};
  Duration lease_{};
  SteadyTime retry_at_{};
  bool has_failed_ = false;
};

}  // namespace alloy::remote::vault
