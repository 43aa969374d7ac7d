// Makes log entries out of syslog messages.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "components/loki/shared/live_logs.h"
#include "components/loki/source_syslog/arguments.h"
#include "signals/log_batch_builder.h"
#include "wire/syslog.h"

namespace alloy::loki::source_syslog {

// Of the component; all listeners share them.
class Metrics {
 public:
  explicit Metrics(MetricRegistry& registry);

  Counter& entries;
  Counter& parsing_errors;
  Counter& empty_messages;

  // Entries that no receiver took: of datagrams in time ("full"), at the end ("stopped"). This
  // counter and the next are there once there is something to count.
  void count_dropped(std::string_view reason, double count);
  // Connections that nobody served: "too_many_connections", "tls_handshake".
  void count_refused(std::string_view reason);

 private:
  MetricRegistry& registry_;
};

// Gets the label when the front of a message is none of the format: the line then goes on as it is.
inline constexpr std::string_view unparsed_label = "syslog_unparsed";

class EntryMaker {
 public:
  struct Options {
    SeriesStore& store;
    Clock& clock;
    Logger logger;
    std::shared_ptr<Metrics> metrics;
    LiveLogs live;
    RelabelRulesPointer rules;
    ListenerArguments listener;
  };
  explicit EntryMaker(Options options) : options_(std::move(options)) {}

  // The sender of a connection or datagram.
  struct Sender {
    std::string ip;
    std::string hostname;
  };
  // Reads one message and adds its entry, unless there is nothing to pass on.
  void add(std::string_view text, const Sender& sender, LogBatchBuilder& batch);
  // Counts and logs what is wrong with a stream as a whole.
  void note_error(std::string_view error) const;

  const ListenerArguments& listener() const { return options_.listener; }
  Metrics& metrics() const { return *options_.metrics; }
  const Logger& logger() const { return options_.logger; }
  bool wants_hostnames() const { return options_.rules && !options_.rules->empty(); }

 private:
  enum class Verdict : unsigned char { pass, drop, unparsed };
  Verdict read(std::string_view text);
  void set_labels(const Sender& sender);
  void set(std::string_view name, std::string_view value) {
    if (!value.empty()) labels_.set(name, value);
  }
  std::string_view line(std::string_view text, LogBatchBuilder& batch) const;
  void show(const LogEntry& entry) const;

  const Options options_;
  wire::SyslogMessage message_;
  LabelBuilder labels_;
};

}  // namespace alloy::loki::source_syslog
