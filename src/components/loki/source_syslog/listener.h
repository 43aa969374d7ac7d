// One listener of loki.source.syslog: a port for connections or datagrams.
#pragma once

#include <memory>
#include <string>

#include "base/executor.h"
#include "base/task.h"
#include "components/loki/shared/forwarder.h"
#include "components/loki/source_syslog/entry_maker.h"

namespace alloy::loki::source_syslog {

class Listener {
 public:
  virtual ~Listener() = default;

  // Binds; messages wait until run().
  static Result<std::shared_ptr<Listener>> open(EntryMaker::Options options,
                                                std::shared_ptr<Forwarder> forwarder,
                                                Executor& executor);

  virtual std::string address() const = 0;
  // Until asked to stop.
  virtual Task<> run(StopToken stop) = 0;
};

}  // namespace alloy::loki::source_syslog
