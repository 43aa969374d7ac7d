// loki.source.windowsevent reads event logs of Windows. This program runs on Linux, where it takes
// the same configuration and has nothing to read.
#include <map>

#include "component/component.h"
#include "signals/logs_receiver.h"

namespace alloy::loki::source_windowsevent {
namespace {

struct Arguments {
  int64_t locale = 0;
  std::string eventlog_name;
  std::string xpath_query = "*";
  std::string bookmark_path;
  Duration poll_interval = 3s;
  bool exclude_event_data = false;
  bool exclude_user_data = false;
  bool exclude_event_message = false;
  bool use_incoming_timestamp = false;
  std::vector<LogsReceiverPointer> forward_to;
  std::map<std::string, std::string> labels;
  std::string legacy_bookmark_path;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        optional<&T::locale>("locale", "Locale of the event's text."),
        optional<&T::eventlog_name>("eventlog_name", "The event log to read."),
        optional<&T::xpath_query>("xpath_query", "Which events to read."),
        optional<&T::bookmark_path>("bookmark_path", "Where the position is kept."),
        optional<&T::poll_interval>("poll_interval", "How often to look for events."),
        optional<&T::exclude_event_data>("exclude_event_data", "Leave the event's data out."),
        optional<&T::exclude_user_data>("exclude_user_data", "Leave the user's data out."),
        optional<&T::exclude_event_message>("exclude_event_message", "Leave the message out."),
        optional<&T::use_incoming_timestamp>("use_incoming_timestamp",
                                             "Whether entries keep the event's time."),
        required<&T::forward_to>("forward_to", "Where the entries go."),
        optional<&T::labels>("labels", "Labels to give to every entry."),
        optional<&T::legacy_bookmark_path>("legacy_bookmark_path",
                                           "A position file of Grafana Agent."));
  }
};

class WindowsEvent final : public ComponentWith<Arguments> {
 public:
  explicit WindowsEvent(Options options) : ComponentWith(std::move(options)) {
    logger().info("loki.source.windowsevent only works on windows platforms");
  }
  Result<> update(Arguments) override { return {}; }
};

}  // namespace
}  // namespace alloy::loki::source_windowsevent

namespace alloy {

extern const ComponentType loki_source_windowsevent = {
    .name = "loki.source.windowsevent",
    .doc = "Reads event logs of Windows; does nothing on other systems.",
    .stability = Stability::generally_available,
    .arguments = &schema_of<loki::source_windowsevent::Arguments>,
    .create = create<loki::source_windowsevent::WindowsEvent>,
};

}  // namespace alloy
