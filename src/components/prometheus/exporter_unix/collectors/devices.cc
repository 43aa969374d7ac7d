// Devices that count something in sysfs: edac, fibrechannel, infiniband, tapestats, nvme.
#include <fmt/format.h>

#include "base/text.h"
#include "components/prometheus/exporter_unix/collectors/all.h"
#include "components/prometheus/exporter_unix/filter.h"

namespace alloy::prometheus::exporter_unix {
namespace {

// A number in a file of sysfs, and the metric it is.
struct CounterFile {
  std::string_view file;
  std::string_view name;
  std::string_view help;
  double factor = 1;
  Kind kind = Kind::counter;
};

constexpr double word_bytes = 4;  // InfiniBand counts words.

constexpr std::array<CounterFile, 30> infiniband_files = {{
    {"counters_ext/port_multicast_rcv_packets", "legacy_multicast_packets_received_total",
     "Number of multicast packets received"},
    {"counters_ext/port_multicast_xmit_packets", "legacy_multicast_packets_transmitted_total",
     "Number of multicast packets transmitted"},
    {"counters_ext/port_rcv_data_64", "legacy_data_received_bytes_total",
     "Number of data octets received on all links", word_bytes},
    {"counters_ext/port_rcv_packets_64", "legacy_packets_received_total",
     "Number of data packets received on all links"},
    {"counters_ext/port_unicast_rcv_packets", "legacy_unicast_packets_received_total",
     "Number of unicast packets received"},
    {"counters_ext/port_unicast_xmit_packets", "legacy_unicast_packets_transmitted_total",
     "Number of unicast packets transmitted"},
    {"counters_ext/port_xmit_data_64", "legacy_data_transmitted_bytes_total",
     "Number of data octets transmitted on all links", word_bytes},
    {"counters_ext/port_xmit_packets_64", "legacy_packets_transmitted_total",
     "Number of data packets received on all links"},
    {"counters/excessive_buffer_overrun_errors", "excessive_buffer_overrun_errors_total",
     "Number of times that OverrunErrors consecutive flow control update periods occurred, each "
     "having at least one overrun error."},
    {"counters/link_downed", "link_downed_total",
     "Number of times the link failed to recover from an error state and went down"},
    {"counters/link_error_recovery", "link_error_recovery_total",
     "Number of times the link successfully recovered from an error state"},
    {"counters/local_link_integrity_errors", "local_link_integrity_errors_total",
     "Number of times that the count of local physical errors exceeded the threshold specified by "
     "LocalPhyErrors."},
    {"counters/multicast_rcv_packets", "multicast_packets_received_total",
     "Number of multicast packets received (including errors)"},
    {"counters/multicast_xmit_packets", "multicast_packets_transmitted_total",
     "Number of multicast packets transmitted (including errors)"},
    {"counters/port_rcv_constraint_errors", "port_constraint_errors_received_total",
     "Number of packets received on the switch physical port that are discarded"},
    {"counters/port_xmit_constraint_errors", "port_constraint_errors_transmitted_total",
     "Number of packets not transmitted from the switch physical port"},
    {"counters/port_rcv_data", "port_data_received_bytes_total",
     "Number of data octets received on all links", word_bytes},
    {"counters/port_xmit_data", "port_data_transmitted_bytes_total",
     "Number of data octets transmitted on all links", word_bytes},
    {"counters/port_rcv_discards", "port_discards_received_total",
     "Number of inbound packets discarded by the port because the port is down or congested"},
    {"counters/port_xmit_discards", "port_discards_transmitted_total",
     "Number of outbound packets discarded by the port because the port is down or congested"},
    {"counters/port_rcv_errors", "port_errors_received_total",
     "Number of packets containing an error that were received on this port"},
    {"counters/port_rcv_packets", "port_packets_received_total",
     "Number of packets received on all VLs by this port (including errors)"},
    {"counters/port_xmit_packets", "port_packets_transmitted_total",
     "Number of packets transmitted on all VLs from this port (including errors)"},
    {"counters/port_xmit_wait", "port_transmit_wait_total",
     "Number of ticks during which the port had data to transmit but no data was sent during the "
     "entire tick"},
    {"counters/unicast_rcv_packets", "unicast_packets_received_total",
     "Number of unicast packets received (including errors)"},
    {"counters/unicast_xmit_packets", "unicast_packets_transmitted_total",
     "Number of unicast packets transmitted (including errors)"},
    {"counters/port_rcv_remote_physical_errors", "port_receive_remote_physical_errors_total",
     "Number of packets marked with the EBP (End of Bad Packet) delimiter received on the port."},
    {"counters/port_rcv_switch_relay_errors", "port_receive_switch_relay_errors_total",
     "Number of packets that could not be forwarded by the switch."},
    {"counters/symbol_error", "symbol_error_total",
     "Number of minor link errors detected on one or more physical lanes."},
    {"counters/VL15_dropped", "vl15_dropped_total",
     "Number of incoming VL15 packets dropped due to resource limitations."},
}};

constexpr std::array<CounterFile, 14> fibrechannel_files = {{
    {"dumped_frames", "dumped_frames_total", "Number of dumped frames"},
    {"error_frames", "error_frames_total", "Number of errors in frames"},
    {"invalid_crc_count", "invalid_crc_total", "Invalid Cyclic Redundancy Check count"},
    {"rx_frames", "rx_frames_total", "Number of frames received"},
    {"rx_words", "rx_words_total", "Number of words received by host port"},
    {"tx_frames", "tx_frames_total", "Number of frames transmitted by host port"},
    {"tx_words", "tx_words_total", "Number of words transmitted by host port"},
    {"seconds_since_last_reset", "seconds_since_last_reset_total",
     "Number of seconds since last host port reset"},
    {"invalid_tx_word_count", "invalid_tx_words_total",
     "Number of invalid words transmitted by host port"},
    {"link_failure_count", "link_failure_total", "Number of times the host port link has failed"},
    {"loss_of_sync_count", "loss_of_sync_total",
     "Number of failures on either bit or transmission word boundaries"},
    {"loss_of_signal_count", "loss_of_signal_total", "Number of times signal has been lost"},
    {"nos_count", "nos_total", "Number Not_Operational Primitive Sequence received by host port"},
    {"fcp_packet_aborts", "fcp_packet_aborts_total", "Number of aborted packets"},
}};

constexpr double nanoseconds = 1e-9;

constexpr std::array<CounterFile, 10> tape_files = {{
    {"in_flight", "io_now", "The number of I/Os currently outstanding to this device.", 1,
     Kind::gauge},
    {"io_ns", "io_time_seconds_total",
     "The amount of time spent waiting for all I/O to complete (including read and write). This "
     "includes tape movement commands such as seeking between file or set marks and implicit tape "
     "movement such as when rewind on close tape devices are used.",
     nanoseconds},
    {"other_cnt", "io_others_total",
     "The number of I/Os issued to the tape drive other than read or write commands. The time "
     "taken to complete these commands uses the following calculation "
     "io_time_seconds_total-read_time_seconds_total-write_time_seconds_total"},
    {"read_byte_cnt", "read_bytes_total", "The number of bytes read from the tape drive."},
    {"read_cnt", "reads_completed_total", "The number of read requests issued to the tape drive."},
    {"read_ns", "read_time_seconds_total",
     "The amount of time spent waiting for read requests to complete.", nanoseconds},
    {"resid_cnt", "residual_total",
     "The number of times during a read or write we found the residual amount to be non-zero. This "
     "should mean that a program is issuing a read larger thean the block size on tape. For write "
     "not all data made it to tape."},
    {"write_byte_cnt", "written_bytes_total", "The number of bytes written to the tape drive."},
    {"write_cnt", "writes_completed_total",
     "The number of write requests issued to the tape drive."},
    {"write_ns", "write_time_seconds_total",
     "The amount of time spent waiting for write requests to complete.", nanoseconds},
}};

// Decimal, or hexadecimal with 0x in front.
std::optional<uint64_t> any_count(const std::string& path) {
  const auto text = read_attribute(path);
  if (!text) return std::nullopt;
  return text->starts_with("0x") ? to_hexadecimal(*text) : to_count(*text);
}

void add_infiniband_port(const std::string& device, const std::string& port,
                         const std::string& files, Metrics& out) {
  const auto add = [&](Kind kind, std::string_view name, std::string_view help, double value) {
    out.add(kind, fmt::format("node_infiniband_{}", name), help,
            std::array<Label, 2>{{{"device", device}, {"port", port}}}, value);
  };
  // "4: ACTIVE"
  const auto state = [&](std::string_view file) {
    const std::string text = read_attribute_or_empty(files + std::string(file));
    return to_double_or_zero(text.substr(0, text.find(':')));
  };
  add(Kind::gauge, "state_id",
      "State of the InfiniBand port (0: no change, 1: down, 2: init, 3: armed, 4: active, 5: act "
      "defer)",
      state("state"));
  add(Kind::gauge, "physical_state_id",
      "Physical state of the InfiniBand port (0: no change, 1: sleep, 2: polling, 3: disable, 4: "
      "shift, 5: link up, 6: link error recover, 7: phytest)",
      state("phys_state"));
  // "40 Gb/sec (4X QDR)"
  constexpr double bytes_per_gigabit = 125e6;
  const std::string rate = read_attribute_or_empty(files + "rate");
  add(Kind::gauge, "rate_bytes_per_second", "Maximum signal transfer rate",
      to_double_or_zero(rate.substr(0, rate.find(' '))) * bytes_per_gigabit);
  for (const CounterFile& file : infiniband_files) {
    if (const auto value = read_count(files + std::string(file.file))) {
      add(Kind::counter, file.name, file.help, static_cast<double>(*value) * file.factor);
    }
  }
}

void add_fibrechannel_host(const std::string& host, const std::string& files, Metrics& out) {
  const auto text = [&](std::string_view file) {
    return read_attribute_or_empty(files + std::string(file));
  };
  const auto hexadecimal = [&](std::string_view file) {
    const std::string value = text(file);
    return value.size() > 2 ? value.substr(2) : value;
  };
  out.gauge("node_fibrechannel_info",
            "Non-numeric data from /sys/class/fc_host/<host>, value is always 1.",
            {{"fc_host", host},
             {"speed", text("speed")},
             {"port_state", text("port_state")},
             {"port_type", text("port_type")},
             {"port_id", hexadecimal("port_id")},
             {"port_name", hexadecimal("port_name")},
             {"fabric_name", hexadecimal("fabric_name")},
             {"symbolic_name", text("symbolic_name")},
             {"supported_classes", text("supported_classes")},
             {"supported_speeds", text("supported_speeds")},
             {"dev_loss_tmo", text("dev_loss_tmo")}},
            1);
  for (const CounterFile& file : fibrechannel_files) {
    // What the firmware does not count has all bits set.
    const uint64_t value = any_count(fmt::format("{}statistics/{}", files, file.file)).value_or(0);
    if (value == ~uint64_t{0}) continue;
    out.counter(fmt::format("node_fibrechannel_{}", file.name), file.help, {{"fc_host", host}},
                static_cast<double>(value));
  }
}

class Tapestats final : public Collector {
 public:
  static Result<std::unique_ptr<Tapestats>> create(const CollectorOptions& options) {
    auto tapes = std::make_unique<Tapestats>();
    tapes->paths_ = options.paths;
    TRY(tapes->ignored_, optional_expression(options.arguments.tapestats.ignored_devices));
    return tapes;
  }

