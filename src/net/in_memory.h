// Answers a client's request by calling a handler in this process, past any socket.
#pragma once

#include "base/task.h"
#include "net/answer_receiver.h"
#include "net/exchange.h"
#include "net/url.h"

namespace alloy::net {

// Runs `handler` on a strand of its own and feeds its answer to the exchange's receiver. At the
// deadline, or when asked to stop, the handler is asked to stop and waited for.
Task<Result<void>> answer_in_memory(AnyExecutor executor, Handler handler,
                                    std::shared_ptr<Exchange> exchange, Url url,
                                    AnswerReceiver* receiver, StopToken stop);

}  // namespace alloy::net
