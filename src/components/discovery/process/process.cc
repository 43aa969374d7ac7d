// discovery.process makes targets of the processes of this machine, with the labels of the
// containers they run in.
#include "components/discovery/process/process_list.h"
#include "components/discovery/shared/refresh.h"

namespace alloy::discovery::process {
namespace {

// A boolean whose default in the program is not what the API takes for one: it shows those that are
// true.
struct Flag {
  bool is_on = false;
  bool operator==(const Flag&) const = default;
};

}  // namespace
}  // namespace alloy::discovery::process

namespace alloy {

template <>
struct MemberTraits<discovery::process::Flag> {
  static constexpr std::string_view name = "bool";
  static constexpr ValueType value_type = ValueType::boolean;
  static constexpr bool is_comparable = false;
  static Converted<> decode(const Value& value, discovery::process::Flag& into) {
    if (!value.is_boolean())
      return std::unexpected(ValueError::wrong_type(value, ValueType::boolean));
    into.is_on = value.as_boolean();
    return {};
  }
  static Value encode(const discovery::process::Flag& flag) { return Value::boolean(flag.is_on); }
};

}  // namespace alloy

namespace alloy::discovery::process {
namespace {

struct FactArguments {
  Flag cwd{true};
  Flag exe{true};
  Flag commandline{true};
  Flag username;
  Flag uid;
  Flag container_id{true};
  Flag cgroup_path;

  static constexpr auto schema() {
    using T = FactArguments;
    return fields(optional<&T::cwd>("cwd", "Label with the working directory."),
                  optional<&T::exe>("exe", "Label with the executable."),
                  optional<&T::commandline>("commandline", "Label with the command line."),
                  optional<&T::username>("username", "Label with the user's name."),
                  optional<&T::uid>("uid", "Label with the user's id."),
                  optional<&T::container_id>("container_id", "Label with the container's id."),
                  optional<&T::cgroup_path>("cgroup_path", "Label with the control groups."));
  }
  Facts facts() const {
    return {.cwd = cwd.is_on,
            .exe = exe.is_on,
            .commandline = commandline.is_on,
            .username = username.is_on,
            .uid = uid.is_on,
            .container_id = container_id.is_on,
            .cgroup_path = cgroup_path.is_on};
  }
};

struct Arguments {
  TargetList join;
  Duration refresh_interval = 1min;
  FactArguments facts;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        optional<&T::join>("join", "Targets of containers, to join with their processes."),
        optional<&T::refresh_interval>("refresh_interval", "How often to look."),
        block<&T::facts>("discover_config", "Which labels processes have."));
  }
  Result<> validate() const { return validate_refresh_interval(refresh_interval); }
};

class Processes final : public RefreshDiscoverer {
 public:
  Processes(Arguments arguments, const DiscoveryContext& context)
      : RefreshDiscoverer("process", arguments.refresh_interval, context),
        arguments_(std::move(arguments)) {}

 private:
  Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) override;

  Arguments arguments_;
};

Task<Result<std::vector<TargetGroup>>> Processes::refresh(StopToken) {
  const Facts facts = arguments_.facts.facts();
  CO_TRY(const auto found, co_await run_blocking(context().executor.blocking(),
                                                 [facts] { return list_processes(facts); }));
  co_return single_group("process", join_containers(found, arguments_.join));
}

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  return std::make_unique<Processes>(std::move(arguments), context);
}

}  // namespace
}  // namespace alloy::discovery::process

namespace alloy {

extern const ComponentType discovery_process;
const ComponentType discovery_process = {
    .name = "discovery.process",
    .doc = "Discovers the processes of this machine.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::process::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create = create<
        discovery::DiscoveryComponent<discovery::process::Arguments, discovery::process::make>>,
};

}  // namespace alloy
