// The signals that steer `alloy run`. They are blocked from the start and fetched by the main
// thread, so that one that comes early is remembered instead of ending the process.
#pragma once

#include <functional>

#include "base/error.h"

namespace alloy::app {

class Signals {
 public:
  // Blocks SIGHUP, SIGINT and SIGTERM in this thread and those it starts; ignores SIGPIPE.
  Signals();
  ~Signals();  // Restores what was.
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  struct Actions {
    std::function<void()> on_hangup;
    // The first SIGINT or SIGTERM. The next one ends the process at once.
    std::function<void()> on_stop;
  };
  // Passes signals on until finish() is called.
  void handle_until_finished(const Actions& actions);
  // From any thread.
  void finish();

 private:
  int signals_ = -1;   // A signalfd.
  int finished_ = -1;  // An eventfd.
};

}  // namespace alloy::app
