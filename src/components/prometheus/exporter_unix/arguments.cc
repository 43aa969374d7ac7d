#include "components/prometheus/exporter_unix/arguments.h"

#include <cstdlib>

namespace alloy::prometheus::exporter_unix {

std::string SupervisordArguments::default_url() {
  const char* url = std::getenv("SUPERVISORD_URL");
  return url != nullptr && *url != '\0' ? url : "http://localhost:9001/RPC2";
}

}  // namespace alloy::prometheus::exporter_unix
