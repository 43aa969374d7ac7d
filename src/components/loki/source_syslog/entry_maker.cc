#include "components/loki/source_syslog/entry_maker.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time_text.h"

namespace alloy::loki::source_syslog {

Metrics::Metrics(MetricRegistry& own)
    : entries(own.counter("loki_source_syslog_entries_total",
                          "Total number of successful entries sent to the syslog target")),
      parsing_errors(own.counter("loki_source_syslog_parsing_errors_total",
                                 "Total number of parsing errors while receiving syslog messages")),
      empty_messages(own.counter("loki_source_syslog_empty_messages_total",
                                 "Total number of empty messages received from syslog")),
      registry_(own) {}

void Metrics::count_dropped(std::string_view reason, double count) {
  registry_
      .counter("loki_source_syslog_dropped_entries_total", "Entries that no receiver took",
               {{"reason", std::string(reason)}})
      .add(count);
}

void Metrics::count_refused(std::string_view reason) {
  registry_
      .counter("loki_source_syslog_refused_connections_total", "Connections that nobody served",
               {{"reason", std::string(reason)}})
      .add(1);
}

void EntryMaker::note_error(std::string_view error) const {
  options_.logger.warn("error parsing syslog stream", {{"err", error}});
  options_.metrics->parsing_errors.add(1);
}

EntryMaker::Verdict EntryMaker::read(std::string_view text) {
  const ListenerArguments& listener = options_.listener;
  if (listener.format == Format::raw) {
    wire::parse_syslog_line(text, message_);
    if (!message_.message.empty()) return Verdict::pass;
    if (!text.empty()) options_.metrics->empty_messages.add(1);
    return Verdict::drop;
  }
  const bool is_5424 = listener.format == Format::rfc5424;
  Result<> parsed;
  if (is_5424) {
    parsed = wire::parse_rfc5424(text, message_);
  } else {
    const CiscoArguments cisco = listener.cisco.value_or(CiscoArguments());
    const auto is_on = [&](bool one) { return cisco.enable_all || one; };
    if (text.ends_with('\n')) text.remove_suffix(1);
    parsed = wire::parse_rfc3164(text,
                                 {.message_counter = is_on(cisco.message_counter),
                                  .sequence_number = is_on(cisco.sequence_number),
                                  .cisco_hostname = is_on(cisco.hostname),
                                  .second_fractions = is_on(cisco.second_fractions),
                                  .now_ns = options_.clock.wall().time_since_epoch().count()},
                                 message_);
  }
  if (!parsed) {
    note_error(parsed.error().message());
    // What has the head of a message and is broken further on is refused, as in the original.
    const bool has_head = message_.priority && (!is_5424 || message_.version > 0);
    return has_head ? Verdict::drop : Verdict::unparsed;
  }
  if (!message_.message.empty()) return Verdict::pass;
  options_.metrics->empty_messages.add(1);
  return is_5424 && listener.rfc5424_allow_empty_msg ? Verdict::pass : Verdict::drop;
}

void EntryMaker::set_labels(const Sender& sender) {
  labels_.reset();
  for (const auto& [name, value] : options_.listener.labels) set(name, value);
  set("__syslog_connection_ip_address", sender.ip);
  set("__syslog_connection_hostname", sender.hostname);
  if (message_.priority) {
    set("__syslog_message_severity", message_.severity_name());
    set("__syslog_message_facility", message_.facility_name());
  }
  set("__syslog_message_hostname", message_.hostname);
  set("__syslog_message_app_name", message_.app_name);
  set("__syslog_message_proc_id", message_.proc_id);
  set("__syslog_message_msg_id", message_.msg_id);
  const auto set_number = [&](std::string_view name, std::optional<uint32_t> number) {
    if (number) set(name, labels_.keep(fmt::format("{}", *number)));
  };
  set_number("__syslog_message_msg_counter", message_.message_counter);
  set_number("__syslog_message_sequence", message_.sequence);
  if (!options_.listener.label_structured_data) return;
  for (const wire::SyslogParameter& parameter : message_.parameters) {
    std::string name = fmt::format("__syslog_message_sd_{}_{}", parameter.element, parameter.name);
    const size_t element = std::string_view("__syslog_message_sd_").size();
    std::replace(name.begin() + static_cast<ptrdiff_t>(element),
                 name.begin() + static_cast<ptrdiff_t>(element + parameter.element.size()), '@',
                 '_');
    set(labels_.keep(name), parameter.value);
  }
}

std::string_view EntryMaker::line(std::string_view text, LogBatchBuilder& batch) const {
  if (options_.listener.format == Format::rfc5424 && options_.listener.use_rfc5424_message &&
      message_.priority)
    return batch.keep(wire::format_rfc5424(message_));
  return batch.keep(text);
}

void EntryMaker::add(std::string_view text, const Sender& sender, LogBatchBuilder& batch) {
  // A bare line break between messages is none.
  if (text.empty() || text == "\n" || text == "\r") return;
  const Verdict verdict = read(text);
  if (verdict == Verdict::drop) return;
  if (verdict == Verdict::unparsed) message_ = {.message = text};
  set_labels(sender);
  if (verdict == Verdict::unparsed) set(unparsed_label, "true");
  // Even when the rules say drop, the labels that are left by then go on, as in the original.
  if (options_.rules) (void)options_.rules->apply(labels_);
  labels_.erase_if([](const Label& label) { return label.name.starts_with("__"); });
  LogEntry entry{.labels = batch.hold(options_.store.intern(labels_.labels()))};
  entry.timestamp_ns = options_.listener.use_incoming_timestamp && message_.timestamp_ns
                           ? *message_.timestamp_ns
                           : options_.clock.wall().time_since_epoch().count();
  entry.line = line(message_.message, batch);
  batch.entries().push_back(entry);
  if (options_.live.is_watched()) show(entry);
}

void EntryMaker::show(const LogEntry& entry) const {
  std::vector<std::string> records;
  if (options_.live.is_read()) {
    const WallTime time{std::chrono::nanoseconds(entry.timestamp_ns)};
    records.push_back(fmt::format("[IN] New Log: Format={} TS={}\n  Message: {}\n  Labels: {}\n",
                                  quote(name_of(options_.listener.format)),
                                  quote(format_rfc3339(time)), quote(entry.line),
                                  options_.store.describe(*entry.labels)));
  }
  options_.live.show(1, std::move(records));
}

}  // namespace alloy::loki::source_syslog
