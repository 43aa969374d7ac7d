// Follows the logs of one container, again and again when they end, from where it has got to.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "component/component.h"
#include "components/loki/shared/forwarder.h"
#include "components/loki/shared/positions.h"
#include "components/loki/source_docker/log_stream.h"
#include "components/shared/docker_engine.h"
#include "net/answer_stream.h"
#include "signals/relabel.h"
#include "signals/series.h"

namespace alloy::loki::source_docker {

// Behind which line to go on: the last of this time, and how many lines of that time there were.
struct Place {
  int64_t timestamp_ns = 0;
  uint64_t count = 0;

  friend bool operator==(const Place&, const Place&) = default;
};

// Where the tails of a component have got to: in the file that Grafana Alloy keeps of it, which
// only knows seconds, and exactly, in another one beside it.
class Places {
 public:
  // Blocks, as save() does.
  static Result<std::shared_ptr<Places>> open(const std::string& folder);

  // If there is no place with these labels, the one with others: only they have changed.
  Place get(const std::string& container_id, const std::string& labels) const;
  void put(const std::string& container_id, const std::string& labels, Place place);
  void forget(const std::string& container_id);
  // As the original spells it: seconds.
  std::string text(const std::string& container_id, const std::string& labels) const;
  Result<> save();

 private:
  Places(std::unique_ptr<PositionsFile> seconds, std::unique_ptr<PositionsFile> exact)
      : seconds_(std::move(seconds)), exact_(std::move(exact)) {}

  std::unique_ptr<PositionsFile> seconds_;
  std::unique_ptr<PositionsFile> exact_;
};

// What all tails of a component share; outlives them.
struct Environment {
  Clock& clock;
  SeriesStore& store;
  std::shared_ptr<Forwarder> forwarder;
  std::shared_ptr<Places> places;
  Counter& entries;
  Counter& parsing_errors;
};

class ContainerTail {
 public:
  // `labels` are those of the target and the defaults of the component.
  ContainerTail(Environment environment, Logger logger, std::shared_ptr<DockerEngine> engine,
                std::string container_id, LabelSet labels, const RelabelRulesPointer& rules);

  // Until it is asked to stop, or the engine knows the container no more.
  static Task<> run(std::shared_ptr<ContainerTail> self, StopToken stop);

  const std::string& container_id() const { return container_id_; }
  const LabelSet& labels() const { return labels_; }
  // From any thread.
  struct Status {
    bool is_running = false;
    std::string last_error;
    std::string position;
  };
  Status status() const;

 private:
  struct Batch;

  Task<Result<>> follow(StopToken stop);
  Task<Result<>> read(std::shared_ptr<net::AnswerStream> stream, LogStream::Form form,
                      StopToken stop);
  Task<Result<>> hand_on(std::vector<LogLine> lines, Place* skipped, StopToken stop);
  bool is_known(const LogLine& line, Place& skipped) const;
  SeriesRef series_of(std::string_view output, const RelabelRulesPointer& rules) const;
  std::string logs_path() const;
  void note_left_out(const LinesLeftOut& left_out);
  void set_running(bool is_running);
  void set_error(std::string error);

  const Environment environment_;
  const Logger logger_;
  const std::shared_ptr<DockerEngine> engine_;
  const std::string container_id_;
  const LabelSet labels_;
  const std::string labels_text_;
  const SeriesRef standard_output_;
  const SeriesRef standard_error_;
  Place place_;
  std::optional<WallTime> last_read_;
  mutable std::mutex mutex_;  // Guards everything below.
  bool is_running_ = false;
  std::string last_error_;
};

}  // namespace alloy::loki::source_docker