  Result<> collect(Metrics& out) override {
    const std::string folder = paths_.in_sys("class/scsi_tape");
    TRY(const auto names, entries_or_no_data(folder));
    for (const std::string& device : names) {
      // Each drive is there under several names, one for each way to use it.
      if (!number_behind(device, "st") || (ignored_ && ignored_->matches(device))) continue;
      for (const CounterFile& file : tape_files) {
        const auto value = read_count(fmt::format("{}/{}/stats/{}", folder, device, file.file));
        out.add(file.kind, fmt::format("node_tape_{}", file.name), file.help,
                std::array<Label, 1>{{{"device", device}}},
                static_cast<double>(value.value_or(0)) * file.factor);
      }
    }
    return {};
  }

 private:
  Paths paths_;
  std::optional<SearchExpression> ignored_;
};

}  // namespace

Result<> collect_edac(const Paths& paths, Metrics& out) {
  const std::string folder = paths.in_sys("devices/system/edac/mc");
  for (const std::string& name : entries(folder)) {
    const auto number = number_behind(name, "mc");
    if (!number) continue;
    const std::string controller = fmt::format("{}", *number);
    const std::string files = fmt::format("{}/{}/", folder, name);
    const auto add = [&](std::string_view kind, const std::string& file,
                         std::string_view row) -> Result<> {
      TRY(const uint64_t value, require_count(file));
      if (row.empty()) {
        out.counter(fmt::format("node_edac_{}_errors_total", kind),
                    fmt::format("Total {} memory errors.", kind), {{"controller", controller}},
                    static_cast<double>(value));
      } else {
        out.counter(fmt::format("node_edac_csrow_{}_errors_total", kind),
                    fmt::format("Total {} memory errors for this csrow.", kind),
                    {{"controller", controller}, {"csrow", row}}, static_cast<double>(value));
      }
      return {};
    };
    TRY(add("correctable", files + "ce_count", ""));
    TRY(add("correctable", files + "ce_noinfo_count", "unknown"));
    TRY(add("uncorrectable", files + "ue_count", ""));
    TRY(add("uncorrectable", files + "ue_noinfo_count", "unknown"));
    for (const std::string& row_name : entries(files)) {
      const auto row = number_behind(row_name, "csrow");
      if (!row) continue;
      TRY(add("correctable", files + row_name + "/ce_count", fmt::format("{}", *row)));
      TRY(add("uncorrectable", files + row_name + "/ue_count", fmt::format("{}", *row)));
    }
  }
  return {};
}

Result<> collect_fibrechannel(const Paths& paths, Metrics& out) {
  const std::string folder = paths.in_sys("class/fc_host");
  TRY(const auto hosts, entries_or_no_data(folder));
  for (const std::string& host : hosts) {
    add_fibrechannel_host(host, fmt::format("{}/{}/", folder, host), out);
  }
  return {};
}

Result<> collect_infiniband(const Paths& paths, Metrics& out) {
  const std::string folder = paths.in_sys("class/infiniband");
  TRY(const auto devices, entries_or_no_data(folder));
  for (const std::string& device : devices) {
    const std::string files = fmt::format("{}/{}/", folder, device);
    out.gauge("node_infiniband_info",
              "Non-numeric data from /sys/class/infiniband/<device>, value is always 1.",
              {{"device", device},
               {"board_id", read_attribute_or_empty(files + "board_id")},
               {"firmware_version", read_attribute_or_empty(files + "fw_ver")},
               {"hca_type", read_attribute_or_empty(files + "hca_type")}},
              1);
    for (const std::string& port : entries(files + "ports")) {
      add_infiniband_port(device, port, fmt::format("{}ports/{}/", files, port), out);
    }
  }
  return {};
}

Result<> collect_nvme(const Paths& paths, Metrics& out) {
  const std::string folder = paths.in_sys("class/nvme");
  TRY(const auto devices, entries_or_no_data(folder));
  for (const std::string& device : devices) {
    const std::string files = fmt::format("{}/{}/", folder, device);
    out.gauge("node_nvme_info",
              "Non-numeric data from /sys/class/nvme/<device>, value is always 1.",
              {{"device", device},
               {"firmware_revision", read_attribute_or_empty(files + "firmware_rev")},
               {"model", read_attribute_or_empty(files + "model")},
               {"serial", read_attribute_or_empty(files + "serial")},
               {"state", read_attribute_or_empty(files + "state")}},
              1);
  }
  return {};
}

Result<std::unique_ptr<Collector>> create_tapestats(const CollectorOptions& options) {
  return create_collector<Tapestats>(options);
}

}  // namespace alloy::prometheus::exporter_unix
