// Many exchanges side by side on one libcurl multi handle, driven by Asio.
#pragma once

#include <memory>

#include "base/task.h"
#include "net/exchange.h"

namespace alloy::net {

class CurlMulti {
 public:
  // Everything happens on `strand`; call perform() from a coroutine that runs there.
  static std::shared_ptr<CurlMulti> create(AnyExecutor strand);
  virtual ~CurlMulti() = default;

  // Runs one exchange to its end and fills in how it ended. Fails only when libcurl can't be used.
  virtual Task<Result<void>> perform(std::shared_ptr<Exchange> exchange, StopToken stop) = 0;
};

}  // namespace alloy::net
