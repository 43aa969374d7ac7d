// local.file_match finds the files that match patterns and exports them as targets, again and
// again.
#include <algorithm>
#include <set>

#include "component/component.h"
#include "components/shared/glob.h"
#include "signals/targets.h"

namespace alloy::local::file_match {
namespace {

constexpr std::string_view path_label = "__path__";
constexpr std::string_view exclude_label = "__path_exclude__";

struct Arguments {
  TargetList path_targets;
  Duration sync_period = 10s;
  Duration ignore_older_than = Duration::zero();

  static constexpr auto schema() {
    using A = Arguments;
    return fields(
        required<&A::path_targets>(
            "path_targets",
            "The targets to expand, with a pattern in __path__ and maybe in __path_exclude__."),
        optional<&A::sync_period>("sync_period", "How often to look for files."),
        optional<&A::ignore_older_than>(
            "ignore_older_than", "Leaves out files that have not changed for so long; 0: none."));
  }
};

struct Exports {
  TargetList targets;

  static constexpr auto schema() {
    return fields(required<&Exports::targets>("targets", "A target for each file found."));
  }
};

// A search and what went wrong in it.
struct Found {
  std::vector<Target> targets;
  std::vector<std::pair<std::string, Error>> errors;  // By pattern.
};

Found search_once(const Arguments& arguments) {
  Found found;
  LabelBuilder builder;
  for (const Target& target : arguments.path_targets) {
    const FileQuery query{.pattern = std::string(target.get(path_label)),
                          .exclude = std::string(target.get(exclude_label)),
                          .ignore_older_than = arguments.ignore_older_than};
    const auto files = find_files(query);
    if (!files) {
      found.errors.emplace_back(query.pattern, files.error());
      continue;
    }
    for (const std::string& file : *files) {
      builder.reset(target.labels());
      builder.set(path_label, file);
      found.targets.push_back(builder.build());
    }
  }
  return found;
}

std::set<std::string> paths_of(const std::vector<Target>& targets) {
  std::set<std::string> paths;
  for (const Target& target : targets) paths.emplace(target.get(path_label));
  return paths;
}

// Searches; and once more if files seem to have vanished that are just being rotated.
Found search(const Arguments& arguments, const std::set<std::string>& before) {
  Found found = search_once(arguments);
  const std::set<std::string> now = paths_of(found.targets);
  std::vector<std::string> vanished;
  std::ranges::set_difference(before, now, std::back_inserter(vanished));
  // Files that have become too old are still there, too.
  if (arguments.ignore_older_than == Duration::zero() && any_is_back(vanished))
    return search_once(arguments);
  return found;
}

class FileMatch final : public ComponentWith<Arguments, Exports> {
 public:
  using ComponentWith::ComponentWith;
  Result<> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;

 private:
  std::shared_ptr<const Arguments> arguments_;
  StopSource pause_;  // Ends the pause between two searches.
};

Result<> FileMatch::update(Arguments arguments) {
  if (arguments.sync_period <= Duration::zero()) return fail("sync_period must be greater than 0");
  arguments_ = std::make_shared<const Arguments>(std::move(arguments));
  pause_.request_stop();
  return {};
}

Task<> FileMatch::run(StopToken stop) {
  std::stop_callback on_stop(stop, [this] { pause_.request_stop(); });
  std::shared_ptr<const Arguments> seen;
  std::set<std::string> paths;
  while (!stop.stop_requested()) {
    const auto arguments = arguments_;
    if (arguments != seen) paths.clear();
    Found found = co_await run_blocking(options().executor.blocking(),
                                        [arguments, paths] { return search(*arguments, paths); });
    if (arguments != arguments_) continue;
    paths = paths_of(found.targets);
    // Once for each set of arguments: it would be the same each time.
    if (arguments != std::exchange(seen, arguments))
      for (const auto& [pattern, error] : found.errors)
        logger().error("error getting paths", {{"path", pattern}, {"err", error}});
    set_exports({.targets = TargetList(std::move(found.targets))});
    pause_ = StopSource();
    if (!stop.stop_requested()) co_await clock().sleep(arguments->sync_period, pause_.get_token());
  }
}

}  // namespace
}  // namespace alloy::local::file_match

namespace alloy {

extern const ComponentType local_file_match;
const ComponentType local_file_match = {
    .name = "local.file_match",
    .doc = "Finds the files that match patterns and exports them as targets.",
    .arguments = &schema_of<local::file_match::Arguments>,
    .exports = &schema_of<local::file_match::Exports>,
    .create = create<local::file_match::FileMatch>,
};

}  // namespace alloy
