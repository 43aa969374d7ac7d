// Waits for a call that is answered through a callback.
#pragma once

#include <functional>
#include <memory>

#include "base/task.h"

namespace alloy {

struct Told {
  std::shared_ptr<Event> event = std::make_shared<Event>();

  std::function<void()> callback() const {
    return [event = event] { event->notify(); };
  }
};

}  // namespace alloy
