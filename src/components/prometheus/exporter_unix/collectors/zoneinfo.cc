// zoneinfo: the zones of memory, from /proc/zoneinfo.
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "components/prometheus/exporter_unix/collectors/all.h"

namespace alloy::prometheus::exporter_unix {
namespace {

struct Field {
  std::string_view key;
  std::string_view name;
  std::string_view help;
  Kind kind = Kind::gauge;
};

constexpr auto fields = std::to_array<Field>({
    {"nr_free_pages", "nr_free_pages", "Total number of free pages in the zone"},
    {"min", "min_pages", "Zone watermark pages_min"},
    {"low", "low_pages", "Zone watermark pages_low"},
    {"high", "high_pages", "Zone watermark pages_high"},
    {"scanned", "scanned_pages", "Pages scanned since last reclaim"},
    {"spanned", "spanned_pages", "Total pages spanned by the zone, including holes"},
    {"present", "present_pages", "Physical pages existing within the zone"},
    {"managed", "managed_pages", "Present pages managed by the buddy system"},
    {"nr_active_anon", "nr_active_anon_pages", "Number of anonymous pages recently more used"},
    {"nr_inactive_anon", "nr_inactive_anon_pages", "Number of anonymous pages recently less used"},
    {"nr_isolated_anon", "nr_isolated_anon_pages", "Temporary isolated pages from anon lru"},
    {"nr_anon_pages", "nr_anon_pages", "Number of anonymous pages currently used by the system"},
    {"nr_anon_transparent_hugepages", "nr_anon_transparent_hugepages",
     "Number of anonymous transparent huge pages currently used by the system"},
    {"nr_active_file", "nr_active_file_pages", "Number of active pages with file-backing"},
    {"nr_inactive_file", "nr_inactive_file_pages", "Number of inactive pages with file-backing"},
    {"nr_isolated_file", "nr_isolated_file_pages", "Temporary isolated pages from file lru"},
    {"nr_file_pages", "nr_file_pages", "Number of file pages"},
    {"nr_slab_reclaimable", "nr_slab_reclaimable_pages", "Number of reclaimable slab pages"},
    {"nr_slab_unreclaimable", "nr_slab_unreclaimable_pages", "Number of unreclaimable slab pages"},
    {"nr_mlock_stack", "nr_mlock_stack_pages", "mlock()ed pages found and moved off LRU"},
    {"nr_kernel_stack", "nr_kernel_stacks", "Number of kernel stacks"},
    {"nr_mapped", "nr_mapped_pages", "Number of mapped pages"},
    {"nr_dirty", "nr_dirty_pages", "Number of dirty pages"},
    {"nr_writeback", "nr_writeback_pages", "Number of writeback pages"},
    {"nr_unevictable", "nr_unevictable_pages", "Number of unevictable pages"},
    {"nr_shmem", "nr_shmem_pages", "Number of shmem pages (included tmpfs/GEM pages)"},
    {"nr_dirtied", "nr_dirtied_total", "Page dirtyings since bootup", Kind::counter},
    {"nr_written", "nr_written_total", "Page writings since bootup", Kind::counter},
    {"numa_hit", "numa_hit_total", "Allocated in intended node", Kind::counter},
    {"numa_miss", "numa_miss_total", "Allocated in non intended node", Kind::counter},
    {"numa_foreign", "numa_foreign_total", "Was intended here, hit elsewhere", Kind::counter},
    {"numa_interleave", "numa_interleave_total", "Interleaver preferred this zone", Kind::counter},
    {"numa_local", "numa_local_total", "Allocation from local node", Kind::counter},
    {"numa_other", "numa_other_total", "Allocation from other node", Kind::counter},
});

struct Zone {
  std::string node;
  std::string name;
  std::map<std::string_view, double> values;
  std::vector<double> protection;
};

void add_zone(const Zone& zone, Metrics& out) {
  const std::array<Label, 2> labels = {{{"node", zone.node}, {"zone", zone.name}}};
  for (const Field& field : fields) {
    const auto value = zone.values.find(field.key);
    if (value == zone.values.end()) continue;
    out.add(field.kind, fmt::format("node_zoneinfo_{}", field.name), field.help, labels,
            value->second);
  }
  for (size_t i = 0; i < zone.protection.size(); ++i) {
    out.add(Kind::gauge, fmt::format("node_zoneinfo_protection_{}", i),
            fmt::format("Protection array {}. field", i), labels, zone.protection[i]);
  }
}

}  // namespace

Result<> collect_zoneinfo(const Paths& paths, Metrics& out) {
  TRY(const std::string text, read_text(paths.in_proc("zoneinfo")));
  std::optional<Zone> zone;
  for_each_line(text, [&](std::string_view line) {
    const auto parts = words(line);
    if (parts.size() < 2) return;
    if (parts[0] == "Node" && parts.size() >= 4) {
      if (zone) add_zone(*zone, out);
      zone.emplace();
      zone->node = trim(parts[1], ",");
      zone->name = parts[3];
    } else if (zone && parts[0] == "protection:") {
      for (size_t i = 1; i < parts.size(); ++i) {
        zone->protection.push_back(to_double_or_zero(trim(parts[i], "(),")));
      }
    } else if (zone) {
      if (const auto value = to_double(parts[1])) zone->values[parts[0]] = *value;
    }
  });
  if (zone) add_zone(*zone, out);
  return {};
}

}  // namespace alloy::prometheus::exporter_unix
