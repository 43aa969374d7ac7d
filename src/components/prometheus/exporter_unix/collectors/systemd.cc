// What runs under systemd: systemd (units), logind (sessions).
#include <limits>
#include <map>

#include <fmt/format.h>

#include "components/prometheus/exporter_unix/collectors/all.h"
#include "components/prometheus/exporter_unix/collectors/system_bus.h"
#include "components/prometheus/exporter_unix/filter.h"

namespace alloy::prometheus::exporter_unix {
namespace {

constexpr const char* systemd_service = "org.freedesktop.systemd1";
constexpr const char* logind_service = "org.freedesktop.login1";
constexpr std::array<std::string_view, 5> unit_states = {"active", "activating", "deactivating",
                                                         "inactive", "failed"};

struct Unit {
  std::string name;
  std::string state;
  std::string path;

  bool is(std::string_view suffix) const { return name.ends_with(suffix); }
  BusObject as(const char* interface) const { return {systemd_service, path, interface}; }
};

// "252.39" of "252.39-1~deb12u2": at least three digits, and what follows a dot.
double version_number(std::string_view text) {
  constexpr std::string_view digits = "0123456789";
  for (size_t start = text.find_first_of(digits); start != std::string_view::npos;) {
    const size_t end = std::min(text.find_first_not_of(digits, start), text.size());
    if (end - start >= 3) {
      size_t last = end;
      if (end + 1 < text.size() && text[end] == '.' && digits.contains(text[end + 1])) {
        last = std::min(text.find_first_not_of(digits, end + 1), text.size());
      }
      return to_double_or_zero(text.substr(start, last - start));
    }
    start = text.find_first_of(digits, end);
  }
  return 0;
}

class Systemd final : public Collector {
 public:
  static Result<std::unique_ptr<Systemd>> create(const CollectorOptions& options) {
    auto systemd = std::make_unique<Systemd>();
    systemd->arguments_ = options.arguments.systemd;
    TRY(systemd->include_, whole(systemd->arguments_.unit_include));
    TRY(systemd->exclude_, whole(systemd->arguments_.unit_exclude));
    return systemd;
  }

  Result<> collect(Metrics& out) override {
    TRY(const auto bus, SystemBus::open());
    const BusObject manager{systemd_service, "/org/freedesktop/systemd1",
                            "org.freedesktop.systemd1.Manager"};
    const std::string version = bus->read_text(manager, "Version").value_or("");
    const double number = version_number(version);
    out.gauge("node_systemd_version", "Detected systemd version",
              {{"version", number == 0 ? "" : version}}, number);
    TRY(const auto listed, bus->list(manager, "ListUnits", "ssssssouso"));
    std::map<std::string_view, double> counts;
    for (const std::string_view state : unit_states) counts[state] = 0;
    std::vector<Unit> units;
    for (const auto& values : listed) {
      ++counts[values[3]];
      if (values[2] != "loaded" || !include_->matches(values[0]) || exclude_->matches(values[0])) {
        continue;
      }
      units.push_back({values[0], values[3], values[6]});
    }
    for (const auto& [state, count] : counts) {
      out.gauge("node_systemd_units", "Summary of systemd unit states", {{"state", state}}, count);
    }
    for (const Unit& unit : units) add_unit(*bus, unit, out);
    TRY(const std::string state, bus->read_text(manager, "SystemState"));
    out.gauge("node_systemd_system_running",
              "Whether the system is operational (see 'systemctl is-system-running')", {},
              state == "running" ? 1 : 0);
    return {};
  }

 private:
  static Result<std::optional<SearchExpression>> whole(std::string_view source) {
    return optional_expression(fmt::format("^(?:{})$", source));
  }

  void add_unit(const SystemBus& bus, const Unit& unit, Metrics& out) const;
  void add_service(const SystemBus& bus, const Unit& unit, Metrics& out) const;
  static void add_socket(const SystemBus& bus, const Unit& unit, Metrics& out);

