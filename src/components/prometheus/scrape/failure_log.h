// scrape_failure_log_file: a JSON line for each scrape that failed.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace alloy::prometheus::scrape {

class FailureLog {
 public:
  // Opens the file for appending, and makes it if need be.
  static Result<std::shared_ptr<FailureLog>> open(const std::string& path);
  ~FailureLog();
  FailureLog(const FailureLog&) = delete;
  FailureLog& operator=(const FailureLog&) = delete;

  // From any thread. A line that can't be written is lost.
  void write(WallTime time, std::string_view job, std::string_view url, std::string_view error);

 private:
  explicit FailureLog(int file) : file_(file) {}
  int file_;
};

}  // namespace alloy::prometheus::scrape
