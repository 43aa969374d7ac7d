// Tokens to write to Google's managed service for Prometheus (google_iam).
#pragma once

#include <string>

#include "components/shared/cloud_tokens/google.h"

namespace alloy::prometheus::remote_write {

// From a file with credentials; empty: where Google's own clients look for it.
inline Result<cloud_tokens::TokenRequest> make_google_request(const std::string& credentials_file,
                                                              WallTime now) {
  return cloud_tokens::make_google_request(credentials_file,
                                           "https://www.googleapis.com/auth/monitoring.write", now);
}

}  // namespace alloy::prometheus::remote_write