  SystemdArguments arguments_;
  std::optional<SearchExpression> include_;
  std::optional<SearchExpression> exclude_;
};

// What a unit does not know, or what vanishes meanwhile, is left out.
void Systemd::add_unit(const SystemBus& bus, const Unit& unit, Metrics& out) const {
  std::string type;
  if (unit.is(".service")) {
    type = bus.read_text(unit.as("org.freedesktop.systemd1.Service"), "Type").value_or("");
  } else if (unit.is(".mount")) {
    type = bus.read_text(unit.as("org.freedesktop.systemd1.Mount"), "Type").value_or("");
  }
  for (const std::string_view state : unit_states) {
    out.gauge("node_systemd_unit_state", "Systemd unit",
              {{"name", unit.name}, {"state", state}, {"type", type}}, state == unit.state ? 1 : 0);
  }
  if (arguments_.start_time) {
    auto started = Result<uint64_t>(0);
    if (unit.state == "active") {
      started =
          bus.read_number(unit.as("org.freedesktop.systemd1.Unit"), "ActiveEnterTimestamp", 't');
    }
    if (started) {
      out.gauge("node_systemd_unit_start_time_seconds",
                "Start time of the unit since unix epoch in seconds.", {{"name", unit.name}},
                static_cast<double>(*started) / 1e6);
    }
  }
  if (unit.is(".service")) add_service(bus, unit, out);
  if (unit.is(".socket")) add_socket(bus, unit, out);
  if (!unit.is(".timer")) return;
  if (const auto last =
          bus.read_number(unit.as("org.freedesktop.systemd1.Timer"), "LastTriggerUSec", 't')) {
    out.gauge("node_systemd_timer_last_trigger_seconds", "Seconds since epoch of last trigger.",
              {{"name", unit.name}}, static_cast<double>(*last) / 1e6);
  }
}

void Systemd::add_service(const SystemBus& bus, const Unit& unit, Metrics& out) const {
  const BusObject service = unit.as("org.freedesktop.systemd1.Service");
  if (arguments_.enable_restarts) {
    if (const auto restarts = bus.read_number(service, "NRestarts", 'u')) {
      out.counter("node_systemd_service_restart_total", "Service unit count of Restart triggers",
                  {{"name", unit.name}}, static_cast<double>(*restarts));
    }
  }
  if (!arguments_.task_metrics) return;
  const auto add = [&](const char* property, std::string_view name, std::string_view help) {
    // All bits are set where there is no such number.
    const auto count = bus.read_number(service, property, 't');
    if (!count || *count == std::numeric_limits<uint64_t>::max()) return;
    out.gauge(name, help, {{"name", unit.name}}, static_cast<double>(*count));
  };
  add("TasksCurrent", "node_systemd_unit_tasks_current",
      "Current number of tasks per Systemd unit");
  add("TasksMax", "node_systemd_unit_tasks_max", "Maximum number of tasks per Systemd unit");
}

void Systemd::add_socket(const SystemBus& bus, const Unit& unit, Metrics& out) {
  const BusObject socket = unit.as("org.freedesktop.systemd1.Socket");
  const auto add = [&](const char* property, Kind kind, std::string_view name,
                       std::string_view help) {
    if (const auto count = bus.read_number(socket, property, 'u')) {
      out.add(kind, name, help, std::array<Label, 1>{{{"name", unit.name}}},
              static_cast<double>(*count));
    }
  };
  add("NAccepted", Kind::counter, "node_systemd_socket_accepted_connections_total",
      "Total number of accepted socket connections");
  add("NConnections", Kind::gauge, "node_systemd_socket_current_connections",
      "Current number of socket connections");
  // Named like a counter, but what the real program makes of it is a gauge.
  add("NRefused", Kind::gauge, "node_systemd_socket_refused_connections_total",
      "Total number of refused socket connections");
}

std::string known_or_other(std::string text, std::span<const std::string_view> known) {
  return std::ranges::find(known, text) != known.end() ? text : "other";
}

}  // namespace

Result<std::unique_ptr<Collector>> create_systemd(const CollectorOptions& options) {
  return create_collector<Systemd>(options);
}

Result<> collect_logind(const Paths&, Metrics& out) {
  static constexpr std::array<std::string_view, 7> types = {"other",   "unspecified", "tty", "x11",
                                                            "wayland", "mir",         "web"};
  static constexpr std::array<std::string_view, 5> classes = {"other", "user", "greeter",
                                                              "lock-screen", "background"};
  TRY(const auto bus, SystemBus::open());
  const BusObject manager{logind_service, "/org/freedesktop/login1",
                          "org.freedesktop.login1.Manager"};
  TRY(const auto seats, bus->list(manager, "ListSeats", "so"));
  TRY(const auto sessions, bus->list(manager, "ListSessions", "susso"));
  std::map<std::array<std::string, 4>, double> counts;
  for (const auto& session : sessions) {
    const BusObject object{logind_service, session[4], "org.freedesktop.login1.Session"};
    const auto remote = bus->read_number(object, "Remote", 'b');
    auto type = bus->read_text(object, "Type");
    auto kind = bus->read_text(object, "Class");
    if (!remote || !type || !kind) continue;  // It has ended meanwhile.
    ++counts[{session[3], *remote != 0 ? "true" : "false", known_or_other(*type, types),
              known_or_other(*kind, classes)}];
  }
  std::vector<std::string> seat_names;
  for (const auto& seat : seats) seat_names.push_back(seat[0]);
  seat_names.emplace_back();  // Of sessions from elsewhere.
  for (const std::string& seat : seat_names) {
    for (const std::string_view remote : {"true", "false"}) {
      for (const std::string_view type : types) {
        for (const std::string_view kind : classes) {
          const auto count =
              counts.find({seat, std::string(remote), std::string(type), std::string(kind)});
          out.gauge("node_logind_sessions", "Number of sessions registered in logind.",
                    {{"seat", seat}, {"remote", remote}, {"type", type}, {"class", kind}},
                    count == counts.end() ? 0 : count->second);
        }
      }
    }
  }
  return {};
}

}  // namespace alloy::prometheus::exporter_unix
