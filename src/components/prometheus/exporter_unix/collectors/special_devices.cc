// Devices that few machines have: drbd (disks mirrored over the network), drm (graphics cards).
#include <fmt/format.h>

#include "base/text.h"
#include "components/prometheus/exporter_unix/collectors/all.h"

namespace alloy::prometheus::exporter_unix {
namespace {

struct DrbdValue {
  std::string_view key;
  std::string_view name;
  std::string_view help;
  Kind kind = Kind::counter;
  double factor = 1;
};

constexpr double kilobyte = 1024;
constexpr std::array<DrbdValue, 12> drbd_values = {{
    {"ns", "network_sent_bytes_total", "Total number of bytes sent via the network.", Kind::counter,
     kilobyte},
    {"nr", "network_received_bytes_total", "Total number of bytes received via the network."},
    {"dw", "disk_written_bytes_total", "Net data written on local hard disk; in bytes.",
     Kind::counter, kilobyte},
    {"dr", "disk_read_bytes_total", "Net data read from local hard disk; in bytes.", Kind::counter,
     kilobyte},
    {"al", "activitylog_writes_total",
     "Number of updates of the activity log area of the meta data."},
    {"bm", "bitmap_writes_total", "Number of updates of the bitmap area of the meta data."},
    {"lo", "local_pending", "Number of open requests to the local I/O sub-system.", Kind::gauge},
    {"pe", "remote_pending",
     "Number of requests sent to the peer, but that have not yet been answered by the latter.",
     Kind::gauge},
    {"ua", "remote_unacknowledged",
     "Number of requests received by the peer via the network connection, but that have not yet "
     "been answered.",
     Kind::gauge},
    {"ap", "application_pending",
     "Number of block I/O requests forwarded to DRBD, but not yet answered by DRBD.", Kind::gauge},
    {"ep", "epochs", "Number of Epochs currently on the fly.", Kind::gauge},
    {"oos", "out_of_sync_bytes", "Amount of data known to be out of sync; in bytes.", Kind::gauge,
     kilobyte},
}};

// "Primary/Secondary": of this machine and of the other.
void add_pair(std::string_view name, std::string_view help, std::string_view device,
              std::string_view value, std::string_view good, Metrics& out) {
  const size_t slash = value.find('/');
  const std::string_view remote =
      slash == std::string_view::npos ? std::string_view() : value.substr(slash + 1);
  out.gauge(name, help, {{"device", device}, {"node", "local"}},
            value.substr(0, slash) == good ? 1 : 0);
  out.gauge(name, help, {{"device", device}, {"node", "remote"}}, remote == good ? 1 : 0);
}

struct CardValue {
  std::string_view file;
  std::string_view name;
  std::string_view help;
};

constexpr std::array<CardValue, 7> card_values = {{
    {"gpu_busy_percent", "gpu_busy_percent", "How busy the GPU is as a percentage."},
    {"mem_info_gtt_total", "memory_gtt_size_bytes",
     "The size of the graphics translation table (GTT) block in bytes."},
    {"mem_info_gtt_used", "memory_gtt_used_bytes",
     "The used amount of the graphics translation table (GTT) block in bytes."},
    {"mem_info_vis_vram_total", "memory_vis_vram_size_bytes", "The size of visible VRAM in bytes."},
    {"mem_info_vis_vram_used", "memory_vis_vram_used_bytes",
     "The used amount of visible VRAM in bytes."},
    {"mem_info_vram_total", "memory_vram_size_bytes", "The size of VRAM in bytes."},
    {"mem_info_vram_used", "memory_vram_used_bytes", "The used amount of VRAM in bytes."},
}};

}  // namespace

Result<> collect_drbd(const Paths& paths, Metrics& out) {
  TRY(const std::string text, read_text_or_no_data(paths.in_proc("drbd")));
  std::string device = "unknown";
  for (const std::string_view word : words(text)) {
    const size_t colon = word.find(':');
    if (colon == std::string_view::npos || word.find(':', colon + 1) != std::string_view::npos) {
      continue;
    }
    const std::string_view key = word.substr(0, colon);
    const std::string_view value = word.substr(colon + 1);
    if (value.empty()) {
      if (to_count(key)) device = fmt::format("drbd{}", key);
    } else if (key == "ro") {
      add_pair("node_drbd_node_role_is_primary",
               "Whether the role of the node is in the primary state.", device, value, "Primary",
               out);
    } else if (key == "ds") {
      add_pair("node_drbd_disk_state_is_up_to_date", "Whether the disk of the node is up to date.",
               device, value, "UpToDate", out);
    } else if (key == "cs") {
      out.gauge("node_drbd_connected", "Whether DRBD is connected to the peer.",
                {{"device", device}}, value == "Connected" ? 1 : 0);
    } else {
      for (const DrbdValue& known : drbd_values) {
        if (known.key != key) continue;
        const auto number = to_double(value);
        if (!number) return fail(fmt::format("invalid value in drbd: {}", quote(word)));
        out.add(known.kind, fmt::format("node_drbd_{}", known.name), known.help,
                std::array<Label, 1>{{{"device", device}}}, *number * known.factor);
      }
    }
  }
  return {};
}

// Only the driver of AMD's cards tells.
Result<> collect_drm(const Paths& paths, Metrics& out) {
  const std::string folder = paths.in_sys("class/drm");
  for (const std::string& card : entries(folder)) {
    if (!number_behind(card, "card")) continue;
    const std::string files = fmt::format("{}/{}/device/", folder, card);
    if (!read_attribute_or_empty(files + "uevent").contains("DRIVER=amdgpu")) continue;
    out.gauge("node_drm_card_info", "Card information",
              {{"card", card},
               {"memory_vendor", read_attribute_or_empty(files + "mem_info_vram_vendor")},
               {"power_performance_level",
                read_attribute_or_empty(files + "power_dpm_force_performance_level")},
               {"unique_id", read_attribute_or_empty(files + "unique_id")},
               {"vendor", "amd"}},
              1);
    for (const CardValue& value : card_values) {
      out.gauge(fmt::format("node_drm_{}", value.name), value.help, {{"card", card}},
                static_cast<double>(read_count(files + std::string(value.file)).value_or(0)));
    }
  }
  return {};
}

}  // namespace alloy::prometheus::exporter_unix
