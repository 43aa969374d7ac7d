// The arguments of loki.source.syslog.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "components/shared/http_client_arguments.h"
#include "net/tls_server_options.h"
#include "schema/fields.h"
#include "signals/logs_receiver.h"
#include "signals/relabel.h"

namespace alloy::loki::source_syslog {

enum class Format : unsigned char { rfc5424, rfc3164, raw };
constexpr auto enum_names(Format) {
  return std::array{EnumName{Format::rfc5424, "rfc5424"}, EnumName{Format::rfc3164, "rfc3164"},
                    EnumName{Format::raw, "raw"}};
}
std::string enum_error(Format, std::string_view text);
std::string_view name_of(Format format);

struct RawArguments {
  bool use_null_terminator_delimiter = false;

  static constexpr auto schema() {
    return fields(optional<&RawArguments::use_null_terminator_delimiter>(
        "use_null_terminator_delimiter", "Whether lines end with a null byte."));
  }
  bool operator==(const RawArguments&) const = default;
};

struct CiscoArguments {
  bool enable_all = false;
  bool message_counter = false;
  bool sequence_number = false;
  bool hostname = false;
  bool second_fractions = false;

  static constexpr auto schema() {
    using T = CiscoArguments;
    return fields(
        optional<&T::enable_all>("enable_all", "Read all of these."),
        optional<&T::message_counter>("message_counter", "A counter of messages before the time."),
        optional<&T::sequence_number>("sequence_number", "A number of the device's own."),
        optional<&T::hostname>("hostname", "A host name before the time."),
        optional<&T::second_fractions>("second_fractions", "Times with fractions of a second."));
  }
  Result<> validate() const;
  bool operator==(const CiscoArguments&) const = default;
};

struct ListenerArguments {
  std::string address;
  std::string protocol = "tcp";
  Duration idle_timeout = 2min;
  bool label_structured_data = false;
  std::map<std::string, std::string> labels;
  bool use_incoming_timestamp = false;
  bool use_rfc5424_message = false;
  bool rfc3164_default_to_current_year = false;
  bool rfc5424_allow_empty_msg = false;
  int64_t max_message_length = 8192;
  std::optional<TlsClientArguments> tls;
  Format format = Format::rfc5424;
  std::optional<RawArguments> raw;
  std::optional<CiscoArguments> cisco;
  int64_t udp_queue_size = 10;
  int64_t udp_host_cache_size = 128;

  static constexpr auto schema() {
    using T = ListenerArguments;
    return fields(
        required<&T::address>("address", "Address to listen on: host and port."),
        optional<&T::protocol>("protocol", "tcp or udp."),
        optional<&T::idle_timeout>("idle_timeout",
                                   "After how much silence a connection is closed."),
        optional<&T::label_structured_data>(
            "label_structured_data",
            "Whether structured data becomes labels, `__syslog_message_sd_<id>_<name>`."),
        optional<&T::labels>("labels", "Labels to give to every entry."),
        optional<&T::use_incoming_timestamp>(
            "use_incoming_timestamp", "Whether entries keep the time that the message says."),
        optional<&T::use_rfc5424_message>("use_rfc5424_message",
                                          "Whether the line is the whole message."),
        optional<&T::rfc3164_default_to_current_year>(
            "rfc3164_default_to_current_year",
            "Kept for compatibility: times without a year are always of the one that fits."),
        optional<&T::rfc5424_allow_empty_msg>("rfc5424_allow_empty_msg",
                                              "Whether messages without text are passed on."),
        optional<&T::max_message_length>(
            "max_message_length",
            "How long a message that says its length, or a datagram, may be."),
        block<&T::tls>("tls_config", "Certificates, for TLS."),
        optional<&T::format>("syslog_format", "How messages look: rfc5424, rfc3164 or raw."),
        block<&T::raw>("raw_format_options", "How lines end when the format is raw."),
        block<&T::cisco>("rfc3164_cisco_components",
                         "What devices of Cisco add to messages of RFC 3164."),
        optional<&T::udp_queue_size>("udp_queue_size",
                                     "How many datagrams are passed on together."),
        optional<&T::udp_host_cache_size>("udp_host_cache_size",
                                          "For how many senders the host name is remembered."));
  }
  Result<> validate() const;
  bool operator==(const ListenerArguments&) const = default;

  // None: plain.
  Result<std::optional<net::TlsServerOptions>> tls_options() const;
};

struct Arguments {
  std::vector<ListenerArguments> listeners;
  std::vector<LogsReceiverPointer> forward_to;
  RelabelRulesPointer relabel_rules;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(required_blocks<&T::listeners>("listener", "Where to listen, and for what."),
                  required<&T::forward_to>("forward_to", "Where the entries go."),
                  optional<&T::relabel_rules>("relabel_rules",
                                              "Rules applied to the labels of each message."));
  }
};

}  // namespace alloy::loki::source_syslog
