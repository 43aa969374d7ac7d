// The program's own log: one line a record on standard error, logfmt or JSON.
#pragma once

#include <atomic>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/duration.h"
#include "base/error.h"

namespace alloy {

enum class LogLevel : unsigned char { debug, info, warn, error };
enum class LogFormat : unsigned char { logfmt, json };

// A value beside a message. JSON keeps numbers, booleans and (as nanoseconds) durations native.
using LogValue = std::variant<std::string_view, int64_t, uint64_t, double, bool, Duration>;

struct LogField {
  std::string_view key;
  LogValue value;

  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, const Error& v) : key(k), value(std::string_view(v.message())) {}
  LogField(std::string_view k, bool v) : key(k), value(v) {}
  LogField(std::string_view k, double v) : key(k), value(v) {}
  LogField(std::string_view k, Duration v) : key(k), value(v) {}
  template <std::signed_integral T>
  LogField(std::string_view k, T v) : key(k), value(static_cast<int64_t>(v)) {}
  template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>)
  LogField(std::string_view k, T v) : key(k), value(static_cast<uint64_t>(v)) {}
};

// Where records end up. Until configured, records are kept (bounded) and replayed in the format
// that configure() names.
class LogSink {
 public:
  using Write = std::function<void(std::string_view line)>;
  // Gets each finished line, without its newline, after it was written.
  using Listener = std::function<void(LogLevel level, WallTime time, std::string_view line)>;

  // `write` gets whole lines with their newline; the default writes to standard error.
  explicit LogSink(Write write = {}, Clock& clock = real_clock());

  // Applies level and format; the first call also lets the kept records out.
  void configure(LogLevel level, LogFormat format);
  // Drops the kept records: the configuration could not be read.
  void discard_pending();
  // Who else gets the lines (`logging { write_to }`).
  void set_listeners(std::vector<Listener> listeners);
  // One more that gets the lines, as long as what is returned lives.
  [[nodiscard]] std::shared_ptr<void> add_listener(Listener listener);

  bool is_enabled(LogLevel level) const;
  // Context pairs come first, then the fields, in the given order.
  void write(LogLevel level, std::string_view message,
             std::span<const std::pair<std::string, std::string>> context,
             std::span<const LogField> fields);

 private:
  struct Pending;
  void emit(LogLevel level, WallTime time, std::string_view line);

  Write write_;
  Clock& clock_;
  std::atomic<LogLevel> level_ = LogLevel::info;
  std::mutex mutex_;  // Guards everything below.
  bool configured_ = false;
  LogFormat format_ = LogFormat::logfmt;
  std::vector<std::shared_ptr<const Pending>> pending_;
  std::vector<Listener> listeners_;
  std::vector<std::weak_ptr<Listener>> passing_listeners_;
};

// A handle with context that every record carries; cheap to copy.
class Logger {
 public:
  // Discards everything: for tests.
  Logger() = default;
  explicit Logger(std::shared_ptr<LogSink> sink) : sink_(std::move(sink)) {}

  // The same sink, with these pairs after the present context.
  Logger with(std::initializer_list<std::pair<std::string, std::string>> context) const;

  bool is_enabled(LogLevel level) const { return sink_ && sink_->is_enabled(level); }
  void log(LogLevel level, std::string_view message,
           std::initializer_list<LogField> fields = {}) const;
  void debug(std::string_view m, std::initializer_list<LogField> f = {}) const {
    log(LogLevel::debug, m, f);
  }
  void info(std::string_view m, std::initializer_list<LogField> f = {}) const {
    log(LogLevel::info, m, f);
  }
  void warn(std::string_view m, std::initializer_list<LogField> f = {}) const {
    log(LogLevel::warn, m, f);
  }
  void error(std::string_view m, std::initializer_list<LogField> f = {}) const {
    log(LogLevel::error, m, f);
  }

 private:
  std::shared_ptr<LogSink> sink_;
  std::shared_ptr<const std::vector<std::pair<std::string, std::string>>> context_;
};

}  // namespace alloy
