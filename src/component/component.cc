#include "component/component.h"

namespace alloy {

Task<> Component::run(StopToken stop) { co_await clock().sleep(Duration::max(), std::move(stop)); }

}  // namespace alloy
