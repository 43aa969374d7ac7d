// Appends lines to the failure log.
#include "components/prometheus/scrape/failure_log.h"

#include <ctime>
#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time_text.h"

namespace alloy::prometheus::scrape {

Result<std::shared_ptr<FailureLog>> FailureLog::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (file < 0) {
    return std::unexpected(Error::from_errno("can't create log file " + quote(path)));
  }
  return std::shared_ptr<FailureLog>(new FailureLog(file));
}

FailureLog::~FailureLog() { ::close(file_); }

void FailureLog::write(WallTime time, std::string_view job, std::string_view url,
                       std::string_view error) {
  std::string line = fmt::format(R"({{"time":"{}","level":"ERROR","msg":)", format_rfc3339(time));
  append_json_string(line, error);
  line += R"(,"job_name":)";
  append_json_string(line, job);
  line += R"(,"target":)";
  append_json_string(line, url);
  line += "}\n";
  // One write: lines of several scrapes stay whole.
  [[maybe_unused]] const auto written = ::write(file_, line.data(), line.size());
}

}  // namespace alloy::prometheus::scrape
