// The clock: time, and how well the kernel keeps it: timex.
#include <cerrno>
#include <ctime>
#include <sys/timex.h>

#include <fmt/format.h>

#include "components/prometheus/exporter_unix/collectors/all.h"

namespace alloy::prometheus::exporter_unix {
namespace {

class Time final : public Collector {
 public:
  explicit Time(const CollectorOptions& options) : paths_(options.paths), clock_(options.clock) {}
  static Result<std::unique_ptr<Time>> create(const CollectorOptions& options) {
    return std::make_unique<Time>(options);
  }

  Result<> collect(Metrics& out) override {
    const WallTime now = clock_.wall();
    out.gauge("node_time_seconds", "System time in seconds since epoch (1970).", {},
              std::chrono::duration<double>(now.time_since_epoch()).count());
    const std::time_t seconds = std::chrono::system_clock::to_time_t(
        std::chrono::time_point_cast<std::chrono::system_clock::duration>(now));
    std::tm local{};
    ::localtime_r(&seconds, &local);
    out.gauge("node_time_zone_offset_seconds", "System time zone offset in seconds.",
              {{"time_zone", local.tm_zone != nullptr ? local.tm_zone : ""}},
              static_cast<double>(local.tm_gmtoff));
    add_sources(out);
    return {};
  }

 private:
  void add_sources(Metrics& out) const {
    const std::string folder = paths_.in_sys("devices/system/clocksource");
    size_t index = 0;
    for (const std::string& name : entries(folder)) {
      if (!number_behind(name, "clocksource")) continue;
      const std::string device = fmt::format("{}", index++);
      const std::string available =
          read_attribute_or_empty(fmt::format("{}/{}/available_clocksource", folder, name));
      for (const std::string_view source : words(available)) {
        out.gauge("node_time_clocksource_available_info",
                  "Available clocksources read from '/sys/devices/system/clocksource'.",
                  {{"device", device}, {"clocksource", source}}, 1);
      }
      out.gauge("node_time_clocksource_current_info",
                "Current clocksource read from '/sys/devices/system/clocksource'.",
                {{"device", device},
                 {"clocksource",
                  read_attribute_or_empty(fmt::format("{}/{}/current_clocksource", folder, name))}},
                1);
    }
  }

  Paths paths_;
  Clock& clock_;
};

}  // namespace

Result<std::unique_ptr<Collector>> create_time(const CollectorOptions& options) {
  return create_collector<Time>(options);
}

Result<> collect_timex(const Paths&, Metrics& out) {
  timex state{};
  const int status = ::adjtimex(&state);
  if (status < 0 && errno == EPERM) return no_data();
  if (status < 0) {
    return std::unexpected(Error::from_errno("failed to retrieve adjtimex stats"));
  }
  const double divisor = (state.status & STA_NANO) != 0 ? 1e9 : 1e6;
  constexpr double ppm_fraction = 1e6 * 65536.0;  // See NOTES in adjtimex(2).
  const auto gauge = [&](std::string_view name, std::string_view help, double value) {
    out.gauge(name, help, {}, value);
  };
  const auto counter = [&](std::string_view name, std::string_view help, long value) {
    out.counter(name, help, {}, static_cast<double>(value));
  };
  const auto real = [](auto value) { return static_cast<double>(value); };
  gauge("node_timex_sync_status", "Is clock synchronized to a reliable server (1 = yes, 0 = no).",
        status == TIME_ERROR ? 0 : 1);
  gauge("node_timex_offset_seconds", "Time offset in between local system and reference clock.",
        real(state.offset) / divisor);
  gauge("node_timex_frequency_adjustment_ratio", "Local clock frequency adjustment.",
        1 + real(state.freq) / ppm_fraction);
  gauge("node_timex_maxerror_seconds", "Maximum error in seconds.", real(state.maxerror) / 1e6);
  gauge("node_timex_estimated_error_seconds", "Estimated error in seconds.",
        real(state.esterror) / 1e6);
  gauge("node_timex_status", "Value of the status array bits.", real(state.status));
  gauge("node_timex_loop_time_constant", "Phase-locked loop time constant.", real(state.constant));
  gauge("node_timex_tick_seconds", "Seconds between clock ticks.", real(state.tick) / 1e6);
  gauge("node_timex_pps_frequency_hertz", "Pulse per second frequency.",
        real(state.ppsfreq) / ppm_fraction);
  gauge("node_timex_pps_jitter_seconds", "Pulse per second jitter.", real(state.jitter) / divisor);
  gauge("node_timex_pps_shift_seconds", "Pulse per second interval duration.", real(state.shift));
  gauge("node_timex_pps_stability_hertz",
        "Pulse per second stability, average of recent frequency changes.",
        real(state.stabil) / ppm_fraction);
  counter("node_timex_pps_jitter_total", "Pulse per second count of jitter limit exceeded events.",
          state.jitcnt);
  counter("node_timex_pps_calibration_total", "Pulse per second count of calibration intervals.",
          state.calcnt);
  counter("node_timex_pps_error_total", "Pulse per second count of calibration errors.",
          state.errcnt);
  counter("node_timex_pps_stability_exceeded_total",
          "Pulse per second count of stability limit exceeded events.", state.stbcnt);
  gauge("node_timex_tai_offset_seconds", "International Atomic Time (TAI) offset.",
        real(state.tai));
  return {};
}

}  // namespace alloy::prometheus::exporter_unix
