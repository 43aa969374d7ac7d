// prometheus.exporter.process groups the processes of the machine, and exposes what each group
// uses.
#include <mutex>

#include "component/component.h"
#include "components/prometheus/exporter_process/groups.h"
#include "components/prometheus/shared/exporter.h"

namespace alloy::prometheus::exporter_process {
namespace {

struct Arguments {
  std::vector<MatcherArguments> matchers;
  std::string procfs_path = "/proc";
  bool track_children = true;
  bool track_threads = true;
  bool gather_smaps = true;
  bool recheck_on_scrape = false;
  bool remove_empty_groups = false;

  static constexpr auto schema() {
    return fields(
        blocks<&Arguments::matchers>("matcher", "Which processes make a group; the first counts."),
        optional<&Arguments::procfs_path>("procfs_path", "Where the proc file system is mounted."),
        optional<&Arguments::track_children>("track_children",
                                             "Whether children belong to their parent's group."),
        optional<&Arguments::track_threads>("track_threads", "Whether threads are told by name."),
        optional<&Arguments::gather_smaps>("gather_smaps",
                                           "Whether shared memory is told in proportion."),
        optional<&Arguments::recheck_on_scrape>(
            "recheck_on_scrape", "Whether processes without a group are looked at again."),
        optional<&Arguments::remove_empty_groups>(
            "remove_empty_groups", "Whether groups without processes are forgotten."));
  }
};

// What scrapes share: one at a time looks at the processes.
struct Watched {
  explicit Watched(Groups g) : groups(std::move(g)) {}

  std::mutex mutex;  // Guards everything below.
  Groups groups;
};

class Exporter final : public ComponentWith<Arguments, ExporterExports> {
 public:
  using ComponentWith::ComponentWith;
  Result<> update(Arguments arguments) override;

 private:
  MetricsServer server_;
};

Result<> Exporter::update(Arguments arguments) {
  std::vector<Matcher> matchers;
  for (MatcherArguments& rules : arguments.matchers) {
    TRY(auto matcher, Matcher::create(std::move(rules)));
    matchers.push_back(std::move(matcher));
  }
  TRY(auto system, ProcFileSystem::open(arguments.procfs_path));
  const GroupOptions chosen{.tracks_children = arguments.track_children,
                            .tracks_threads = arguments.track_threads,
                            .reads_proportional_memory = arguments.gather_smaps,
                            .rechecks = arguments.recheck_on_scrape,
                            .forgets_empty = arguments.remove_empty_groups};
  auto watched = std::make_shared<Watched>(Groups(std::move(system), std::move(matchers), chosen));
  auto collect = [watched, build = build_info(options().services,
                                              "process_exporter")]() -> Result<std::string> {
    const std::lock_guard lock(watched->mutex);
    // A failure is counted by one of the metrics.
    (void)watched->groups.update();
    MetricFamilies families = watched->groups.collect();
    families.insert(build.begin(), build.end());
    return write_exposition(families);
  };
  TRY(auto targets, server_.serve(options(),
                                  {.component_name = "prometheus.exporter.process",
                                   .job = "integrations/process",
                                   .instance = host_name(),
                                   .is_of_host = true},
                                  std::move(collect)));
  set_exports({.targets = std::move(targets)});
  return {};
}

}  // namespace
}  // namespace alloy::prometheus::exporter_process

namespace alloy {

extern const ComponentType prometheus_exporter_process;
const ComponentType prometheus_exporter_process = {
    .name = "prometheus.exporter.process",
    .doc = "Exposes what groups of processes use.",
    .arguments = &schema_of<prometheus::exporter_process::Arguments>,
    .exports = &schema_of<prometheus::ExporterExports>,
    .create = create<prometheus::exporter_process::Exporter>,
};

}  // namespace alloy
