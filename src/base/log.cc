#include "base/log.h"

#include <chrono>
#include <optional>
#include <unistd.h>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/text.h"

namespace alloy {
namespace {

// How many records are kept for the format that the configuration will name.
constexpr size_t pending_max = 1000;

using OwnedValue = std::variant<std::string, int64_t, uint64_t, double, bool, Duration>;

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
  }
  return "info";
}

// RFC 3339 in UTC with the fraction's trailing zeros dropped.
std::string format_time(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto nanoseconds = (time - seconds).count();
  std::string out =
      fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(seconds.time_since_epoch().count()));
  if (nanoseconds != 0) {
    out += fmt::format(".{:09}", nanoseconds);
    out.erase(out.find_last_not_of('0') + 1);
  }
  return out + "Z";
}

bool needs_quotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text)
    if (c <= ' ' || c == '=' || c == '"' || c == '\\' || static_cast<unsigned char>(c) >= 0x7F)
      return true;
  return false;
}

void append_key(std::string& out, std::string_view key) {
  for (const char c : key)
    out += c == ' ' || c == '=' || c == '"' || c == '\t' || c == '\n' ? '_' : c;
}

void append_text(std::string& out, std::string_view text) {
  if (needs_quotes(text))
    append_quoted(out, text);
  else
    out += text;
}

class LogfmtLine {
 public:
  void add(std::string_view key, std::string_view value) {
    if (!out_.empty()) out_ += ' ';
    append_key(out_, key);
    out_ += '=';
    append_text(out_, value);
  }
  template <class T>
  void add(std::string_view key, T value) {
    add(key, std::string_view(fmt::format("{}", value)));
  }
  void add(std::string_view key, Duration value) {
    add(key, std::string_view(format_duration(value)));
  }
  std::string finish() { return std::move(out_); }
  static constexpr bool keeps_empty_message = false;

 private:
  std::string out_;
};

class JsonLine {
 public:
  void add(std::string_view key, std::string_view value) {
    name(key);
    append_json_string(out_, value);
  }
  template <class T>
  void add(std::string_view key, T value) {
    name(key);
    out_ += fmt::format("{}", value);
  }
  void add(std::string_view key, Duration value) { add(key, value.count()); }
  std::string finish() { return std::move(out_ += '}'); }
  static constexpr bool keeps_empty_message = true;

 private:
  void name(std::string_view key) {
    out_ += out_.empty() ? '{' : ',';
    append_json_string(out_, key);
    out_ += ':';
  }
  std::string out_;
};

}  // namespace

struct LogSink::Pending {
  LogLevel level;
  WallTime time;
  std::string message;
  std::vector<std::pair<std::string, OwnedValue>> fields;

  template <class Line>
  std::string format() const {
    Line line;
    line.add("ts", std::string_view(format_time(time)));
    line.add("level", level_name(level));
    if (!message.empty() || Line::keeps_empty_message) line.add("msg", std::string_view(message));
    for (const auto& [key, value] : fields)
      std::visit(
          [&](const auto& v) {
            if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::string>)
              line.add(key, std::string_view(v));
            else
              line.add(key, v);
          },
          value);
    return line.finish();
  }
};

LogSink::LogSink(Write write, Clock& clock) : write_(std::move(write)), clock_(clock) {
  if (!write_)
    write_ = [](std::string_view line) {
      while (!line.empty()) {
        const ssize_t n = ::write(STDERR_FILENO, line.data(), line.size());
        if (n <= 0) return;
        line.remove_prefix(static_cast<size_t>(n));
      }
    };
}

bool LogSink::is_enabled(LogLevel level) const { return level >= level_; }

void LogSink::configure(LogLevel level, LogFormat format) {
  level_ = level;
  std::lock_guard lock(mutex_);
  format_ = format;
  configured_ = true;
  for (const auto& record : std::exchange(pending_, {}))
    if (record->level >= level)
      emit(record->level, record->time,
           format == LogFormat::json ? record->format<JsonLine>() : record->format<LogfmtLine>());
}

void LogSink::discard_pending() {
  std::lock_guard lock(mutex_);
  pending_.clear();
}

void LogSink::set_listeners(std::vector<Listener> listeners) {
  std::lock_guard lock(mutex_);
  listeners_ = std::move(listeners);
}

std::shared_ptr<void> LogSink::add_listener(Listener listener) {
  auto shared = std::make_shared<Listener>(std::move(listener));
  std::lock_guard lock(mutex_);
  std::erase_if(passing_listeners_, [](const auto& weak) { return weak.expired(); });
  passing_listeners_.push_back(shared);
  return shared;
}

void LogSink::emit(LogLevel level, WallTime time, std::string_view line) {
  std::string whole(line);
  whole += '\n';
  write_(whole);
  for (const auto& listener : listeners_) listener(level, time, line);
  for (const auto& weak : passing_listeners_)
    if (const auto listener = weak.lock()) (*listener)(level, time, line);
}

void LogSink::write(LogLevel level, std::string_view message,
                    std::span<const std::pair<std::string, std::string>> context,
                    std::span<const LogField> fields) {
  auto record = std::make_shared<Pending>(level, clock_.wall(), std::string(message));
  for (const auto& [key, value] : context) record->fields.emplace_back(key, value);
  for (const auto& field : fields)
    record->fields.emplace_back(
        std::string(field.key),
        std::visit(
            [](const auto& v) -> OwnedValue {
              if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::string_view>)
                return std::string(v);
              else
                return v;
            },
            field.value));
  std::lock_guard lock(mutex_);
  if (!configured_) {
    if (pending_.size() < pending_max) pending_.push_back(std::move(record));
    return;
  }
  emit(level, record->time,
       format_ == LogFormat::json ? record->format<JsonLine>() : record->format<LogfmtLine>());
}

Logger Logger::with(std::initializer_list<std::pair<std::string, std::string>> context) const {
  Logger child = *this;
  auto all = std::make_shared<std::vector<std::pair<std::string, std::string>>>();
  if (context_) *all = *context_;
  all->insert(all->end(), context.begin(), context.end());
  child.context_ = std::move(all);
  return child;
}

void Logger::log(LogLevel level, std::string_view message,
                 std::initializer_list<LogField> fields) const {
  if (!is_enabled(level)) return;
  std::span<const std::pair<std::string, std::string>> context;
  if (context_) context = *context_;
  sink_->write(level, message, context, {fields.begin(), fields.size()});
}

}  // namespace alloy
