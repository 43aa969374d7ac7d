#include "outage/exposition.h"

#include <fmt/format.h>

#include "outage/ledger.h"

namespace alloy::outage {
namespace {

constexpr size_t digits = 5;  // Of scrapes_max.
static_assert(scrapes_max == 100'000);

}  // namespace

Exposition::Exposition(size_t series) {
  text_ = fmt::format("# TYPE {} counter\n", metric_name);
  for (size_t i = 0; i < series; ++i) {
    text_ += fmt::format(R"({}{{service="checkout-{}",route="/api/v1/orders/{}",method="GET"}} {})",
                         metric_name, i % 40, i, 1 + i * 7919 % 9000);
    places_.push_back(text_.size());
    text_ += "00000\n";
  }
}

const std::string& Exposition::text(uint32_t scrape) {
  const std::string number = fmt::format("{:0{}}", scrape, digits);
  for (const size_t place : places_) text_.replace(place, digits, number);
  return text_;
}

}  // namespace alloy::outage
