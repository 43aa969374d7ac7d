// The blocks with which a configuration sets up services of the program: `http`, `livedebugging`
// and so on.
#pragma once

#include <memory>
#include <vector>

#include "runtime/controller.h"
#include "runtime/validate.h"
#include "services/http_service.h"

namespace alloy::app {

class ServiceBlocks {
 public:
  ServiceBlocks(HttpService& http, LiveDebugging& debugging, const Logger& logger);

  std::vector<runtime::ConfiguredService*> all() const;

 private:
  std::vector<std::unique_ptr<runtime::ConfiguredService>> blocks_;
};

// What all of them are called and take, for judging a configuration without running it.
std::vector<runtime::ServiceBlock> describe_service_blocks();

const Schema& http_block_schema();
// The http block, on its own for tests.
std::unique_ptr<runtime::ConfiguredService> make_http_block(HttpService& http, Logger logger);

}  // namespace alloy::app
