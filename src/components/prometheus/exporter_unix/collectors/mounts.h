// What is mounted where, and how full it is, without waiting for ever for a server that is gone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/duration.h"
#include "base/error.h"
#include "components/prometheus/exporter_unix/sources.h"

namespace alloy::prometheus::exporter_unix {

struct Mount {
  std::string device;
  std::string mount_point;  // As it is seen inside the root.
  std::string type;
  bool is_read_only = false;
};

Result<std::vector<Mount>> read_mounts(const Paths& paths);

struct Usage {
  bool is_known = false;  // Nothing else counts if it isn't.
  double size_bytes = 0;
  double free_bytes = 0;
  double available_bytes = 0;
  double files = 0;
  double files_free = 0;
};

// Asks file systems how full they are. One that does not answer in time is stuck: it is not asked
// again until the first question has come back.
class UsageReader {
 public:
  // Tests have another way to ask than statfs(2).
  using Ask = Usage (*)(const std::string& path);
  explicit UsageReader(Duration timeout, Ask ask);

  // One for each path. Takes at most the timeout for each path that is newly stuck.
  std::vector<Usage> read(const std::vector<std::string>& paths);
  bool is_stuck(const std::string& path) const;

  static Usage ask_system(const std::string& path);

 private:
  struct Batch;
  struct Stuck;
  static void work(std::shared_ptr<Batch> batch, std::shared_ptr<Stuck> stuck, Ask ask);

  Duration timeout_;
  Ask ask_;
  std::shared_ptr<Stuck> stuck_;
};

}  // namespace alloy::prometheus::exporter_unix
